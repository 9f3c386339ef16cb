// The scrolled list of pictures: only the lines in sight are in the page, whatever the number of pictures.
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { shorten } from '../shared/format.ts'
import type { PictureStore } from '../shared/pictures.ts'
import { Cell } from './cell.tsx'
import { gap, layoutOf, type Rows, score } from './rows.ts'

interface Props {
  store: PictureStore
  data: Rows
  /** Numbers of the rows to be shown. */
  shown: readonly number[]
  models: readonly string[]
  zoom: number
  questions: boolean
  onZoom: (by: number) => void
  onOpen: (place: number, model: number) => void
  /** The picture under the mouse or with the focus. */
  onLook: (row: number, model: number) => void
}

/** Lines beyond the edge that are kept ready. */
const spare = 3

export function List({ store, data, shown, models, zoom, questions, onZoom, onOpen, onLook }: Props) {
  const box = useRef<HTMLDivElement>(null)
  const [width, setWidth] = useState(600)
  const [first, setFirst] = useState(0)
  const [at, setAt] = useState({ place: 0, model: 0 })
  const focus = useRef(false)
  const { cell, perLine, lineHeight, beside } = layoutOf(width, models.length, zoom, questions)
  const lines = Math.ceil(shown.length / perLine)
  const height = Math.max(80, Math.min(560, lines * lineHeight))
  const seen = Math.ceil(height / lineHeight) + 2 * spare

  useLayoutEffect(() => {
    const element = box.current as HTMLDivElement
    const measure = () => setWidth(element.clientWidth - 2)
    measure()
    const watcher = new ResizeObserver(measure)
    watcher.observe(element)
    return () => watcher.disconnect()
  }, [])

  // The same pictures stay in sight when their size changes, and the top is shown when the filter does.
  const top = useRef(0)
  const scrolled = () => {
    const line = Math.floor((box.current as HTMLDivElement).scrollTop / lineHeight)
    top.current = line * perLine
    const wanted = Math.max(0, line - spare)
    if (wanted !== first) setFirst(wanted)
  }
  useLayoutEffect(() => {
    ;(box.current as HTMLDivElement).scrollTop = Math.floor(top.current / perLine) * lineHeight
  }, [lineHeight, perLine])
  // biome-ignore lint/correctness/useExhaustiveDependencies: it is another list that starts at its top
  useLayoutEffect(() => {
    ;(box.current as HTMLDivElement).scrollTop = 0
    top.current = 0
    setFirst(0)
    setAt({ place: 0, model: 0 })
  }, [shown])

  const active = Math.min(at.place, shown.length - 1)
  // At once: the next key may already be on its way.
  useLayoutEffect(() => {
    if (!focus.current) return
    focus.current = false
    box.current
      ?.querySelector<HTMLElement>(`[data-id="${shown[active]}:${at.model}"]`)
      ?.focus({ preventScroll: true })
  })

  const go = (place: number, model: number) => {
    const to = Math.max(0, Math.min(shown.length - 1, place))
    const element = box.current as HTMLDivElement
    const y = Math.floor(to / perLine) * lineHeight
    if (y < element.scrollTop) element.scrollTop = y
    else if (y + lineHeight > element.scrollTop + element.clientHeight)
      element.scrollTop = y + lineHeight - element.clientHeight
    scrolled()
    focus.current = true
    setAt({ place: to, model: Math.max(0, Math.min(models.length - 1, model)) })
    onLook(shown[to], model)
  }
  const keys = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(height / lineHeight)) * perLine
    const { model } = at
    const side = models.length > 1
    const acts: Record<string, () => void> = {
      ArrowRight: () => (side ? go(active, model + 1) : go(active + 1, 0)),
      ArrowLeft: () => (side ? go(active, model - 1) : go(active - 1, 0)),
      ArrowDown: () => go(active + perLine, model),
      ArrowUp: () => go(active - perLine, model),
      PageDown: () => go(active + page, model),
      PageUp: () => go(active - page, model),
      Home: () => go(0, model),
      End: () => go(shown.length - 1, model),
      '+': () => onZoom(1.25),
      '-': () => onZoom(0.8),
    }
    if (!acts[event.key] || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    acts[event.key]()
  }
  /** Which picture an event is about. */
  const of = (event: Event): [row: number, model: number] | undefined => {
    const id = (event.target as Element).closest<HTMLElement>('[data-id]')?.dataset.id
    return id === undefined ? undefined : (id.split(':').map(Number) as [number, number])
  }
  const look = (event: Event) => {
    const found = of(event)
    if (found) onLook(...found)
  }

  const drawn = Array.from({ length: Math.max(0, Math.min(seen, lines - first)) }, (_, i) => first + i)
  return (
    <>
      {models.length > 1 ? (
        <div class="ig-models selma-small" style={`gap:${gap}px;padding-left:${beside ? 222 : 2}px`}>
          {models.map((name) => (
            <span key={name} style={`width:${cell}px`} title={shorten(name, 200)}>
              {shorten(name, 60)}
            </span>
          ))}
        </div>
      ) : null}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys and clicks are those of the buttons in it */}
      {/* biome-ignore lint/a11y/useKeyWithMouseEvents: focus is listened to as focusin */}
      <div
        class="ig-scroll"
        ref={box}
        style={`height:${height}px`}
        onScroll={scrolled}
        onKeyDown={keys}
        onMouseOver={look}
        onFocusIn={(event: Event) => {
          look(event)
          const found = of(event)
          const place = found ? shown.indexOf(found[0]) : -1
          if (found && place >= 0 && (place !== at.place || found[1] !== at.model))
            setAt({ place, model: found[1] })
        }}
        onClick={(event) => {
          const found = of(event)
          if (found) onOpen(shown.indexOf(found[0]), found[1])
        }}
        data-lm-suppress-shortcuts="true"
      >
        <div class="ig-all" style={`height:${lines * lineHeight}px`}>
          {drawn.map((line) => (
            <div key={line} class="ig-line" style={`top:${line * lineHeight}px;height:${lineHeight}px`}>
              {shown.slice(line * perLine, (line + 1) * perLine).map((row, index) => {
                const { item, seed, cells } = data.rows[row]
                const { prompt } = data.items[item]
                const place = line * perLine + index
                const text = shorten(prompt, 160)
                return (
                  <div
                    key={row}
                    class={beside ? 'ig-row ig-beside' : 'ig-row'}
                    style={models.length > 1 ? '' : `width:${cell}px`}
                  >
                    <div class="ig-label" title={shorten(prompt, 600)}>
                      <span>
                        {text}
                        {models.length > 1 && seed !== null ? (
                          <span class="selma-small selma-faint"> seed {seed}</span>
                        ) : null}
                      </span>
                    </div>
                    <div class="ig-pictures" style={`gap:${gap}px`}>
                      {cells.map((one, model) =>
                        one ? (
                          <Cell
                            key={models[model]}
                            store={store}
                            id={`${row}:${model}`}
                            cell={one}
                            size={cell}
                            active={place === active && model === at.model}
                            questions={questions}
                            label={[models[model], text, score(one.outcomes)].filter(Boolean).join(', ')}
                          />
                        ) : (
                          <span
                            key={models[model]}
                            class="ig-cell ig-none selma-small"
                            style={`width:${cell}px`}
                          >
                            no picture
                          </span>
                        ),
                      )}
                    </div>
                  </div>
                )
              })}
            </div>
          ))}
        </div>
      </div>
    </>
  )
}
