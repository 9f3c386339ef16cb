import { describe, expect, it } from 'vitest'
import type { JobEvent } from '../../../lib/messages/index.ts'
import { resultsOf } from '../../../plugins/lab/compare/read.ts'
import { metricFigure, seriesOf, smooth, thin } from '../../../plugins/lab/compare/series.ts'
import { settingRows } from '../../../plugins/lab/compare/settings.ts'

const time = '2026-01-01T00:00:00Z'
const at = (step: number, values: Record<string, number | null>): JobEvent => ({
  version: 1,
  time,
  type: 'metrics',
  step,
  values,
})

describe('settings side by side', () => {
  it('are one row each, and say which differ', () => {
    const rows = settingRows([
      { name: 'a', train: { rank: 4, betas: [0.9, 0.999] } },
      { name: 'b', train: { rank: 4, betas: [0.9, 0.99] }, validation: null },
      undefined,
    ])
    expect(rows).toEqual([
      { name: 'name', values: ['a', 'b', undefined], differs: true },
      { name: 'train.rank', values: ['4', '4', undefined], differs: true },
      { name: 'train.betas', values: ['[0.9,0.999]', '[0.9,0.99]', undefined], differs: true },
      { name: 'validation', values: [undefined, 'null', undefined], differs: true },
    ])
    expect(
      settingRows([
        { a: 1, b: { c: 2 } },
        { b: { c: 2 }, a: 1 },
      ]).map(({ differs }) => differs),
    ).toEqual([false, false])
  })

  it('say how long lists are that are too long to be shown', () => {
    const list = (length: number) => ({ prompts: Array.from({ length }, () => 'three red squares') })
    const [{ values }] = settingRows([list(200), list(201)])
    expect(values[0]).toMatch(/^\[200\] \["three/)
    expect(values[1]).toMatch(/^\[201\] /)
    expect(settingRows([{ text: 'x'.repeat(1_000_000) }])[0].values[0]?.length).toBe(300)
  })
})

describe('numbers over steps', () => {
  it('count the second time when a step came again', () => {
    const events = [
      at(1, { loss: 3 }),
      at(2, { loss: 2 }),
      at(3, { loss: 1.5 }),
      at(2, { loss: 9, lr: 1 }),
      at(4, { loss: null }),
    ]
    const found = seriesOf([...events, { version: 1, time, type: 'stopped' }])
    expect(Object.fromEntries(found)).toEqual({
      loss: { steps: [1, 2, 3, 4], values: [3, 9, 1.5, null] },
      lr: { steps: [2], values: [1] },
    })
  })

  it('are thinned without losing the extremes', () => {
    const steps = Array.from({ length: 100_000 }, (_, step) => step)
    const values = steps.map((step) => (step === 77_777 ? 50 : step === 5 ? -50 : Math.sin(step)))
    const kept = thin({ steps, values })
    expect(kept.steps.length).toBeLessThanOrEqual(2002)
    expect(kept.steps).toEqual([...kept.steps].sort((a, b) => a - b))
    expect(Math.max(...(kept.values as number[]))).toBe(50)
    expect(Math.min(...(kept.values as number[]))).toBe(-50)
  })

  it('are smoothed without a bias to zero', () => {
    expect(smooth([2, 2, null, 2], 0.9)).toEqual(
      [2, 2, null, 2].map((value) => value && expect.closeTo(value)),
    )
    expect(smooth([0, 1], 0.5)[1]).toBeCloseTo(2 / 3)
  })

  it('make a chart whose names are text', () => {
    const series = { steps: [1, 2], values: [1, 2] }
    const { data } = metricFigure(
      [{ name: '<img src=x onerror=alert(1)> $x$', series }, { name: 'nothing' }],
      { title: 'loss', xTitle: 'step', smoothing: 0.9, logY: false },
    )
    expect(data).toHaveLength(1)
    expect(data[0]).toMatchObject({
      name: '&lt;img src=x onerror=alert(1)&gt; &#36;x&#36;',
      mode: 'lines+markers',
    })
  })
})

describe('results', () => {
  it('are numbers and short words', () => {
    const text = JSON.stringify({
      seconds: 61,
      result: { steps: 3, losses: [1, 2], score: { mean: 0.12345 }, lora: 'lora' },
    })
    expect(Object.fromEntries(resultsOf(text))).toEqual({
      time: '1 min 1 s',
      steps: '3',
      'score.mean': '0.123',
      lora: 'lora',
    })
    expect(resultsOf('{')).toEqual(new Map())
  })
})
