import { Matrix, SVD } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { electAndAverage, pruneByMagnitude, pruneByMask, weightedSum } from '../../lib/merging/combine.ts'
import { truncatedSvd, truncateProduct } from '../../lib/merging/low-rank.ts'

const f = (...values: number[]) => Float32Array.from(values)

describe('pruning', () => {
  it('keeps the largest magnitudes, rounding the count down', () => {
    expect(pruneByMagnitude(f(1, -5, 3, -2, 4), 0.5)).toEqual(f(0, -5, 0, 0, 4))
    expect(pruneByMagnitude(f(1, -5, 3, -2, 4), 0.19)).toEqual(f(0, 0, 0, 0, 0))
    expect(pruneByMagnitude(f(1, -5, 3, -2, 4), 1)).toEqual(f(1, -5, 3, -2, 4))
  })

  it('of equals keeps the first, never too many', () => {
    expect(pruneByMagnitude(f(2, -2, 2, 3), 0.5)).toEqual(f(2, 0, 0, 3))
    expect(pruneByMagnitude(f(0, 0, 0, 1), 0.75)).toEqual(f(0, 0, 0, 1))
  })

  it('by mask rescales what stays', () => {
    expect(pruneByMask(f(1, 2, 3), Uint8Array.of(1, 0, 1), 0.5)).toEqual(f(2, 0, 6))
  })
})

describe('adding up', () => {
  it('weighted', () => {
    expect(weightedSum([f(1, 2), f(10, 20)], [2, -0.5])).toEqual(f(-3, -6))
  })

  it('elects by sum or by count; zeros do not vote in the mean; a tie goes to plus', () => {
    const tensors = [f(5, -1, 0, 2), f(-1, -1, 4, -2), f(-1, 3, 0, 0)]
    const ones = [1, 1, 1]
    expect(electAndAverage(tensors, ones, 'total')).toEqual(f(5, 3, 4, 2))
    expect(electAndAverage(tensors, ones, 'frequency')).toEqual(f(-1, -1, 4, 2))
    expect(electAndAverage(tensors, [2, 3, 5], 'frequency')).toEqual(f(-4, -2.5, 12, 4))
  })
})

describe('low rank', () => {
  const random = new Random(3)
  const matrix = (rows: number, columns: number) =>
    Matrix.from1DArray(
      rows,
      columns,
      Array.from({ length: rows * columns }, () => random.normal()),
    )
  const distance = (a: Matrix, b: Matrix) => Matrix.sub(a, b).norm('frobenius')

  it.each([
    [8, 20],
    [20, 8],
    [9, 9],
  ])('%i × %i agrees with a full SVD', (rows, columns) => {
    const m = matrix(rows, columns)
    const svd = new SVD(m, { autoTranspose: true })
    for (const rank of [1, 3, 8]) {
      const { left, right, relativeError } = truncatedSvd(m, rank)
      expect([left.columns, right.rows]).toEqual([rank, rank])
      const lost = Math.sqrt(svd.diagonal.slice(rank).reduce((sum, s) => sum + s * s, 0))
      expect(distance(left.mmul(right), m)).toBeCloseTo(lost, 8)
      expect(relativeError).toBeCloseTo(lost / m.norm('frobenius'), 8)
      // rows of `right` orthonormal, columns of `left` the singular values
      expect(distance(right.mmul(right.transpose()), Matrix.eye(rank))).toBeLessThan(1e-8)
      for (let k = 0; k < rank; k++)
        expect(left.getColumnVector(k).norm('frobenius')).toBeCloseTo(svd.diagonal[k], 8)
    }
    expect(truncatedSvd(m, 100).left.columns).toBe(Math.min(rows, columns))
  })

  it('of a product is that of the formed product', () => {
    for (const inner of [4, 15]) {
      const up = matrix(12, inner)
      const down = matrix(inner, 16)
      const formed = truncatedSvd(up.mmul(down), 3)
      const { left, right, relativeError } = truncateProduct(up, down, 3)
      expect(distance(left.mmul(right), formed.left.mmul(formed.right))).toBeLessThan(1e-8)
      expect(relativeError).toBeCloseTo(formed.relativeError, 8)
    }
  })

  it('of nothing is nothing, without error', () => {
    const { left, right, relativeError } = truncatedSvd(Matrix.zeros(3, 5), 2)
    expect(left.mmul(right).norm('frobenius')).toBe(0)
    expect(relativeError).toBe(0)
  })
})
