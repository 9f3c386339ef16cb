// The blind comparison's page: two pictures, one choice, and how far it is. Results only on request, because to know
// them changes how one judges.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { BlindComparisonState, Choice } from '../../../lib/messages/views/blind-comparison.ts'
import type { CommonAnswer } from '../../../lib/messages/views/common.ts'
import { Bar } from '../shared/bar.tsx'
import { type Problem, Problems } from '../shared/failure.tsx'
import { count, shorten } from '../shared/format.ts'
import { defineView, type Model, useMessages, useTrait, useViewId } from '../shared/model.ts'
import { type PictureStore, usePicture, usePictureStore } from '../shared/pictures.ts'
import '../shared/theme.css'
import { Results } from './results.tsx'
import './style.css'

function Side({ store, id, side }: { store: PictureStore; id: string; side: 'left' | 'right' }) {
  const picture = usePicture(store, id)
  return (
    <figure class="bc-side">
      {picture?.url ? (
        <img class="selma-square selma-pixels" src={picture.url} alt={`The ${side} one`} />
      ) : (
        <span class="selma-square selma-faint" role="status">
          {picture?.missing ?? 'Drawing…'}
        </span>
      )}
    </figure>
  )
}

const keysOf: Record<string, Choice> = { '1': 'left', '2': 'right', '0': 'tie' }

function BlindComparison({ model }: { model: Model<BlindComparisonState> }) {
  const title = useTrait(model, 'title')
  const names = useTrait(model, 'names')
  const rater = useTrait(model, 'rater')
  const total = useTrait(model, 'total')
  const done = useTrait(model, 'done')
  const pair = useTrait(model, 'pair')
  const next = useTrait(model, 'next')
  const canUndo = useTrait(model, 'canUndo')
  const result = useTrait(model, 'result')
  const file = useTrait(model, 'file')
  const view = useViewId()
  const store = usePictureStore(model)
  const surface = useRef<HTMLDivElement>(null)
  const [problem, setProblem] = useState<Problem>()

  useMessages<BlindComparisonState, CommonAnswer>(model, (message) => {
    if (message.kind === 'error') setProblem({ message: message.message, hint: message.hint })
  })
  useEffect(() => model.send({ version: 1, kind: 'open', view }), [model, view])
  useEffect(() => {
    if (next !== null) for (const side of ['left', 'right'] as const) store.get(`${next}:${side}`)
  }, [store, next])

  const vote = (choice: Choice) => {
    if (!pair) return
    setProblem(undefined)
    model.send({ version: 1, kind: 'vote', pair: pair.id, choice })
    surface.current?.focus()
  }
  const undo = () => {
    model.send({ version: 1, kind: 'undo' })
    surface.current?.focus()
  }
  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat) return
    const choice = keysOf[event.key]
    if (choice) vote(choice)
    else if ((event.key === 'u' || event.key === 'Backspace') && canUndo) undo()
    else return
    event.preventDefault()
  }
  return (
    <section class="selma-frame" aria-label={title || 'Blind comparison'}>
      <div class="selma-head">
        <span class="selma-title">{title || 'Which picture is better?'}</span>
        <label class="selma-row">
          Rater
          <input
            type="text"
            class="bc-rater"
            value={rater}
            maxLength={80}
            data-lm-suppress-shortcuts="true"
            onChange={(event) => {
              const name = event.currentTarget.value.trim()
              if (name !== '' && name !== rater) model.send({ version: 1, kind: 'rater', name })
            }}
          />
        </label>
      </div>
      <Problems problem={problem} onClose={() => setProblem(undefined)} />
      <div class="bc-progress">
        <Bar label="Pairs judged" share={total > 0 ? done / total : 0} now={done} most={total} />
        <span class="selma-small selma-faint">
          {count(done)} of {count(total)} pairs judged
        </span>
      </div>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot have the focus */}
      <div
        class="bc-surface"
        ref={surface}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: so that the keys work wherever one clicks
        tabIndex={0}
        role="group"
        aria-label="Two pictures. 1: the left is better, 2: the right is better, 0: a tie, U: undo"
        onKeyDown={keys}
        data-lm-suppress-shortcuts="true"
      >
        {pair ? (
          <>
            <p class="bc-prompt">{shorten(pair.prompt, 600)}</p>
            <div class="bc-pair">
              <Side key={`${pair.id} left`} store={store} id={`${pair.id}:left`} side="left" />
              <Side key={`${pair.id} right`} store={store} id={`${pair.id}:right`} side="right" />
            </div>
          </>
        ) : (
          <p class="bc-prompt">{total === 0 ? 'Looking for pairs…' : 'All pairs are judged. Thank you.'}</p>
        )}
        <div class="bc-buttons">
          <button type="button" class="selma-button" disabled={!pair} onClick={() => vote('left')}>
            Left is better <kbd>1</kbd>
          </button>
          <button type="button" class="selma-button" disabled={!pair} onClick={() => vote('tie')}>
            Tie <kbd>0</kbd>
          </button>
          <button type="button" class="selma-button" disabled={!pair} onClick={() => vote('right')}>
            Right is better <kbd>2</kbd>
          </button>
        </div>
      </div>
      <div class="selma-row bc-foot">
        <button type="button" class="selma-button" disabled={!canUndo} onClick={undo}>
          Undo <kbd>U</kbd>
        </button>
        <button
          type="button"
          class="selma-button"
          aria-pressed={result !== null}
          onClick={() => model.send({ version: 1, kind: 'results', show: result === null })}
        >
          {result === null ? 'Show results' : 'Hide results'}
        </button>
        <span class="selma-small selma-faint">Votes are kept in {file}.</span>
      </div>
      {result ? <Results names={names} result={result} /> : null}
    </section>
  )
}

export default defineView(BlindComparison, 'blind-comparison')
