// The numbers of a job over its steps, from its events, and the chart of several jobs' numbers.
import type { JobEvent } from '../../../lib/messages/index.ts'
import { oneLine } from '../jobs/format.ts'

export interface Series {
  steps: number[]
  values: (number | null)[]
}

/** All metrics of a job by name, ascending in steps. A step that came again after a restart counts the second time. */
export function seriesOf(events: readonly JobEvent[]): Map<string, Series> {
  const found = new Map<string, Map<number, number | null>>()
  for (const event of events) {
    if (event.type !== 'metrics') continue
    for (const [name, value] of Object.entries(event.values)) {
      if (typeof value !== 'number' && value !== null) continue
      const points = found.get(name) ?? new Map<number, number | null>()
      points.set(event.step, value)
      found.set(name, points)
    }
  }
  return new Map(
    Array.from(found, ([name, points]) => {
      const sorted = [...points].sort(([a], [b]) => a - b)
      return [name, { steps: sorted.map(([step]) => step), values: sorted.map(([, value]) => value) }]
    }),
  )
}

/** Moving average without the bias towards its start (Adam's correction, Kingma & Ba 2015, §3); gaps stay gaps. */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  let sum = 0
  let past = 0
  return values.map((value) => {
    if (value === null) return null
    sum = weight * sum + (1 - weight) * value
    past = weight * past + (1 - weight)
    return sum / past
  })
}

/** Points of a curve that are drawn: the lowest and the highest of each stretch, so that no spike is lost. */
export function thin({ steps, values }: Series, most = 2000): Series {
  if (steps.length <= most) return { steps, values }
  const stretch = Math.ceil((2 * steps.length) / most)
  const kept: number[] = []
  for (let from = 0; from < steps.length; from += stretch) {
    let [low, high] = [from, from]
    for (let at = from; at < Math.min(steps.length, from + stretch); at++) {
      if ((values[at] ?? Number.POSITIVE_INFINITY) < (values[low] ?? Number.POSITIVE_INFINITY)) low = at
      if ((values[at] ?? Number.NEGATIVE_INFINITY) > (values[high] ?? Number.NEGATIVE_INFINITY)) high = at
    }
    kept.push(...new Set([Math.min(low, high), Math.max(low, high)]))
  }
  return { steps: kept.map((at) => steps[at]), values: kept.map((at) => values[at]) }
}

/** Okabe & Ito 2008, safe for the common kinds of colour blindness; dashes tell the second round apart. */
export const colours = ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#4D4D4D']
const dashes = ['solid', 'dash', 'dot']

/** Text as Plotly must be given it: it reads a little HTML, and TeX between dollar signs. */
export const plotlyText = (text: string, length = 60): string =>
  oneLine(text, length).replace(
    /[&<>$]/g,
    (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', $: '&#36;' })[one]!,
  )

/**
 * A Plotly figure of one metric of several jobs.
 *
 * @param smoothing weight of the past in the moving average, 0 (none) to below 1
 */
export function metricFigure(
  curves: readonly { name: string; series?: Series }[],
  { title, xTitle, smoothing, logY }: { title: string; xTitle: string; smoothing: number; logY: boolean },
): { data: object[]; layout: object } {
  const data = curves.flatMap(({ name, series }, index) => {
    if (!series || series.steps.length === 0) return []
    const line = {
      color: colours[index % colours.length],
      dash: dashes[Math.floor(index / colours.length) % 3],
    }
    const group = { type: 'scatter', name: plotlyText(name, 36), legendgroup: String(index) }
    // A few measurements are points; thousands are a curve.
    const few = series.steps.length <= 40
    const curve = (values: Series['values']) => {
      const { steps: x, values: y } = thin({ steps: series.steps, values })
      return { x, y }
    }
    const raw = curve(series.values)
    if (few || smoothing === 0)
      return [{ ...group, ...raw, mode: few ? 'lines+markers' : 'lines', line: { ...line, width: 2 } }]
    return [
      {
        ...group,
        ...raw,
        mode: 'lines',
        line: { ...line, width: 1 },
        opacity: 0.3,
        showlegend: false,
        hoverinfo: 'skip',
      },
      { ...group, ...curve(smooth(series.values, smoothing)), mode: 'lines', line: { ...line, width: 2.5 } },
    ]
  })
  return {
    data,
    layout: {
      height: 380,
      margin: { l: 64, r: 16, t: 24, b: 52 },
      showlegend: data.length > 0,
      legend: { orientation: 'h', y: 1.02, yanchor: 'bottom', x: 0 },
      xaxis: { title: { text: plotlyText(xTitle) }, rangemode: 'tozero' },
      yaxis: { title: { text: plotlyText(title) }, type: logY ? 'log' : 'linear', automargin: true },
      hovermode: 'x unified',
    },
  }
}
