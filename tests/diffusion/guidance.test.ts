import { describe, expect, it } from 'vitest'
import { guide } from '../../lib/diffusion/guidance.ts'

const without = Float32Array.of(1, 2, 3, 0, 0, 0)
const with_ = Float32Array.of(2, 2, 5, 1, -1, 4)

describe('guide', () => {
  it('goes from the unconditional prediction past the conditional one', () => {
    expect([...guide(without, with_, 3, 0)]).toEqual([...without])
    expect([...guide(without, with_, 3, 1)]).toEqual([...with_])
    expect([...guide(without, with_, 3, 3)]).toEqual([4, 2, 9, 3, -3, 12])
  })

  it("rescaled wholly, has each example's conditional deviation", () => {
    const deviation = (values: Float32Array) => {
      const mean = values.reduce((a, b) => a + b) / values.length
      return Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / (values.length - 1))
    }
    const rescaled = guide(without, with_, 3, 7.5, 1)
    for (const start of [0, 3])
      expect(deviation(rescaled.subarray(start, start + 3))).toBeCloseTo(
        deviation(with_.subarray(start, start + 3)),
        5,
      )
  })

  it('rescaled by half, lies halfway', () => {
    const [none, half, whole] = [0, 0.5, 1].map((rescale) => guide(without, with_, 3, 7.5, rescale))
    half.forEach((value, i) => {
      expect(value).toBeCloseTo((none[i] + whole[i]) / 2, 4)
    })
  })
})
