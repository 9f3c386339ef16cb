// Elementwise arithmetic with numpy broadcasting, and the elementary functions.
import { fail } from '../../base/errors.ts'
import type { Shape, Tensor } from '../graph.ts'
import { unbroadcast } from './shape.ts'

/** A tensor, or a number taken as a float32 scalar. */
export type Operand = Tensor | number

function broadcast(op: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length)
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1
    const y = b[i - rank + b.length] ?? 1
    if (x !== y && x !== 1 && y !== 1)
      fail('mismatch', `${op}: the shapes [${a}] and [${b}] do not broadcast`)
    return x === 1 ? y : x
  })
}

function operands(a: Operand, b: Operand): [Tensor, Tensor] {
  if (typeof a !== 'number') return [a, typeof b === 'number' ? a.graph.scalar(b) : b]
  if (typeof b === 'number') return fail('bad-input', 'an expression of two plain numbers needs no graph')
  return [b.graph.scalar(a), b]
}

type Partial = (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor

function binary(op: string, left: Operand, right: Operand, da: Partial, db: Partial): Tensor {
  const [a, b] = operands(left, right)
  const [y] = a.graph.node(op, [a, b], [{ shape: broadcast(op, a.shape, b.shape) }])
  a.graph.record([a, b], [y], ([g], needs) => [
    g && needs[0] ? unbroadcast(da(g, a, b, y), a.shape) : undefined,
    g && needs[1] ? unbroadcast(db(g, a, b, y), b.shape) : undefined,
  ])
  return y
}

export const add = (a: Operand, b: Operand): Tensor =>
  binary(
    'Add',
    a,
    b,
    (g) => g,
    (g) => g,
  )
export const sub = (a: Operand, b: Operand): Tensor =>
  binary(
    'Sub',
    a,
    b,
    (g) => g,
    (g) => neg(g),
  )
export const mul = (a: Operand, b: Operand): Tensor =>
  binary(
    'Mul',
    a,
    b,
    (g, _, y) => mul(g, y),
    (g, x) => mul(g, x),
  )
export const div = (a: Operand, b: Operand): Tensor =>
  binary(
    'Div',
    a,
    b,
    (g, _, y) => div(g, y),
    (g, _, b, y) => neg(div(mul(g, y), b)),
  )

function unary(op: string, x: Tensor, derivative: (g: Tensor, x: Tensor, y: Tensor) => Tensor): Tensor {
  const [y] = x.graph.node(op, [x], [{ shape: x.shape }])
  x.graph.record([x], [y], ([g]) => [g && derivative(g, x, y)])
  return y
}

export const neg = (x: Tensor): Tensor => unary('Neg', x, (g) => neg(g))
export const exp = (x: Tensor): Tensor => unary('Exp', x, (g, _, y) => mul(g, y))
export const log = (x: Tensor): Tensor => unary('Log', x, (g, x) => div(g, x))
export const sqrt = (x: Tensor): Tensor => unary('Sqrt', x, (g, _, y) => div(mul(g, 0.5), y))
export const sin = (x: Tensor): Tensor => unary('Sin', x, (g, x) => mul(g, cos(x)))
export const cos = (x: Tensor): Tensor => unary('Cos', x, (g, x) => neg(mul(g, sin(x))))
export const tanh = (x: Tensor): Tensor => unary('Tanh', x, (g, _, y) => mul(g, sub(1, square(y))))
export const sigmoid = (x: Tensor): Tensor => unary('Sigmoid', x, (g, _, y) => mul(g, mul(y, sub(1, y))))
/** The error function; its derivative is 2/√π · exp(−x²). */
export const erf = (x: Tensor): Tensor =>
  unary('Erf', x, (g, x) => mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI))))
/** |x|; the derivative at 0 is 0, as in PyTorch. */
export const abs = (x: Tensor): Tensor =>
  unary('Abs', x, (g, x) => mul(g, x.graph.node('Sign', [x], [{ shape: x.shape }])[0]))

export const square = (x: Tensor): Tensor => mul(x, x)

/** x to a constant power. */
export function pow(x: Tensor, exponent: number): Tensor {
  const [y] = x.graph.node('Pow', [x, x.graph.scalar(exponent)], [{ shape: x.shape }])
  x.graph.record([x], [y], ([g]) => [g && mul(g, mul(pow(x, exponent - 1), exponent))])
  return y
}
