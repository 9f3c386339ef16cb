// Operators that move numbers without changing them: reshape, transpose, slice, concat, gather,
// pad, nearest resize. Their gradients move them back.
import { fail } from '../../base/errors.ts'
import { type Dtype, type Shape, sizeOf, type Tensor } from '../graph.ts'
import { sum } from './reduce.ts'

const normalise = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis)

/** Same numbers, another shape; one size may be -1. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  const known = shape.filter((size) => size !== -1)
  const inferred = shape.map((size) => (size === -1 ? sizeOf(x.shape) / sizeOf(known) : size))
  if (
    shape.length - known.length > 1 ||
    sizeOf(inferred) !== sizeOf(x.shape) ||
    !inferred.every(Number.isInteger)
  )
    fail('mismatch', `cannot reshape [${x.shape}] to [${shape}]`)
  if (String(inferred) === String(x.shape)) return x
  const [y] = x.graph.node('Reshape', [x, x.graph.ints(inferred)], [{ shape: inferred, dtype: x.dtype }])
  x.graph.record([x], [y], ([g]) => [g && reshape(g, x.shape)])
  return y
}

/** Permutes the axes. */
export function transpose(x: Tensor, perm: readonly number[]): Tensor {
  if (perm.every((axis, i) => axis === i)) return x
  const shape = perm.map((axis) => x.shape[axis])
  const [y] = x.graph.node('Transpose', [x], [{ shape, dtype: x.dtype }], { perm: { ints: perm } })
  const inverse = perm.map((_, axis) => perm.indexOf(axis))
  x.graph.record([x], [y], ([g]) => [g && transpose(g, inverse)])
  return y
}

/** `x[..., start:end:step, ...]` on one axis; `end` at most the size, a step of at least 1. */
export function slice(x: Tensor, axis: number, start: number, end: number, step = 1): Tensor {
  const at = normalise(axis, x.shape.length)
  if (start < 0 || end > x.shape[at] || end < start)
    fail('mismatch', `slice ${start}:${end} of axis ${at} of [${x.shape}]`)
  if (start === 0 && end === x.shape[at] && step === 1) return x
  const length = Math.ceil((end - start) / step)
  const shape = x.shape.map((size, i) => (i === at ? length : size))
  const { graph } = x
  const [y] = graph.node(
    'Slice',
    [x, graph.ints([start]), graph.ints([end]), graph.ints([at]), graph.ints([step])],
    [{ shape, dtype: x.dtype }],
  )
  graph.record([x], [y], ([g]) => {
    if (!g) return [undefined]
    if (step !== 1) return [scatterStrided(g, at, start, step, x.shape[at])]
    return [padAxis(g, at, start, x.shape[at] - end)]
  })
  return y
}

/** Zeros everywhere but at start, start + step, …: the gradient of a strided slice. */
function scatterStrided(g: Tensor, axis: number, start: number, step: number, size: number): Tensor {
  const length = g.shape[axis]
  const split = [...g.shape.slice(0, axis), length, 1, ...g.shape.slice(axis + 1)]
  const spread = padAxis(reshape(g, split), axis + 1, 0, step - 1)
  const merged = reshape(spread, [...g.shape.slice(0, axis), length * step, ...g.shape.slice(axis + 1)])
  const room = size - start
  const cut = slice(merged, axis, 0, Math.min(length * step, room))
  return padAxis(cut, axis, start, Math.max(0, room - length * step))
}

/** Pads one axis with zeros. */
export function padAxis(x: Tensor, axis: number, before: number, after: number): Tensor {
  const pads = x.shape.map((_, i) => (i === axis ? ([before, after] as const) : ([0, 0] as const)))
  return pad(x, pads)
}

/** Pads with zeros; `[before, after]` for each axis. */
export function pad(x: Tensor, pads: readonly (readonly [number, number])[]): Tensor {
  if (pads.every(([before, after]) => before === 0 && after === 0)) return x
  const shape = x.shape.map((size, i) => size + pads[i][0] + pads[i][1])
  const amounts = [...pads.map(([before]) => before), ...pads.map(([, after]) => after)]
  const [y] = x.graph.node('Pad', [x, x.graph.ints(amounts)], [{ shape, dtype: x.dtype }])
  x.graph.record([x], [y], ([g]) => {
    let back = g
    for (let i = 0; back && i < pads.length; i++) back = slice(back, i, pads[i][0], pads[i][0] + x.shape[i])
    return [back]
  })
  return y
}

