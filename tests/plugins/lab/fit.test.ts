import { describe, expect, it } from 'vitest'
import { lossChart } from '../../../lib/plots/loss-chart.ts'
import { readFigure } from '../../../plugins/lab/plotly/figure.ts'
import { breakLines, fitted } from '../../../plugins/lab/plotly/fit.ts'

const title = 'Training loss of the expert for counting objects, and of the one for spatial relations'
const wide = () =>
  readFigure(
    JSON.parse(JSON.stringify(lossChart([{ name: 'a', steps: [1, 2], values: [2, 1] }], { title }).toJSON())),
  )!

describe('a figure at the width of its cell', () => {
  it('is no wider than it says', () => {
    const { layout } = fitted(wide(), 1200)
    expect(layout).toMatchObject({ width: 800, height: 480, title: wide().layout.title })
  })

  it('fills the cell when it names no width', () => {
    const layout = { title: { text: 't' } }
    expect(fitted({ data: [], layout, config: {} }, 1234.5).layout).toMatchObject({
      width: 1234,
      height: 450,
    })
  })

  it('breaks its heading where there is less room, and moves down by as much', () => {
    const before = wide().layout as { title: { text: string }; margin: { t: number }; height: number }
    const after = fitted(wide(), 420).layout as typeof before & { width: number }
    const lines = (text: string) => text.split('<br>')
    expect(after.width).toBe(420)
    expect(lines(after.title.text).length).toBeGreaterThan(lines(before.title.text).length)
    for (const line of lines(after.title.text)) expect(line.replace(/<[^>]*>/g, '').length).toBeLessThan(46)
    expect(after.title.text.replace(/<br>/g, ' ')).toBe(before.title.text.replace(/<br>/g, ' '))
    expect(after.height - before.height).toBe(after.margin.t - before.margin.t)
    expect(after.height).toBeGreaterThan(before.height)
  })

  it('is never too small to be drawn', () => {
    expect(fitted({ data: [], layout: { height: -5 }, config: {} }, 3).layout).toMatchObject({
      width: 240,
      height: 450,
    })
  })
})

describe('lines', () => {
  it('count letters, not tags', () => {
    expect(breakLines('<b>one two</b> three', 7)).toEqual(['<b>one two</b>', 'three'])
    expect(breakLines('a<br>b c', 99)).toEqual(['a b c'])
    expect(breakLines('', 10)).toEqual([])
  })
})
