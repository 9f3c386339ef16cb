// A line chart on a canvas (uPlot): drag to look closer, double-click for all, arrow keys to move, + and − to zoom.
// It knows lines, not jobs.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import uPlot from 'uplot'
import { bytes, number } from '../shared/format.ts'
import { aligned, type Line } from './curves.ts'

interface Props {
  lines: Line[]
  /** What the values are. */
  metric: string
  logarithmic: boolean
  /** For screen readers. */
  summary: string
}

/** The colours of the theme, as a canvas takes them. */
function colours(element: Element) {
  const style = getComputedStyle(element)
  const of = (name: string, other: string) => style.getPropertyValue(name).trim() || other
  return {
    fg: of('--sv-fg-2', '#616161'),
    bg: of('--sv-bg', '#fff'),
    grid: of('--sv-border', '#e0e0e0'),
    series: (at: number) => of(`--sv-series-${at % 7}`, '#0072b2'),
  }
}

const shown = (metric: string) => (metric === 'memory' ? bytes : number)
const height = 220

function options(props: Props, element: HTMLElement, width: number): uPlot.Options {
  const theme = colours(element)
  const format = shown(props.metric)
  const font = `11px ${getComputedStyle(element).fontFamily}`
  const axis = {
    stroke: theme.fg,
    font,
    grid: { stroke: theme.grid, width: 1 },
    ticks: { stroke: theme.grid, width: 1 },
  }
  return {
    width,
    height,
    legend: { live: true },
    cursor: { drag: { x: true, y: false }, points: { size: 6 } },
    scales: { x: { time: false }, y: { distr: props.logarithmic ? 3 : 1 } },
    axes: [
      { ...axis, size: 32, gap: 4 },
      {
        ...axis,
        size: 58,
        gap: 4,
        values: (_, splits) => splits.map((value) => (value === null ? '' : format(value))),
      },
    ],
    series: [
      { label: 'step', value: (_, value) => number(value) },
      ...props.lines.map(({ label, colour, kind }): uPlot.Series => {
        const stroke = theme.series(colour)
        return {
          label,
          class: `tm-${kind}`,
          stroke,
          alpha: kind === 'raw' ? 0.35 : 1,
          width: kind === 'raw' ? 1 : 1.75,
          dash: kind === 'points' ? [4, 3] : undefined,
          points:
            kind === 'points' ? { show: true, size: 6, fill: theme.bg, stroke, width: 1.5 } : { show: false },
          spanGaps: true,
          value: (_, value) => format(value),
        }
      }),
    ],
  }
}

/** What is seen of the steps, or undefined for all. */
type Window = { min: number; max: number } | undefined

export function Chart(props: Props) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | undefined>(undefined)
  const seen = useRef<Window>(undefined)
  const [theme, setTheme] = useState(0)
  const shape = JSON.stringify([
    props.metric,
    props.logarithmic,
    theme,
    props.lines.map(({ label, kind }) => [label, kind]),
  ])

  // biome-ignore lint/correctness/useExhaustiveDependencies: made anew for other lines or colours, not for new points
  useLayoutEffect(() => {
    const element = place.current as HTMLDivElement
    const made = new uPlot(
      options(props, element, Math.max(200, element.clientWidth)),
      aligned(props.lines) as uPlot.AlignedData,
      element,
    )
    plot.current = made
    if (seen.current) made.setScale('x', seen.current)
    made.hooks.setSelect = [
      ({ select, posToVal }) => {
        if (select.width > 0)
          seen.current = { min: posToVal(select.left, 'x'), max: posToVal(select.left + select.width, 'x') }
      },
    ]
    made.over.addEventListener('dblclick', () => {
      seen.current = undefined
    })
    const watcher = new ResizeObserver(() => {
      const width = Math.max(200, element.clientWidth)
      if (width !== made.width) made.setSize({ width, height })
    })
    watcher.observe(element)
    return () => {
      watcher.disconnect()
      made.destroy()
    }
  }, [shape])

  useEffect(() => {
    const made = plot.current
    if (!made) return
    made.setData(aligned(props.lines) as uPlot.AlignedData, seen.current === undefined)
    if (seen.current) made.setScale('x', seen.current)
  }, [props.lines])

  useEffect(() => {
    const changed = new MutationObserver(() => setTheme((n) => n + 1))
    changed.observe(document.body, { attributes: true, attributeFilter: ['class', 'data-jp-theme-name'] })
    return () => changed.disconnect()
  }, [])

  const move = (event: KeyboardEvent) => {
    const made = plot.current
    const steps = made?.data[0]
    if (!made || !steps || steps.length < 2) return
    const all = { min: steps[0], max: steps[steps.length - 1] }
    const { min, max } = seen.current ?? all
    const span = max - min
    const next = {
      ArrowLeft: { min: min - span / 8, max: max - span / 8 },
      ArrowRight: { min: min + span / 8, max: max + span / 8 },
      '+': { min: min + span / 4, max: max - span / 4 },
      '-': { min: min - span / 2, max: max + span / 2 },
      Home: undefined,
    }
    if (!(event.key in next)) return
    event.preventDefault()
    const wanted = next[event.key as keyof typeof next]
    if (!wanted || wanted.max - wanted.min >= all.max - all.min) seen.current = undefined
    else {
      const shift = Math.max(0, all.min - wanted.min) - Math.max(0, wanted.max - all.max)
      seen.current = { min: wanted.min + shift, max: wanted.max + shift }
    }
    made.setScale('x', seen.current ?? all)
  }

  return (
    <div
      class="tm-chart"
      ref={place}
      role="img"
      aria-label={props.summary}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: arrow keys move the chart
      tabIndex={0}
      onKeyDown={move}
      data-lm-suppress-shortcuts="true"
    />
  )
}
