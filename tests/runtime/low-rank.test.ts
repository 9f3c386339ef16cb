// A weight with a product of low rank added: against the sum of its parts, whose operators PyTorch's numbers hold up,
// and by directional differences; and which of the two forms takes fewer operations, by counting them.
import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import {
  add,
  Graph,
  gradients,
  linear,
  lowRankSum,
  matmul,
  mean,
  mul,
  square,
  sum,
  sumIsCheaper,
  type Tensor,
} from '../../lib/runtime/index.ts'
import { expectDirectional } from '../support/directional.ts'
import { expectClose } from '../support/golden.ts'
import { runGraph } from '../support/run-graph.ts'

const shapes = { weight: [5, 7], up: [5, 3], down: [3, 7] }
const scale = 0.75

it('is W + scale · B A, with its gradients', async () => {
  const random = new Random('low-rank')
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, [rows, columns]]) => [name, random.normals(rows * columns)]),
  )
  const found = (build: (w: Tensor, up: Tensor, down: Tensor) => Tensor) =>
    runGraph(
      (graph) => {
        const inputs = Object.entries(shapes).map(([name, shape]) => graph.input(name, shape))
        const y = build(inputs[0], inputs[1], inputs[2])
        const probe = graph.floats(new Random('probe').normals(35), [5, 7])
        const [weight, up, down] = gradients(sum(mul(square(y), probe)), inputs)
        return { y, 'grad weight': weight, 'grad up': up, 'grad down': down }
      },
      feeds,
      { training: true },
    )
  const parts = await found((w, up, down) => add(w, mul(matmul(up, down), scale)))
  expectClose(await found((w, up, down) => lowRankSum(w, up, down, scale)), (name) => parts[name], 1e-5)
})

it('directional differences of a layer with the sum as its weight', async () => {
  await expectDirectional({ x: [4, 7], ...shapes }, (_, { x, weight, up, down }) =>
    mean(square(linear(x, lowRankSum(weight, up, down, scale)))),
  )
})

it('refuses factors of another layer', () => {
  const graph = new Graph()
  const [weight, up, down] = [graph.input('w', [5, 7]), graph.input('b', [5, 3]), graph.input('a', [3, 6])]
  expect(() => lowRankSum(weight, up, down, 1)).toThrow('a weight [5,7] and factors [5,3], [3,6]')
})

describe('which form takes fewer operations', () => {
  /** Multiplications of all matrix products in a training step of one layer. */
  const operations = (first: boolean, rows: number, features: number, out: number, rank: number): number => {
    const graph = new Graph({ training: true })
    const [x, up, down] = [
      graph.input('x', [rows, features]),
      graph.input('up', [out, rank]),
      graph.input('down', [rank, features]),
    ]
    const weight = graph.floats(new Float32Array(out * features), [out, features])
    const y = first
      ? linear(x, lowRankSum(weight, up, down, 1))
      : add(linear(x, weight), linear(linear(x, down), up))
    gradients(mean(square(y)), [x, up, down])
    return graph.nodes
      .filter(({ op }) => op === 'Gemm')
      .reduce((all, { inputs, outputs, attributes }) => {
        const [m, n] = outputs[0].shape
        const a = inputs[0]!.shape
        const transposed = (attributes.transA as { int: number }).int === 1
        return all + m * n * (transposed ? a[0] : a[1])
      }, 0)
  }
  it.each([
    // rows, features, out, rank
    [4096, 320, 320, 128],
    [1024, 640, 640, 128],
    [4096, 128, 128, 128],
    [256, 512, 512, 128],
    [2048, 64, 512, 64],
    [2048, 64, 64, 4],
    [64, 1280, 1280, 128],
    [308, 768, 320, 16],
    [1, 96, 96, 8],
  ])('%i inputs of %i, %i out, rank %i', (...sizes) => {
    expect(sumIsCheaper(...sizes)).toBe(operations(true, ...sizes) < operations(false, ...sizes))
  })
})
