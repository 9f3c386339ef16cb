// Score against classifier-free guidance, one curve a model, each model's own best point ringed: the curve
// behind "every model at its own best guidance".
import type { Data } from 'plotly.js'
import { fail } from '../base/errors.ts'
import { endLabelRoom, endLabels } from './end-labels.ts'
import { Figure } from './figure.ts'
import { checkInterval, type Interval, showInterval } from './intervals.ts'
import { axis, type FrameOptions, frame, oneLine, plotlyText, seriesStyle, translucent } from './theme.ts'

export interface GuidanceModel {
  name: string
  points: (Interval & { guidance: number })[]
}

export interface GuidanceCurveOptions extends Partial<FrameOptions> {
  /** What is measured, with its unit; default 'score'. */
  valueTitle?: string
  /** Ends of the value axis; default around the intervals. */
  range?: [number, number]
}

/**
 * Mean score by guidance scale with its interval as a band; the ring marks the highest mean (the lowest
 * guidance of equals).
 *
 * @throws SelmaError `bad-input` without models or points, or for an interval that does not hold its mean
 */
export function guidanceCurve(
  models: GuidanceModel[],
  {
    title = 'Score by guidance scale',
    subtitle,
    valueTitle = 'score',
    range,
    ...size
  }: GuidanceCurveOptions = {},
): Figure {
  if (models.length === 0) fail('bad-input', 'no models to draw guidance curves for')
  const curves = models.map(({ name, points }) => {
    if (points.length === 0) fail('bad-input', `the model ${JSON.stringify(name)} has no points`)
    for (const point of points) checkInterval(point, `${name} at guidance ${point.guidance}`)
    const sorted = [...points].sort((a, b) => a.guidance - b.guidance)
    return {
      name,
      points: sorted,
      best: sorted.reduce((best, point) => (point.mean > best.mean ? point : best)),
    }
  })
  const direct = models.length > 1 && models.length <= 7
  const layout = frame({
    title,
    subtitle: subtitle ?? 'Band: 95% interval; ring: the model’s own best guidance',
    right: direct ? endLabelRoom(models.map(({ name }) => name)) : undefined,
    ...size,
  })
  const data: Data[] = []
  for (const [index, { points }] of curves.entries()) {
    const { fill } = seriesStyle(index)
    const x = points.map(({ guidance }) => guidance)
    data.push({
      type: 'scatter',
      mode: 'lines',
      x: [...x, ...x.toReversed()],
      y: [...points.map(({ high }) => high), ...points.map(({ low }) => low).toReversed()],
      fill: 'toself',
      fillcolor: translucent(fill, 0.12),
      line: { width: 0, color: translucent(fill, 0) },
      legendgroup: String(index),
      showlegend: false,
      hoverinfo: 'skip',
    })
  }
  for (const [index, { name, points, best }] of curves.entries()) {
    const { fill, symbol, dash } = seriesStyle(index)
    data.push(
      {
        type: 'scatter',
        mode: 'lines+markers',
        name: plotlyText(name, { width: 32 }),
        x: points.map(({ guidance }) => guidance),
        y: points.map(({ mean }) => mean),
        line: { color: fill, width: 2.2, dash },
        marker: { color: fill, symbol, size: 7 },
        legendgroup: String(index),
        customdata: points.map((point) => showInterval(point)),
        hovertemplate: 'guidance %{x}: %{customdata}',
      },
      {
        type: 'scatter',
        mode: 'markers',
        x: [best.guidance],
        y: [best.mean],
        marker: { symbol: 'circle-open', size: 17, color: fill, line: { width: 2.2 } },
        legendgroup: String(index),
        showlegend: false,
        hoverinfo: 'skip',
      },
    )
  }
  const all = curves.flatMap(({ points }) => points)
  const low = Math.min(...all.map((point) => point.low))
  const high = Math.max(...all.map((point) => point.high))
  const pad = (high - low || Math.abs(high) || 1) * 0.06
  const values: [number, number] = range ?? [low - pad, high + pad]
  const scales = [...new Set(all.map(({ guidance }) => guidance))].sort((a, b) => a - b)
  const margin = (scales.at(-1)! - scales[0] || 1) * 0.04
  layout.xaxis = {
    ...axis('classifier-free guidance scale'),
    tickvals: scales.length <= 12 ? scales : undefined,
    range: [scales[0] - margin, scales.at(-1)! + margin],
    showgrid: false,
  }
  layout.yaxis = { ...axis(valueTitle), range: values }
  layout.showlegend = models.length > 1 && !direct
  if (direct) {
    const ends = curves.map(({ name, points }, index) => {
      const last = points.at(-1)!
      return { name, ink: seriesStyle(index).ink, x: last.guidance, y: last.mean }
    })
    layout.annotations = endLabels(ends, values, layout.height! - layout.margin!.t! - layout.margin!.b!)
  }
  const lines = curves.map(
    ({ name, best }) => `  ${oneLine(name)}: best ${showInterval(best)} at guidance ${best.guidance}`,
  )
  return new Figure({ data, layout, summary: [oneLine(title, 200), ...lines].join('\n') })
}
