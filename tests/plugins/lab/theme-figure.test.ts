import { describe, expect, it } from 'vitest'
import { lossChart } from '../../../lib/plots/loss-chart.ts'
import { contrast, parseColour, readable } from '../../../plugins/lab/plotly/colours.ts'
import { type Figure, readFigure } from '../../../plugins/lab/plotly/figure.ts'
import { type Palette, themed } from '../../../plugins/lab/plotly/theme-figure.ts'

const palette = (ground: string, ink: string, faint: string): Palette => ({
  ground: parseColour(ground)!,
  ink: parseColour(ink)!,
  faint: parseColour(faint)!,
})
const dark = palette('#111111', '#ffffff', '#616161')
const light = palette('#ffffff', 'rgba(0, 0, 0, 0.87)', '#e0e0e0')

const series = ['one', 'two', 'three', 'four'].map((name, index) => ({
  name,
  steps: [1, 2, 3, 4],
  values: [4, 3, 2, 1].map((value) => value + index),
}))
const chart = (): Figure => readFigure(JSON.parse(JSON.stringify(lossChart(series).toJSON())))!

/** All colours with the keys that lead to them. */
function colours(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return /color$/.test(path) && parseColour(value) ? [[path, value]] : []
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) => colours(item, `${path}.${key}`))
}

describe('colours', () => {
  it('are read as CSS writes them', () => {
    expect(parseColour('#1b2')).toEqual({ red: 17, green: 187, blue: 34, alpha: 1 })
    expect(parseColour('rgba(1, 2, 3, 0.5)')).toEqual({ red: 1, green: 2, blue: 3, alpha: 0.5 })
    expect(parseColour('rgb(100% 0% 0% / 50%)')).toEqual({ red: 255, green: 0, blue: 0, alpha: 0.5 })
    for (const other of ['', 'x', '#12', 'rgb(a, b, c)', 'url(javascript:alert(1))', 7])
      expect(parseColour(other)).toBeUndefined()
  })

  it('have the contrast that WCAG gives them', () => {
    expect(contrast(parseColour('#000')!, parseColour('#fff')!)).toBeCloseTo(21)
    expect(contrast(parseColour('#777')!, parseColour('#fff')!)).toBeCloseTo(4.48, 2)
    const ground = parseColour('#111')!
    const lifted = readable(parseColour('#00639B')!, ground, parseColour('#fff')!, 4.5)
    expect(contrast(lifted, ground)).toBeGreaterThanOrEqual(4.5)
  })
})

describe('a figure in a dark theme', () => {
  it('has the theme’s paper, and everything on it can be read', () => {
    const figure = themed(chart(), dark)
    expect(figure.layout.paper_bgcolor).toBe('rgb(17, 17, 17)')
    expect(figure.layout.plot_bgcolor).toBe('rgb(17, 17, 17)')
    const fonts = colours(figure).filter(([path]) => /font\.color$/.test(path))
    expect(fonts.length).toBeGreaterThan(4)
    for (const [, colour] of fonts)
      expect(contrast(parseColour(colour)!, dark.ground)).toBeGreaterThanOrEqual(4.5)
    const lines = colours(figure.data).filter(([, colour]) => parseColour(colour)!.alpha === 1)
    expect(lines).toHaveLength(4)
    for (const [, colour] of lines)
      expect(contrast(parseColour(colour)!, dark.ground)).toBeGreaterThanOrEqual(3)
  })

  it('is a copy', () => {
    const figure = chart()
    const before = structuredClone(figure)
    themed(figure, dark)
    expect(figure).toEqual(before)
  })

  it('keeps letters on filled cells, the cells, and colour scales', () => {
    const figure: Figure = {
      data: [
        { type: 'scatter', mode: 'text', text: ['a', 'b'], textfont: { color: ['#1A1A1A', '#ffffff'] } },
        {
          type: 'heatmap',
          z: [[1]],
          colorscale: [
            [0, '#000000'],
            [1, '#ffffff'],
          ],
        },
      ],
      layout: { shapes: [{ type: 'rect', fillcolor: '#00224E', line: { color: '#ffffff' } }] },
      config: {},
    }
    const { data, layout } = themed(figure, dark)
    expect(data).toEqual(figure.data)
    expect(layout.shapes).toEqual(figure.layout.shapes)
  })

  it('stays as it is on dark paper of its own', () => {
    const figure: Figure = { data: [{ y: [1] }], layout: { paper_bgcolor: '#102030' }, config: {} }
    expect(themed(figure, dark)).toEqual(figure)
  })
})

describe('a figure in a light theme', () => {
  it('keeps all its colours, and takes the theme’s where it has none', () => {
    const before = chart()
    const after = themed(before, light)
    expect(after.data).toEqual(before.data)
    expect(after.layout).toMatchObject(before.layout as object)
    const bare = themed({ data: [{ y: [1] }], layout: {}, config: {} }, light)
    expect(bare.layout).toMatchObject({
      paper_bgcolor: 'rgb(255, 255, 255)',
      xaxis: { gridcolor: 'rgb(224, 224, 224)' },
    })
  })
})
