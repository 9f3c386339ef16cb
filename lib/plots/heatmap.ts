// A matrix of numbers as coloured cells, drawn as shapes: Plotly's own heatmap paints on a canvas, which a
// static picture does not have.
import type { Data, Layout } from 'plotly.js'
import { fail } from '../base/errors.ts'
import { Figure } from './figure.ts'
import { textWidth } from './raster.ts'
import { axis, type FrameOptions, frame, oneLine, plotlyText, shortNumber } from './theme.ts'

export interface HeatmapOptions extends Partial<FrameOptions> {
  rows: string[]
  columns: string[]
  /** One array a row; a value that is not finite leaves its cell empty. */
  values: number[][]
  rowTitle?: string
  columnTitle?: string
  /** What a colour means, with its unit; default 'value'. */
  valueTitle?: string
  /** Values of the first and the last colour; default the lowest and highest. */
  range?: [number, number]
}

/** Cividis (Nuñez, Anderton & Renslow 2018) at nine points: even in lightness, and the same to most colour-blind readers. */
const cividis = [
  '#00224E',
  '#123570',
  '#3B496C',
  '#575D6D',
  '#707173',
  '#8A8678',
  '#A59C74',
  '#C3B369',
  '#FEE838',
]

function colourAt(share: number): { fill: string; light: boolean } {
  const at = Math.min(1, Math.max(0, share)) * (cividis.length - 1)
  const below = Math.min(cividis.length - 2, Math.floor(at))
  const channel = (index: number) => {
    const [from, to] = [below, below + 1].map((stop) =>
      Number.parseInt(cividis[stop].slice(1 + 2 * index, 3 + 2 * index), 16),
    )
    return Math.round(from + (to - from) * (at - below))
  }
  return { fill: `rgb(${[0, 1, 2].map(channel).join(',')})`, light: share > 0.55 }
}

/**
 * Rows top to bottom, columns left to right; numbers are written into the cells while they fit.
 *
 * @throws SelmaError `mismatch` when `values` is not rows × columns, `bad-input` when there is no cell
 */
export function heatmap({
  rows,
  columns,
  values,
  rowTitle = '',
  columnTitle = '',
  valueTitle = 'value',
  range,
  title = 'Matrix',
  subtitle,
  ...size
}: HeatmapOptions): Figure {
  if (rows.length * columns.length === 0) fail('bad-input', 'a heatmap needs at least one row and one column')
  if (values.length !== rows.length || values.some((row) => row.length !== columns.length)) {
    const shape = `${values.length} × ${[...new Set(values.map((row) => row.length))].join('/')}`
    fail('mismatch', `values are ${shape}, but the names are ${rows.length} × ${columns.length}`)
  }
  const cells = values.flatMap((line, row) => line.map((value, column) => ({ row, column, value })))
  const filled = cells.filter(({ value }) => Number.isFinite(value))
  const [low, high] = range ?? [
    filled.reduce((least, { value }) => Math.min(least, value), Number.POSITIVE_INFINITY),
    filled.reduce((most, { value }) => Math.max(most, value), Number.NEGATIVE_INFINITY),
  ]
  const layout = frame({
    title,
    subtitle: subtitle ?? `Colour: ${valueTitle}`,
    ...size,
    height: size.height ?? Math.min(900, Math.max(320, 170 + rows.length * 34)),
  })
  const cellWidth = (layout.width! - 260) / columns.length
  const colour = (value: number) => colourAt(high > low ? (value - low) / (high - low) : 0.5)
  layout.shapes = filled.map(({ row, column, value }) => ({
    type: 'rect',
    x0: column - 0.5,
    x1: column + 0.5,
    y0: row - 0.5,
    y1: row + 0.5,
    fillcolor: colour(value).fill,
    line: { color: '#ffffff', width: 1 },
    layer: 'below',
  })) as Layout['shapes']
  const fits =
    Math.max(0, ...filled.map(({ value }) => textWidth(shortNumber(value), { size: 12 }))) < cellWidth - 6
  const data = [
    {
      // Holds the hover texts and the colour bar; the numbers are its texts.
      type: 'scatter',
      mode: fits ? 'markers+text' : 'markers',
      x: filled.map(({ column }) => column),
      y: filled.map(({ row }) => row),
      text: fits ? filled.map(({ value }) => shortNumber(value)) : undefined,
      textfont: { size: 12, color: filled.map(({ value }) => (colour(value).light ? '#1A1A1A' : '#ffffff')) },
      marker: {
        opacity: 0,
        size: 14,
        color: filled.map(({ value }) => value),
        cmin: low,
        cmax: high,
        colorscale: cividis.map((stop, index) => [index / (cividis.length - 1), stop]),
        showscale: !fits,
        colorbar: { thickness: 14, outlinewidth: 0, len: 1, y: 0.5 },
      },
      customdata: filled.map(({ row, column, value }) => [
        plotlyText(rows[row]),
        plotlyText(columns[column]),
        shortNumber(value),
      ]),
      hovertemplate: '%{customdata[0]}, %{customdata[1]}: %{customdata[2]}<extra></extra>',
    } as Data,
  ]
  const names = {
    showgrid: false,
    showline: false,
    ticks: '' as const,
    tickmode: 'array' as const,
    ticklabelstandoff: 5,
  }
  const wordRoom = Math.max(4, Math.floor(cellWidth / 8))
  const longestWord = Math.max(
    ...columns.flatMap((name) =>
      oneLine(name, 24)
        .split(' ')
        .map((word) => word.length),
    ),
  )
  const slanted = longestWord > wordRoom
  layout.xaxis = {
    ...axis(columnTitle),
    ...names,
    tickvals: columns.map((_, index) => index),
    ticktext: columns.map((name) =>
      plotlyText(name, slanted ? { width: 24 } : { width: wordRoom, lines: 3 }),
    ),
    tickangle: slanted ? -40 : 0,
    range: [-0.5, columns.length - 0.5],
  }
  layout.yaxis = {
    ...axis(rowTitle),
    ...names,
    tickvals: rows.map((_, index) => index),
    ticktext: rows.map((name) => plotlyText(name, { width: 30 })),
    range: [rows.length - 0.5, -0.5],
  }
  layout.showlegend = false
  const lines = rows.map(
    (name, row) =>
      `  ${oneLine(name)}: ${columns.map((column, at) => `${oneLine(column, 30)} ${shortNumber(values[row][at])}`).join(', ')}`,
  )
  return new Figure({ data, layout, summary: [oneLine(title, 200), ...lines].join('\n') })
}
