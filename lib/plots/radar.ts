// Scores by category on a wheel: a shape to recognise, not to measure; the bars with intervals are for that.
import type { Data } from 'plotly.js'
import { fail } from '../base/errors.ts'
import { Figure } from './figure.ts'
import {
  type FrameOptions,
  frame,
  gridColour,
  oneLine,
  plotlyText,
  seriesStyle,
  shortNumber,
  translucent,
} from './theme.ts'

export interface RadarSeries {
  name: string
  /** Score of each category; every series has the same categories, drawn in the first one's order. */
  values: Record<string, number>
}

export interface RadarOptions extends Partial<FrameOptions> {
  /** What the radius means, with its unit; default 'score'. */
  valueTitle?: string
  /** Ends of the radius; default [0, 1]. */
  range?: [number, number]
}

/**
 * One closed line a series over at least three categories.
 *
 * @throws SelmaError `bad-input` for fewer than three categories, `mismatch` when a series lacks one
 */
export function radarByCategory(
  series: RadarSeries[],
  { title = 'Score by category', subtitle, valueTitle = 'score', range = [0, 1], ...size }: RadarOptions = {},
): Figure {
  const categories = Object.keys(series[0]?.values ?? {})
  if (categories.length < 3) {
    fail(
      'bad-input',
      `a radar needs at least 3 categories, here are ${categories.length}`,
      'use barsWithIntervals',
    )
  }
  for (const { name, values } of series) {
    const odd = [...categories, ...Object.keys(values)].find(
      (key) => !Number.isFinite(values[key]) || !categories.includes(key),
    )
    if (odd !== undefined) {
      fail(
        'mismatch',
        `${JSON.stringify(name)} and the first series do not share the category ${JSON.stringify(odd)}`,
      )
    }
  }
  const layout = frame({ title, subtitle: subtitle ?? `Radius: ${valueTitle}`, height: 560, ...size })
  const around = [...categories, categories[0]]
  // Numbers of degrees instead of category names: two categories cut to the same label stay two.
  const degrees = around.map((_, index) => (index * 360) / categories.length)
  const data = series.map(({ name, values }, index): Data => {
    const { fill, symbol, dash } = seriesStyle(index)
    return {
      type: 'scatterpolar',
      mode: 'lines+markers',
      name: plotlyText(name, { width: 32 }),
      r: around.map((category) => values[category]),
      theta: degrees,
      line: { color: fill, width: 2.2, dash },
      marker: { color: fill, symbol, size: 8 },
      fill: series.length <= 3 ? 'toself' : 'none',
      fillcolor: translucent(fill, 0.08),
      customdata: around.map((category) => plotlyText(category)),
      hovertemplate: '%{customdata}: %{r:.3f}',
    } as Data
  })
  layout.polar = {
    bgcolor: '#ffffff',
    radialaxis: {
      range,
      gridcolor: gridColour,
      angle: 90 - 180 / categories.length,
      // Counted from the axis' own direction: this keeps the numbers level.
      tickangle: 90 - 180 / categories.length,
      ticks: '',
      dtick: (range[1] - range[0]) / 4,
      tickformat: '.3~g',
      showline: false,
      tickfont: { size: 11 },
    },
    angularaxis: {
      direction: 'clockwise',
      rotation: 90,
      gridcolor: gridColour,
      linecolor: '#8C8C8C',
      tickmode: 'array',
      tickvals: degrees.slice(0, -1),
      ticktext: categories.map((category) => plotlyText(category, { width: 16, lines: 2 })),
    },
  }
  layout.margin = {
    ...layout.margin,
    l: 90,
    r: series.length > 1 ? 40 : 90,
    t: layout.margin!.t! + 22,
    b: 44,
  }
  layout.showlegend = series.length > 1
  layout.legend = { x: 1.08, xanchor: 'left', y: 1, yanchor: 'top' }
  const lines = series.map(
    ({ name, values }) =>
      `  ${oneLine(name)}: ${categories.map((category) => `${oneLine(category, 30)} ${shortNumber(values[category])}`).join(', ')}`,
  )
  return new Figure({ data, layout, summary: [oneLine(title, 200), ...lines].join('\n') })
}
