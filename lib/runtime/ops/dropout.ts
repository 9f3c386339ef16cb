// Dropout whose mask follows from a seed that is fed, not from a generator with a state: a resumed run, and a part
// that is computed again in the backward pass, see the same mask.
import { fail } from '../../base/errors.ts'
import { sizeOf, type Tensor } from '../graph.ts'
import { mul } from './arithmetic.ts'
import { reshape } from './shape.ts'

// 2³¹ − 1, a prime. Raising to the fifth power is one-to-one modulo it, since 5 shares no factor with it less one.
const PRIME = 2_147_483_647
const ROW = 1_583_458_089
const COLUMN = 784_588_716
const STREAM = 1_220_703_125

/** Seeds are whole numbers below this. */
export const dropoutSeeds = PRIME

/**
 * Sets a share of x to zero and scales the rest by 1 / (1 − share), as torch.nn.Dropout in training. Element (row,
 * column) stays when ((seed + stream, row and column, each times a constant, added up)⁵ mod 2³¹ − 1) is at least
 * share · (2³¹ − 1).
 *
 * @param share 0 up to, not including, 1
 * @param seed int64 scalar, 0 to 2³¹ − 2; another one every step
 * @param stream tells apart the uses of one seed
 */
export function dropout(x: Tensor, share: number, seed: Tensor, stream = 0): Tensor {
  if (!(share >= 0 && share < 1)) fail('bad-input', `dropout ${share}`, 'give 0 up to, not including, 1')
  if (share === 0) return x
  const { graph } = x
  const columns = x.shape[x.shape.length - 1]
  const rows = sizeOf(x.shape) / columns
  const int = (op: string, inputs: Tensor[], shape: readonly number[]): Tensor =>
    graph.node(op, inputs, [{ shape, dtype: 'int64' }])[0]
  const number = (value: number): Tensor => graph.ints([value], [])
  const modulo = (value: Tensor): Tensor => int('Mod', [value, number(PRIME)], value.shape)
  const line = (length: number, factor: number, shape: readonly number[]): Tensor => {
    const range = int('Range', [number(0), number(length), number(1)], [length])
    return reshape(modulo(int('Mul', [range, number(factor)], [length])), shape)
  }
  const start = modulo(int('Add', [seed, number((stream * STREAM) % PRIME)], []))
  const left = modulo(int('Add', [line(rows, ROW, [rows, 1]), start], [rows, 1]))
  const shape = [rows, columns]
  const value = modulo(int('Add', [left, line(columns, COLUMN, [1, columns])], shape))
  const second = modulo(int('Mul', [value, value], shape))
  const fourth = modulo(int('Mul', [second, second], shape))
  const fifth = modulo(int('Mul', [fourth, value], shape))
  const limit = number(Math.round(share * PRIME))
  const [kept] = graph.node('GreaterOrEqual', [fifth, limit], [{ shape, dtype: 'bool' }])
  const [mask] = graph.node('Cast', [kept], [{ shape }], { to: { int: 1 } })
  return mul(x, reshape(mul(mask, 1 / (1 - share)), x.shape))
}
