// Reductions over axes: sum and mean (a variance is two of them).
import type { Tensor } from '../graph.ts'
import { mul } from './arithmetic.ts'
import { expand, reshape } from './shape.ts'

const allAxes = (x: Tensor): number[] => x.shape.map((_, i) => i)

/** The sum over `axes` (default: all). */
export function sum(x: Tensor, axes: readonly number[] = allAxes(x), keepDims = false): Tensor {
  const positive = axes.map((axis) => (axis < 0 ? axis + x.shape.length : axis))
  if (positive.length === 0) return x
  const kept = x.shape.map((size, i) => (positive.includes(i) ? 1 : size))
  const shape = keepDims ? kept : x.shape.filter((_, i) => !positive.includes(i))
  const { graph } = x
  const [y] = graph.node('ReduceSum', [x, graph.ints(positive)], [{ shape }], {
    keepdims: { int: keepDims ? 1 : 0 },
  })
  graph.record([x], [y], ([g]) => [g && expand(reshape(g, kept), x.shape)])
  return y
}

/** The mean over `axes` (default: all). */
export function mean(x: Tensor, axes: readonly number[] = allAxes(x), keepDims = false): Tensor {
  const count = axes.reduce((product, axis) => product * x.shape[axis < 0 ? axis + x.shape.length : axis], 1)
  return mul(sum(x, axes, keepDims), x.graph.scalar(1 / count))
}
