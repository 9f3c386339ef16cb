// What the views compute, without a page: curves, rows and their filters, layouts, numbers for people.
import { describe, expect, it } from 'vitest'
import { movingAverage } from '../../../lib/plots/loss-chart.ts'
import { depths } from '../../../plugins/views/image-grid/depths.ts'
import {
  type Filter,
  failsWhere,
  filtered,
  layoutOf,
  type Rows,
  score,
  take,
} from '../../../plugins/views/image-grid/rows.ts'
import { bytes, count, duration, number, percent, shorten } from '../../../plugins/views/shared/format.ts'
import {
  aligned,
  Curve,
  Curves,
  type Line,
  linesOf,
  smooth,
} from '../../../plugins/views/training-monitor/curves.ts'

const view = (values: number[]) => new DataView(Float64Array.from(values).buffer)
const line = (steps: number[], values: number[]): Line => ({
  label: 'loss',
  steps: Float64Array.from(steps),
  values: Float64Array.from(values),
  colour: 0,
  kind: 'line',
})

describe('curves', () => {
  it('grow, and are replaced from where a stretch begins', () => {
    const curve = new Curve()
    const steps = Float64Array.from({ length: 1_000 }, (_, i) => i)
    expect(curve.put(0, steps, steps)).toBe(true)
    expect(curve.put(998, Float64Array.of(2_000), Float64Array.of(7))).toBe(true)
    expect([curve.length, curve.steps.at(-1), curve.values.at(-1), curve.steps[997]]).toEqual([
      999, 2_000, 7, 997,
    ])
    expect(curve.put(1_001, steps, steps)).toBe(false)
    expect(curve.length).toBe(999)
  })

  it('are read from unaligned bytes, and tell when something is missing', () => {
    const curves = new Curves()
    const shifted = new Uint8Array(25)
    shifted.set(new Uint8Array(Float64Array.of(1, 2, 3).buffer), 1)
    const stretch = { job: 0, metric: 'loss', from: 0, count: 3 }
    expect(curves.take([stretch], [new DataView(shifted.buffer, 1, 24), view([5, 6, 7])])).toBe(true)
    expect([...curves.get(0, 'loss')!.values]).toEqual([5, 6, 7])
    expect(curves.take([{ ...stretch, from: 9 }], [view([1, 2, 3]), view([1, 2, 3])])).toBe(false)
    expect(curves.take([stretch], [view([1, 2])])).toBe(false)
    curves.take([{ job: 1, metric: 'lr x', from: 0, count: 1 }], [view([1]), view([1])])
    expect(curves.metrics()).toEqual(['loss', 'lr x'])
  })

  it("are smoothed as the library's loss chart does it", () => {
    const values = Float64Array.of(3, 1, Number.NaN, 4, 1)
    expect([...smooth(values, 0.9)]).toEqual(movingAverage(values, 0.9))
    expect(smooth(values, 0)).toBe(values)
  })

  it('share one axis, with gaps where a line has no point', () => {
    expect(aligned([])).toEqual([[]])
    expect(aligned([line([1, 3], [5, Number.NaN]), line([2, 3, 9], [6, 7, 8])])).toEqual([
      Float64Array.of(1, 2, 3, 9),
      [5, null, null, null],
      [null, 6, 7, 8],
    ])
    const one = line([1, 2], [3, 4])
    expect(aligned([one])).toEqual([one.steps, one.values])
    expect(aligned([one])[1]).toBe(one.values)
  })

  it('become raw, smoothed and validation lines', () => {
    const curves = new Curves()
    for (const metric of ['loss', 'validationLoss', 'dsg'])
      curves.take([{ job: 0, metric, from: 0, count: 2 }], [view([1, 2]), view([3, 4])])
    const kinds = (metric: string, weight: number) =>
      linesOf(curves, ['count'], metric, weight).map(({ label, kind }) => [label, kind])
    expect(kinds('loss', 0.9)).toEqual([
      ['Loss, raw', 'raw'],
      ['Loss, smoothed', 'line'],
      ['Loss, validation', 'points'],
    ])
    expect(kinds('loss', 0)).toEqual([
      ['Loss', 'line'],
      ['Loss, validation', 'points'],
    ])
    expect(kinds('dsg', 0.9)).toEqual([['DSG', 'points']])
    expect(linesOf(curves, ['a', 'b'], 'loss', 0).map(({ label }) => label)).toEqual(['a', 'a, validation'])
  })
})

