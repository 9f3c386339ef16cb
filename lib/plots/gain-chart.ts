// Paired differences with their intervals against a zero line (a forest plot). An interval that crosses zero
// has a hollow mark, so that "no clear difference" can be seen without reading a number.
import type { Data } from 'plotly.js'
import { fail } from '../base/errors.ts'
import { Figure } from './figure.ts'
import { checkInterval, decimalsOf, errorBar, type Interval, showInterval } from './intervals.ts'
import { textWidth } from './raster.ts'
import { axis, type FrameOptions, faintInk, frame, ink, oneLine, palette, plotlyText } from './theme.ts'

export interface GainRow extends Interval {
  /** What is compared: 'merged − base'. */
  label: string
  /** Rows of one group stand together under its name. */
  group?: string
  /** The comparison announced beforehand: bold, square. Default false. */
  primary?: boolean
  /** Number of pairs, written beside the interval. */
  n?: number
}

export interface GainChartOptions extends Partial<FrameOptions> {
  /** What is compared, with its unit; default 'difference in score'. */
  valueTitle?: string
}

/**
 * One line a comparison, top to bottom as given.
 *
 * @throws SelmaError `bad-input` without rows or for an interval that does not hold its mean
 */
export function gainChart(
  rows: GainRow[],
  {
    title = 'Paired differences',
    subtitle,
    valueTitle = 'difference in score',
    ...size
  }: GainChartOptions = {},
): Figure {
  if (rows.length === 0) fail('bad-input', 'no comparisons to draw')
  for (const row of rows) checkInterval(row, row.label)
  const groups = [...new Set(rows.map(({ group }) => group ?? ''))]
  const headed = groups.some((group) => group !== '')
  const decimals = decimalsOf(rows)
  const written = (row: GainRow) =>
    `${showInterval(row, { decimals, signed: true })}${row.n === undefined ? '' : `\u00a0\u00a0n\u00a0=\u00a0${row.n}`}`
  // Every row and every group's name has a line of its own; `at` counts lines from the top.
  let line = 0
  const heads: { group: string; at: number }[] = []
  const placed = groups.flatMap((group) => {
    if (headed) heads.push({ group, at: line++ })
    return rows.filter((row) => (row.group ?? '') === group).map((row) => ({ ...row, at: line++ }))
  })
  const right = Math.max(...rows.map((row) => textWidth(written(row), { size: 12, bold: row.primary }))) + 30
  const left = Math.max(
    ...rows.map(({ label, primary }) => textWidth(oneLine(label, 38), { bold: primary })),
    ...heads.map(({ group }) => textWidth(oneLine(group, 38), { bold: true })),
  )
  const layout = frame({
    title,
    subtitle: subtitle ?? 'Mean and 95% interval; hollow: the interval holds zero',
    right: Math.ceil(right),
    ...size,
    height: size.height ?? 150 + line * 26,
  })
  layout.margin!.l = Math.ceil(left) + 28

  const data = [true, false].flatMap((clear): Data[] => {
    const members = placed.filter(({ low, high }) => (low > 0 || high < 0 ? clear : !clear))
    if (members.length === 0) return []
    const colour = clear ? palette[0].fill : faintInk
    return [
      {
        type: 'scatter',
        mode: 'markers',
        name: clear ? 'interval without zero' : 'interval holds zero',
        x: members.map(({ mean }) => mean),
        y: members.map(({ at }) => at),
        error_x: { ...errorBar(members), color: colour, thickness: 2, width: 4 },
        marker: {
          symbol: members.map(({ primary }) => (primary ? 'square' : 'circle')),
          size: members.map(({ primary }) => (primary ? 13 : 10)),
          opacity: 1,
          color: clear ? colour : '#ffffff',
          line: { color: colour, width: 2 },
        },
        customdata: members.map((row) => [plotlyText(row.label), written(row)]),
        hovertemplate: '%{customdata[0]}: %{customdata[1]}<extra></extra>',
      } as Data,
    ]
  })
  const low = Math.min(0, ...rows.map((row) => row.low))
  const high = Math.max(0, ...rows.map((row) => row.high))
  const pad = (high - low || 1) * 0.06
  const bold = (text: string, primary = false) => (primary ? `<b>${text}</b>` : text)
  const side = { xref: 'paper', showarrow: false, yanchor: 'middle' } as const
  layout.xaxis = {
    ...axis(valueTitle),
    range: [low - pad, high + pad],
    zeroline: true,
    zerolinecolor: ink,
    zerolinewidth: 1.6,
  }
  layout.yaxis = {
    range: [line - 0.4, -0.6],
    showticklabels: false,
    showgrid: false,
    zeroline: false,
    fixedrange: true,
  }
  layout.annotations = [
    ...heads.map(({ group, at }) => ({
      ...side,
      x: 0,
      y: at,
      xanchor: 'left' as const,
      xshift: -left - 16,
      text: `<b>${plotlyText(group, { width: 38 })}</b>`,
      font: { color: faintInk },
    })),
    ...placed.flatMap((row) => [
      {
        ...side,
        x: 0,
        y: row.at,
        xanchor: 'right' as const,
        xshift: -12,
        text: bold(plotlyText(row.label, { width: 38 }), row.primary),
      },
      {
        ...side,
        x: 1,
        y: row.at,
        xanchor: 'left' as const,
        xshift: 12,
        text: bold(written(row), row.primary),
        font: { size: 12 },
      },
    ]),
  ]
  layout.showlegend = false
  const lines = placed.map(
    (row) => `  ${row.group ? `${oneLine(row.group)}: ` : ''}${oneLine(row.label)}: ${written(row)}`,
  )
  return new Figure({ data, layout, summary: [oneLine(title, 200), ...lines].join('\n') })
}
