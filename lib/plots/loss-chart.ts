// Training losses over steps: the raw values faint, their moving average strong.
import type { Data } from 'plotly.js'
import { fail } from '../base/errors.ts'
import { endLabelRoom, endLabels } from './end-labels.ts'
import { Figure } from './figure.ts'
import {
  axis,
  type FrameOptions,
  frame,
  oneLine,
  plotlyText,
  seriesStyle,
  shortNumber,
  translucent,
} from './theme.ts'

export interface LossSeries {
  name: string
  /** Step numbers, ascending. */
  steps: ArrayLike<number>
  /** One loss a step; values that are not finite leave a gap. */
  values: ArrayLike<number>
  /** The smoothed curve, if it is not to be computed here. */
  smoothed?: ArrayLike<number>
}

export interface LossChartOptions extends Partial<FrameOptions> {
  /** Logarithmic loss axis; default false. */
  logY?: boolean
  /** Weight of the past in the moving average, 0 (none) to below 1; default 0.95. */
  smoothing?: number
  /** Default 'loss (mean squared error of the noise)'. */
  yTitle?: string
}

/**
 * Exponential moving average without the bias towards its start (Adam's correction, Kingma & Ba 2015, §3).
 * Values that are not finite are skipped and give NaN.
 */
export function movingAverage(values: ArrayLike<number>, smoothing: number): number[] {
  let sum = 0
  let weight = 0
  return Array.from(values, (value) => {
    if (!Number.isFinite(value)) return Number.NaN
    sum = smoothing * sum + (1 - smoothing) * value
    weight = smoothing * weight + (1 - smoothing)
    return sum / weight
  })
}

const mostPoints = 1000

/** At most about `mostPoints` of a curve, the lowest and the highest of each stretch, so that no spike is lost. */
export function thin(
  steps: ArrayLike<number>,
  values: ArrayLike<number>,
): { x: number[]; y: (number | null)[] } {
  const stretch = Math.max(1, Math.ceil((2 * values.length) / mostPoints))
  const kept: number[] = []
  for (let from = 0; from < values.length; from += stretch) {
    const stop = Math.min(values.length, from + stretch)
    if (stretch <= 2) for (let at = from; at < stop; at++) kept.push(at)
    else {
      let low = from
      let high = from
      for (let at = from; at < stop; at++) {
        if (!(values[at] >= values[low])) low = at
        if (!(values[at] <= values[high])) high = at
      }
      kept.push(...new Set([Math.min(low, high), Math.max(low, high)]))
    }
  }
  const last = values.length - 1
  if (last >= 0 && kept.at(-1) !== last) kept.push(last)
  return {
    x: kept.map((at) => steps[at]),
    y: kept.map((at) => (Number.isFinite(values[at]) ? Number(values[at].toPrecision(5)) : null)),
  }
}

function check({ name, steps, values, smoothed }: LossSeries): void {
  const lengths = [steps.length, values.length, smoothed?.length ?? values.length]
  if (new Set(lengths).size > 1) {
    fail(
      'mismatch',
      `the series ${JSON.stringify(name)} has ${lengths.join(', ')} steps, values, smoothed values`,
    )
  }
}

/**
 * Loss against step, one line a series.
 *
 * @throws SelmaError `mismatch` for steps and values of different lengths, `bad-input` for a smoothing outside [0, 1)
 */
export function lossChart(
  series: LossSeries[],
  {
    title = 'Training loss',
    subtitle,
    logY = false,
    smoothing = 0.95,
    yTitle,
    ...size
  }: LossChartOptions = {},
): Figure {
  if (!(smoothing >= 0 && smoothing < 1)) fail('bad-input', `smoothing ${smoothing} is outside [0, 1)`)
  series.forEach(check)
  const direct = series.length > 1 && series.length <= 7
  const right = direct ? endLabelRoom(series.map(({ name }) => name)) : undefined
  const note =
    smoothing > 0 ? `Line: moving average (weight of the past ${smoothing}); faint: each step` : undefined
  const layout = frame({ title, subtitle: subtitle ?? note, right, ...size })
  const faint: Data[] = []
  const strong: Data[] = []
  const scale = (value: number) => (logY ? Math.log10(value) : value)
  const shown: number[] = []
  const ends = series.map(({ name, steps, values, smoothed }, index) => {
    const { fill, ink } = seriesStyle(index)
    const smooth = smoothed ?? movingAverage(values, smoothing)
    const raw = thin(steps, values)
    const line = thin(steps, smooth)
    const group = { legendgroup: String(index), name: plotlyText(name) }
    const pale = { width: 1, color: translucent(fill, 0.25) }
    if (smoothed || smoothing > 0) {
      faint.push({
        type: 'scatter',
        mode: 'lines',
        ...raw,
        ...group,
        line: pale,
        showlegend: false,
        hoverinfo: 'skip',
      })
    }
    strong.push({ type: 'scatter', mode: 'lines', ...line, ...group, line: { width: 2.5, color: fill } })
    for (const value of [...raw.y, ...line.y])
      if (value !== null && (!logY || value > 0)) shown.push(scale(value))
    const last = line.y.findLast((value) => value !== null) ?? Number.NaN
    return { name, ink, x: line.x.at(-1) ?? 0, y: scale(last), last, steps: steps.length }
  })
  const [low, high] =
    shown.length > 0
      ? [shown.reduce((a, b) => Math.min(a, b)), shown.reduce((a, b) => Math.max(a, b))]
      : [0, 1]
  const pad = (high - low || Math.abs(high) || 1) * 0.05
  const range: [number, number] = [low - pad, high + pad]
  layout.xaxis = { ...axis('optimiser step'), showgrid: false }
  layout.yaxis = {
    ...axis(yTitle ?? 'loss (mean squared error of the noise)'),
    type: logY ? 'log' : 'linear',
    range,
  }
  if (logY) Object.assign(layout.yaxis, { dtick: range[1] - range[0] > 2.5 ? 1 : 'D2', tickformat: '~g' })
  layout.showlegend = series.length > 1 && !direct
  if (direct) {
    const plotHeight = layout.height! - layout.margin!.t! - layout.margin!.b!
    layout.annotations = endLabels(
      ends.filter(({ y }) => Number.isFinite(y)),
      range,
      plotHeight,
    )
  }
  const lines = ends.map((end) => `  ${oneLine(end.name)}: ${shortNumber(end.last)} after ${end.steps} steps`)
  return new Figure({
    data: [...faint, ...strong],
    layout,
    summary: [oneLine(title, 200), ...lines].join('\n'),
  })
}
