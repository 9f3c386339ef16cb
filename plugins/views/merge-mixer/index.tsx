// The merge mixer's page: weights and method on one side, the base's and the mix's pictures on the other, the experts
// in numbers below.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { CommonAnswer } from '../../../lib/messages/views/common.ts'
import type { MergeMixerAnswer, MergeMixerState } from '../../../lib/messages/views/merge-mixer.ts'
import { Bar } from '../shared/bar.tsx'
import { type Problem, Problems } from '../shared/failure.tsx'
import { percent } from '../shared/format.ts'
import { defineView, type Model, useMessages, useTrait, useViewId } from '../shared/model.ts'
import { usePictureStore } from '../shared/pictures.ts'
import '../shared/theme.css'
import { Controls } from './controls.tsx'
import { useDraft } from './draft.ts'
import { Numbers } from './numbers.tsx'
import { Preview } from './preview.tsx'
import { Save, type SaveRequest } from './save.tsx'
import './style.css'

/** Pictures kept in the page: they may be large. */
const keep = 200

const doing = { base: 'Drawing the base', merge: 'Merging', mix: 'Drawing the mix' }

function MergeMixer({ model }: { model: Model<MergeMixerState> }) {
  const title = useTrait(model, 'title')
  const base = useTrait(model, 'base')
  const experts = useTrait(model, 'experts')
  const methods = useTrait(model, 'methods')
  const largestRank = useTrait(model, 'largestRank')
  const initial = useTrait(model, 'initial')
  const known = useTrait(model, 'settings')
  const items = useTrait(model, 'items')
  const drawnWith = useTrait(model, 'drawnWith')
  const baseDone = useTrait(model, 'baseDone')
  const mix = useTrait(model, 'mixId')
  const mixDone = useTrait(model, 'mixDone')
  const work = useTrait(model, 'work')
  const lasting = useTrait(model, 'problem')
  const numbers = useTrait(model, 'numbers')
  const view = useViewId()
  const store = usePictureStore(model, keep)
  const [problem, setProblem] = useState<Problem>()
  const [answer, setAnswer] = useState<MergeMixerAnswer>()
  const [saving, setSaving] = useState(false)
  const asked = useRef<string>(undefined)

  const draft = useDraft(known, (settings) => {
    setProblem(undefined)
    model.send({ version: 1, kind: 'mix', settings })
  })
  useMessages<MergeMixerState, MergeMixerAnswer | CommonAnswer>(model, (message) => {
    if (message.kind === 'error') {
      draft.giveUp()
      setSaving(false)
      setProblem({ message: message.message, hint: message.hint })
    } else if ((message.kind === 'saved' || message.kind === 'exists') && message.folder === asked.current) {
      setSaving(false)
      setAnswer(message)
    }
  })
  useEffect(() => model.send({ version: 1, kind: 'open', view }), [model, view])

  const save = (request: SaveRequest) => {
    asked.current = request.folder
    setProblem(undefined)
    setAnswer(undefined)
    setSaving(true)
    model.send({ version: 1, kind: 'save', ...request })
  }
  // What is changed here is not what the pictures show.
  const current = draft.shown === known
  const complete = mixDone === items.length && baseDone === items.length
  return (
    <section class="selma-frame" aria-label={title || 'Merge mixer'} data-lm-suppress-shortcuts="true">
      <div class="selma-head">
        <span class="selma-title">{title || `Experts mixed on ${base}`}</span>
        <span class="selma-small selma-faint">{drawnWith}</span>
      </div>
      <Problems problem={problem} onClose={() => setProblem(undefined)} />
      <Problems problem={lasting} />
      <div class="mm-main">
        <Controls
          experts={experts}
          methods={methods}
          largestRank={largestRank}
          initial={initial}
          settings={draft.shown}
          onChange={draft.change}
        />
        <div class="mm-drawn">
          <div class="mm-work selma-small selma-faint">
            <span role="status">
              {work ? `${doing[work.what]}…` : complete ? 'All drawn' : lasting ? '' : 'Not all drawn'}
            </span>
            <Bar
              label="Pictures drawn"
              share={work ? work.share : 0}
              now={work || !complete ? undefined : 100}
              text={work ? percent(work.share) : undefined}
            />
            <button
              type="button"
              class="selma-button"
              disabled={work === null && (complete || lasting !== null)}
              onClick={() =>
                model.send(
                  work === null ? { version: 1, kind: 'mix', settings: known } : { version: 1, kind: 'halt' },
                )
              }
            >
              {work !== null || complete ? 'Stop' : 'Draw'}
            </button>
          </div>
          <Preview
            store={store}
            items={items}
            base={base}
            baseDone={baseDone}
            mix={mix}
            mixDone={current ? mixDone : 0}
          />
        </div>
      </div>
      {numbers ? (
        <Numbers experts={experts} numbers={numbers} />
      ) : lasting ? null : (
        <p class="selma-small selma-faint">Measuring the experts…</p>
      )}
      <Save answer={answer} saving={saving} onSave={save} onCancel={() => setAnswer(undefined)} />
    </section>
  )
}

export default defineView(MergeMixer, 'merge-mixer')