const rows: Rows = {
  items: [
    { prompt: 'A red ring', skill: 'color', questions: [] },
    { prompt: 'two blue squares', skill: 'count', questions: [] },
  ],
  rows: ['11 10', '10 11', '11 11'].map((outcomes, at) => ({
    item: at === 0 ? 0 : 1,
    seed: at,
    cells: outcomes.split(' ').map((each) => ({ settings: '', outcomes: each, said: [] })),
  })),
}
const all: Filter = { text: '', skill: '', outcome: 'all', model: 0, other: 0 }

describe('rows', () => {
  it('are filtered by words, skill and answers', () => {
    const left = (change: Partial<Filter>) => filtered(rows, { ...all, ...change })
    expect(left({})).toEqual([0, 1, 2])
    expect(left({ text: 'RING  red' })).toEqual([0])
    expect(left({ text: 'ring blue' })).toEqual([])
    expect(left({ skill: 'count' })).toEqual([1, 2])
    expect(left({ outcome: 'failed', model: 0 })).toEqual([1])
    expect(left({ outcome: 'passed', model: 1 })).toEqual([1, 2])
    expect(left({ outcome: 'differs', model: 1, other: 0 })).toEqual([0])
    expect(left({ outcome: 'differs', model: 0, other: 1, text: 'blue' })).toEqual([1])
    expect(failsWhere('x1', '11')).toBe(true)
    expect(failsWhere(undefined, '1')).toBe(false)
    expect([score('1x0'), score('1'), score('')]).toEqual([
      '1 of 3 questions passed',
      '1 of 1 question passed',
      '',
    ])
  })

  it('come in pieces, in order', () => {
    const piece = { version: 1, kind: 'rows', view: 'v', ...rows } as const
    const first = take({ items: [], rows: [] }, { ...piece, from: 0 })
    expect(take(first, { ...piece, from: 9 })).toEqual(first)
    expect(take(first, { ...piece, from: 3 }).rows).toHaveLength(6)
    expect(take(take(first, { ...piece, from: 3 }), { ...piece, from: 0 }).rows).toHaveLength(3)
  })

  it('fit any width', () => {
    expect(layoutOf(1200, 3, 128, true)).toEqual({ cell: 128, perLine: 1, lineHeight: 158, beside: true })
    const narrow = layoutOf(396, 3, 384, true)
    expect(narrow).toMatchObject({ perLine: 1, beside: false })
    expect(narrow.cell * 3 + 20).toBeLessThanOrEqual(396)
    expect(layoutOf(396, 1, 112, false)).toMatchObject({ cell: 112, perLine: 3 })
    expect(layoutOf(30, 1, 112, false).perLine).toBe(1)
  })

  it('have questions in columns by what they depend on, even in circles', () => {
    const of = (...parents: number[][]) => depths(parents.map((each) => ({ text: '', parents: each })))
    expect(of([], [0], [1], [0], [])).toEqual([0, 1, 2, 1, 0])
    expect(of([1], [0])).toEqual([0, 1])
    expect(of([0], [9])).toEqual([0, 0])
  })
})

describe('numbers for people', () => {
  it.each([
    [number(0.04212345), '0.0421'],
    [number(0.3), '0.3'],
    [number(100), '100'],
    [number(1500), '1500'],
    [number(-0.00012), '−1.2e−4'],
    [number(1e-3), '0.001'],
    [number(null), '–'],
    [number(Number.NaN), '–'],
    [count(1234567), '1\u202f234\u202f567'],
    [duration(42), '42 s'],
    [duration(185), '3 min 05 s'],
    [duration(8040), '2 h 14 min'],
    [duration(null), '–'],
    [bytes(512), '512 B'],
    [bytes(325_058_560), '310 MB'],
    [percent(0.4), '40 %'],
    [shorten('abcdef', 4), 'abc…'],
    [shorten('ab😀cd', 4), 'ab…'],
  ])('%s', (made, wanted) => expect(made).toBe(wanted))
})
