// Means with intervals as bars, side by side in groups: upright while the labels fit, else lying.
import type { Data, LayoutAxis } from 'plotly.js'
import { fail } from '../base/errors.ts'
import { Figure } from './figure.ts'
import { checkInterval, decimalsOf, errorBar, fixed, type Interval, showInterval } from './intervals.ts'
import { axis, type FrameOptions, frame, ink, oneLine, plotlyText, seriesStyle, wrapLines } from './theme.ts'

export interface BarRow extends Interval {
  /** What stands under the bar. */
  label: string
  /** Bars of one group share a colour; default one group. */
  group?: string
}

export interface BarsOptions extends Partial<FrameOptions> {
  /** What the length of a bar means, with its unit; default 'score'. */
  valueTitle?: string
  /** Default none: the labels say it. */
  labelTitle?: string
  /** Ends of the value axis; default 0 to a little above the longest interval. */
  range?: [number, number]
}

/**
 * One bar a row with its interval, values written out while there are at most 24 of them.
 *
 * @throws SelmaError `bad-input` without rows, for two rows of the same label and group, or for an interval
 *   that does not hold its mean
 */
export function barsWithIntervals(
  rows: BarRow[],
  {
    title = 'Mean with 95% interval',
    subtitle,
    valueTitle = 'score',
    labelTitle = '',
    range,
    ...size
  }: BarsOptions = {},
): Figure {
  if (rows.length === 0) fail('bad-input', 'no rows to draw bars for')
  for (const row of rows) checkInterval(row, row.label)
  const labels = [...new Set(rows.map(({ label }) => label))]
  const groups = [...new Set(rows.map(({ group }) => group ?? ''))]
  const keys = new Set(rows.map(({ label, group }) => JSON.stringify([label, group ?? ''])))
  if (keys.size < rows.length) fail('bad-input', 'two rows have the same label and group')

  const room = (size.width ?? 800) - 100
  const wide = Math.floor((room * 0.95) / labels.length / 8)
  const upright = (label: string) => wrapLines(label, wide).join(' ') === oneLine(label, 200)
  const lying = labels.length > 12 || !labels.every(upright)
  const height = size.height ?? (lying ? Math.max(300, 150 + rows.length * 24 + labels.length * 10) : 480)
  const layout = frame({ title, subtitle, ...size, height })

  const thick = 0.8 / groups.length
  const place = (row: BarRow) =>
    labels.indexOf(row.label) + (groups.indexOf(row.group ?? '') - (groups.length - 1) / 2) * thick
  const data: Data[] = groups.map((group, index) => {
    const members = rows.filter((row) => (row.group ?? '') === group)
    const { fill } = seriesStyle(index)
    const means = members.map(({ mean }) => mean)
    const places = members.map(place)
    const bar = { ...errorBar(members), color: ink, thickness: 1.4, width: Math.min(5, 60 / rows.length + 2) }
    return {
      type: 'bar',
      name: plotlyText(group),
      orientation: lying ? 'h' : 'v',
      ...(lying ? { x: means, y: places, error_x: bar } : { x: places, y: means, error_y: bar }),
      width: thick * 0.9,
      marker: { color: fill },
      customdata: members.map((row) => [plotlyText(row.label), showInterval(row)]),
      hovertemplate: '%{customdata[0]}: %{customdata[1]}',
    } as Data
  })
  const written = rows.length <= 24 && (lying || room / rows.length > 30)
  if (written) {
    const decimals = Math.max(0, decimalsOf(rows) - 1)
    const tips = rows.map(({ high, mean }) => Math.max(high, mean, 0))
    const places = rows.map(place)
    data.push({
      type: 'scatter',
      mode: 'text',
      ...(lying
        ? { x: tips, y: places, textposition: 'middle right' }
        : { x: places, y: tips, textposition: 'top center' }),
      text: rows.map(({ mean }) => `${lying ? '\u00a0\u00a0' : ''}${fixed(mean, decimals)}`),
      textfont: { size: 12 },
      cliponaxis: false,
      showlegend: false,
      hoverinfo: 'skip',
    } as Data)
  }
  const top = Math.max(0, ...rows.map(({ high }) => high))
  const bottom = Math.min(0, ...rows.map(({ low }) => low))
  const span = top - bottom || 1
  const values = {
    ...axis(valueTitle),
    range: range ?? [bottom < 0 ? bottom - span * 0.05 : 0, top + span * (written ? 0.1 : 0.05)],
    zeroline: bottom < 0,
    zerolinecolor: ink,
  }
  // One or two bars are not made as wide as the plot.
  const side = 0.5 + Math.max(0, 3 - labels.length) / 2
  const names: Partial<LayoutAxis> = {
    ...axis(labelTitle),
    tickvals: labels.map((_, index) => index),
    ticktext: labels.map((label) => plotlyText(label, lying ? { width: 40 } : { width: wide, lines: 3 })),
    range: lying ? [labels.length - 0.5, -0.5] : [-side, labels.length - 1 + side],
    showgrid: false,
    ticks: '' as const,
    tickangle: 0,
  }
  layout.xaxis = lying ? values : names
  layout.yaxis = lying ? names : values
  layout.barmode = 'overlay'
  layout.showlegend = groups.length > 1
  layout.legend = { orientation: 'h', x: 0, y: 1, xanchor: 'left', yanchor: 'bottom', traceorder: 'normal' }
  layout.margin!.t! += groups.length > 1 ? 28 : 4
  const lines = rows.map(
    (row) => `  ${oneLine(row.label)}${row.group ? `, ${oneLine(row.group)}` : ''}: ${showInterval(row)}`,
  )
  return new Figure({ data, layout, summary: [oneLine(title, 200), ...lines].join('\n') })
}
