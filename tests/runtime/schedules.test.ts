import { describe, expect, it } from 'vitest'
import { learningRateAt, type ScheduleName } from '../../lib/runtime/index.ts'

const rates = (
  schedule: ScheduleName,
  options: { warmup?: number; final?: number } = {},
  steps = 10,
): number[] =>
  Array.from({ length: steps + 1 }, (_, step) =>
    learningRateAt(step, { learningRate: 2, steps, schedule, ...options }),
  )

describe('learningRateAt', () => {
  it('is constant by default', () => {
    expect(learningRateAt(7, { learningRate: 3e-4, steps: 10 })).toBe(3e-4)
  })

  it('falls linearly to nothing, or to a share', () => {
    expect(rates('linear')).toEqual(
      [2, 1.8, 1.6, 1.4, 1.2, 1, 0.8, 0.6, 0.4, 0.2, 0].map((rate) => expect.closeTo(rate)),
    )
    expect(rates('linear', { final: 0.5 }).at(-1)).toBeCloseTo(1)
  })

  it('falls along half a cosine', () => {
    const found = rates('cosine')
    expect(found[0]).toBe(2)
    expect(found[5]).toBeCloseTo(1)
    expect(found[2]).toBeCloseTo(1 + Math.cos(Math.PI * 0.2))
    expect(found[10]).toBeCloseTo(0)
    expect(rates('cosine', { final: 0.1 })[10]).toBeCloseTo(0.2)
  })

  it('warms up from the first share to the whole rate, then falls over the rest', () => {
    const found = rates('linear', { warmup: 4 })
    expect(found.slice(0, 5)).toEqual([0.5, 1, 1.5, 2, 2])
    expect(found[7]).toBeCloseTo(1)
    expect(found[10]).toBe(0)
  })

  it('stays at the end after the last step', () => {
    expect(learningRateAt(50, { learningRate: 2, steps: 10, schedule: 'linear', final: 0.25 })).toBe(0.5)
  })

  it('names the choices when the schedule is unknown', () => {
    const unknown = () => learningRateAt(0, { learningRate: 1, steps: 1, schedule: 'step' as ScheduleName })
    expect(unknown).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        message: 'unknown schedule "step"',
        hint: 'choose one of constant, linear, cosine',
      }),
    )
  })
})