/** Joins tensors along an axis. */
export function concat(parts: readonly Tensor[], axis: number): Tensor {
  if (parts.length === 1) return parts[0]
  const first = parts[0]
  const at = normalise(axis, first.shape.length)
  for (const part of parts) {
    if (
      part.shape.length !== first.shape.length ||
      part.shape.some((size, i) => i !== at && size !== first.shape[i])
    ) {
      fail('mismatch', `cannot join [${first.shape}] and [${part.shape}] along axis ${at}`)
    }
  }
  const total = parts.reduce((length, part) => length + part.shape[at], 0)
  const shape = first.shape.map((size, i) => (i === at ? total : size))
  const [y] = first.graph.node('Concat', parts, [{ shape, dtype: first.dtype }], { axis: { int: at } })
  first.graph.record(parts, [y], ([g], needs) => {
    let start = 0
    return parts.map((part, i) => {
      const from = start
      start += part.shape[at]
      return g && needs[i] ? slice(g, at, from, start) : undefined
    })
  })
  return y
}

/** Cuts an axis into pieces of the given lengths. */
export function split(x: Tensor, axis: number, lengths: readonly number[]): Tensor[] {
  let start = 0
  return lengths.map((length) => {
    start += length
    return slice(x, axis, start - length, start)
  })
}

/** Repeats along axes of size 1 (numpy's broadcast_to). */
export function expand(x: Tensor, shape: Shape): Tensor {
  if (String(shape) === String(x.shape)) return x
  const [y] = x.graph.node('Expand', [x, x.graph.ints(shape)], [{ shape, dtype: x.dtype }])
  x.graph.record([x], [y], ([g]) => [g && unbroadcast(g, x.shape)])
  return y
}

/** Sums a gradient down to the shape that was broadcast. */
export function unbroadcast(g: Tensor, shape: Shape): Tensor {
  if (String(g.shape) === String(shape)) return g
  const extra = g.shape.length - shape.length
  const axes = g.shape.flatMap((size, i) => (i < extra || (shape[i - extra] === 1 && size !== 1) ? [i] : []))
  return reshape(sum(g, axes, true), shape)
}

/** Rows of a table: `table[indices]`, as an embedding layer; indices are int64. */
export function gather(table: Tensor, indices: Tensor): Tensor {
  const [rows, ...rest] = table.shape
  const shape = [...indices.shape, ...rest]
  const { graph } = table
  const [y] = graph.node('Gather', [table, indices], [{ shape, dtype: table.dtype }], { axis: { int: 0 } })
  graph.record([table, indices], [y], ([g]) => {
    if (!g) return []
    // The one-hot product is a dense MatMul, which every provider has; ScatterND with reduction is not everywhere.
    const flat = reshape(indices, [sizeOf(indices.shape), 1])
    const range = graph.ints(
      Array.from({ length: rows }, (_, i) => i),
      [1, rows],
    )
    const [equal] = graph.node(
      'Equal',
      [flat, range],
      [{ shape: [sizeOf(indices.shape), rows], dtype: 'bool' }],
    )
    const oneHot = cast(equal, 'float32')
    const [sums] = graph.node(
      'Gemm',
      [oneHot, reshape(g, [sizeOf(indices.shape), sizeOf(rest)])],
      [{ shape: [rows, sizeOf(rest)] }],
      {
        transA: { int: 1 },
      },
    )
    return [reshape(sums, table.shape), undefined]
  })
  return y
}

/** Another element type. Gradients pass between float types. */
export function cast(x: Tensor, dtype: Dtype): Tensor {
  if (x.dtype === dtype) return x
  const code = { float32: 1, int32: 6, int64: 7, bool: 9, float16: 10 }[dtype]
  const [y] = x.graph.node('Cast', [x], [{ shape: x.shape, dtype }], { to: { int: code } })
  if (dtype.startsWith('float') && x.dtype.startsWith('float'))
    x.graph.record([x], [y], ([g]) => [g && cast(g, x.dtype)])
  return y
}

/** A frozen float16 constant as float32, for as long as each use takes: in memory it stays float16. */
export function widened(x: Tensor): Tensor {
  const y = cast(x, 'float32')
  if (y !== x) x.graph.narrow.add(y)
  return y
}

/** Nearest-neighbour upsampling of [N, C, H, W] by a whole factor. */
export function upsampleNearest(x: Tensor, factor: number): Tensor {
  const [n, c, h, w] = x.shape
  const { graph } = x
  const shape = [n, c, h * factor, w * factor]
  const [y] = graph.node(
    'Resize',
    [x, undefined, graph.floats([1, 1, factor, factor], [4], graph.fresh('scales'))],
    [{ shape }],
    {
      mode: { string: 'nearest' },
      coordinate_transformation_mode: { string: 'asymmetric' },
      nearest_mode: { string: 'floor' },
    },
  )
  graph.record([x], [y], ([g]) => [
    g && reshape(sum(reshape(g, [n, c, h, factor, w, factor]), [3, 5], true), [n, c, h, w]),
  ])
  return y
}
