// One row looked at closely: its pictures large, what they were made with, and every question with its answers.
import { useEffect, useRef, useState } from 'preact/hooks'
import type { GridItem, GridRow } from '../../../lib/messages/views/image-grid.ts'
import { shorten } from '../shared/format.ts'
import { type PictureStore, usePicture } from '../shared/pictures.ts'
import { words } from './cell.tsx'
import { Graph } from './graph.tsx'
import { score } from './rows.ts'

interface Props {
  store: PictureStore
  at: number
  row: GridRow
  item: GridItem
  models: readonly string[]
  model: number
  onModel: (model: number) => void
  onMove: (by: -1 | 1) => void
  onClose: () => void
}

function Large({ store, id, alt, size }: { store: PictureStore; id: string; alt: string; size: number }) {
  const picture = usePicture(store, id)
  if (!picture?.url) return <span class="ig-large selma-faint">{picture?.missing ?? '…'}</span>
  return <img class="ig-large selma-pixels" src={picture.url} alt={alt} style={`width:${size}px`} />
}

const signs: Record<string, string> = { '1': '✓', '0': '✗', x: '–' }

export function Detail({ store, at, row, item, models, model, onModel, onMove, onClose }: Props) {
  const panel = useRef<HTMLDivElement>(null)
  const [size, setSize] = useState(192)
  useEffect(() => {
    panel.current?.focus()
    // Where it is narrow, so that two stand side by side.
    setSize((large) =>
      Math.min(large, Math.max(96, Math.floor(((panel.current?.clientWidth ?? 0) - 40) / 2))),
    )
  }, [])
  const keys = (event: KeyboardEvent) => {
    const acts: Record<string, () => void> = {
      Escape: onClose,
      ArrowLeft: () => onMove(-1),
      ArrowRight: () => onMove(1),
      '+': () => setSize(Math.min(768, size * 1.5)),
      '-': () => setSize(Math.max(64, size / 1.5)),
    }
    if (!acts[event.key]) return
    event.preventDefault()
    event.stopPropagation()
    acts[event.key]()
  }
  const outcomes = row.cells[model]?.outcomes ?? ''
  return (
    <div
      class="ig-detail"
      role="dialog"
      aria-label="One prompt closely"
      tabIndex={-1}
      ref={panel}
      onKeyDown={keys}
    >
      <div class="selma-head">
        <span class="selma-title">
          {item.skill ? `${item.skill}, ` : ''}
          {row.seed === null ? 'pictures' : `seed ${row.seed}`}
        </span>
        <span class="selma-row">
          <button
            type="button"
            class="selma-button"
            aria-label="Smaller"
            onClick={() => setSize(Math.max(64, size / 1.5))}
          >
            −
          </button>
          <button
            type="button"
            class="selma-button"
            aria-label="Larger"
            onClick={() => setSize(Math.min(768, size * 1.5))}
          >
            +
          </button>
          <button type="button" class="selma-button" onClick={() => onMove(-1)}>
            Previous
          </button>
          <button type="button" class="selma-button" onClick={() => onMove(1)}>
            Next
          </button>
          <button type="button" class="selma-button" onClick={onClose}>
            Close
          </button>
        </span>
      </div>
      <p class="ig-prompt">{item.prompt}</p>
      <div class="ig-larges">
        {models.map((name, index) => {
          const cell = row.cells[index]
          if (!cell) return null
          return (
            <figure key={name} class="ig-figure">
              <Large
                store={store}
                id={`${at}:${index}`}
                alt={`${name}: ${shorten(item.prompt, 200)}`}
                size={size}
              />
              <figcaption>
                {models.length > 1 ? (
                  <button
                    type="button"
                    class="selma-button"
                    aria-pressed={index === model}
                    onClick={() => onModel(index)}
                  >
                    {name}
                  </button>
                ) : null}
                <div class="selma-small selma-faint" style={`max-width:${Math.max(size, 96)}px`}>
                  {shorten(cell.settings, 300)}
                </div>
                <div class="selma-small">{score(cell.outcomes)}</div>
              </figcaption>
            </figure>
          )
        })}
      </div>
      {item.questions.length > 0 ? (
        <div class="ig-asked">
          <table class="ig-questions">
            <thead>
              <tr>
                <th scope="col" class="ig-number">
                  #
                </th>
                <th scope="col">Question</th>
                {models.map((name) => (
                  <th scope="col" key={name}>
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {item.questions.map(({ text, parents }, question) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: questions have no other name than their place
                <tr key={question}>
                  <td class="ig-number">{question + 1}</td>
                  <td>
                    {text}
                    {parents.length > 0 ? (
                      <span class="selma-small selma-faint">
                        {' '}
                        needs {parents.map((parent) => parent + 1).join(', ')}
                      </span>
                    ) : null}
                  </td>
                  {models.map((name, index) => {
                    const cell = row.cells[index]
                    const outcome = cell?.outcomes[question]
                    return (
                      <td key={name}>
                        {outcome ? (
                          <span
                            class={`selma-mark ${outcome === '1' ? 'selma-pass' : 'selma-fail'}`}
                            title={words[outcome]}
                          >
                            <span aria-hidden="true">{signs[outcome]} </span>
                            <span class="selma-hidden">{words[outcome]}: </span>
                            {shorten(cell?.said[question] || '–', 30)}
                          </span>
                        ) : null}
                      </td>
                    )
                  })}
                </tr>
              ))}
            </tbody>
          </table>
          <Graph questions={item.questions} outcomes={outcomes} />
        </div>
      ) : null}
    </div>
  )
}
