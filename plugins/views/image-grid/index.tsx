// The image grid's page: what to show, the list, and one row closely.
import { useEffect, useMemo, useState } from 'preact/hooks'
import type { CommonAnswer } from '../../../lib/messages/views/common.ts'
import type { ImageGridAnswer, ImageGridState } from '../../../lib/messages/views/image-grid.ts'
import { type Problem, Problems } from '../shared/failure.tsx'
import { count, shorten } from '../shared/format.ts'
import { defineView, type Model, useMessages, useTrait, useViewId } from '../shared/model.ts'
import { usePictureStore } from '../shared/pictures.ts'
import '../shared/theme.css'
import { Detail } from './detail.tsx'
import { Filters } from './filters.tsx'
import { List } from './list.tsx'
import { type Filter, filtered, type Rows, take } from './rows.ts'
import './style.css'

function ImageGrid({ model }: { model: Model<ImageGridState> }) {
  const title = useTrait(model, 'title')
  const models = useTrait(model, 'models')
  const total = useTrait(model, 'rows')
  const pictures = useTrait(model, 'pictures')
  const judge = useTrait(model, 'judge')
  const view = useViewId()
  const store = usePictureStore(model)
  const [data, setData] = useState<Rows>({ items: [], rows: [] })
  const [problem, setProblem] = useState<Problem>()
  const [zoom, setZoom] = useState(models.length > 1 ? 128 : 112)
  const [questions, setQuestions] = useState(true)
  const [filter, setFilter] = useState<Filter>({ text: '', skill: '', outcome: 'all', model: 0, other: 0 })
  const [looked, setLooked] = useState<{ row: number; model: number }>()
  const [open, setOpen] = useState<{ place: number; model: number }>()

  useMessages<ImageGridState, ImageGridAnswer | CommonAnswer>(model, (message) => {
    if (message.kind === 'rows' && message.view === view) setData((known) => take(known, message))
    else if (message.kind === 'error') setProblem({ message: message.message, hint: message.hint })
  })
  useEffect(() => model.send({ version: 1, kind: 'open', view }), [model, view])

  const shown = useMemo(() => filtered(data, filter), [data, filter])
  const asked = judge !== null
  const zoomBy = (by: number) => setZoom((size) => Math.round(Math.max(48, Math.min(384, size * by))))
  const row = looked && data.rows[looked.row]
  const cell = row?.cells[looked?.model ?? 0]
  const opened = open && data.rows[shown[open.place]]
  const close = () => {
    const id = open && `${shown[open.place]}:${open.model}`
    setOpen(undefined)
    // The focus goes back to where it came from.
    if (id) requestAnimationFrame(() => focusOn(view, id))
  }
  return (
    <section class="selma-frame ig-frame" aria-label={title || 'Image grid'} id={`ig-${view}`}>
      <div class="selma-head">
        <span class="selma-title">{title || `${count(pictures)} pictures`}</span>
        <label class="selma-row">
          Size
          <input
            type="range"
            min="48"
            max="384"
            step="4"
            value={zoom}
            onInput={(event) => setZoom(Number(event.currentTarget.value))}
          />
        </label>
        {asked ? (
          <label>
            <input
              type="checkbox"
              checked={questions}
              onChange={(event) => setQuestions(event.currentTarget.checked)}
            />
            Questions
          </label>
        ) : null}
      </div>
      <Filters filter={filter} items={data.items} models={models} asked={asked} onChange={setFilter} />
      <Problems problem={problem} onClose={() => setProblem(undefined)} />
      <p class="selma-small selma-faint ig-count" role="status">
        {data.rows.length < total
          ? `Reading, ${count(data.rows.length)} of ${count(total)} rows`
          : `${count(shown.length)} of ${count(total)} ${models.length > 1 ? 'prompts and seeds' : 'pictures'}`}
        {asked && judge ? `; judged by ${shorten(judge, 80)}` : ''}
      </p>
      <List
        store={store}
        data={data}
        shown={shown}
        models={models}
        zoom={zoom}
        questions={asked && questions}
        onZoom={zoomBy}
        onOpen={(place, of) => setOpen({ place, model: of })}
        onLook={(at, of) => {
          if (at !== looked?.row || of !== looked.model) setLooked({ row: at, model: of })
        }}
      />
      <p class="ig-status selma-small">
        {row && cell
          ? `${models[looked?.model ?? 0]}: ${shorten(data.items[row.item].prompt, 200)} (${shorten(cell.settings, 200)})`
          : 'Arrow keys move, Enter looks closely, + and − change the size.'}
      </p>
      {opened && open ? (
        <Detail
          store={store}
          at={shown[open.place]}
          row={opened}
          item={data.items[opened.item]}
          models={models}
          model={open.model}
          onModel={(of) => setOpen({ ...open, model: of })}
          onMove={(by) =>
            setOpen({ ...open, place: Math.max(0, Math.min(shown.length - 1, open.place + by)) })
          }
          onClose={close}
        />
      ) : null}
    </section>
  )
}

function focusOn(view: string, id: string): void {
  document.getElementById(`ig-${view}`)?.querySelector<HTMLElement>(`[data-id="${id}"]`)?.focus()
}

export default defineView(ImageGrid, 'image-grid')
