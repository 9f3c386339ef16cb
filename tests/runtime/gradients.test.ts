// Gradients of composites against float32 directional differences, and the gradient function's errors.
import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import {
  add,
  attention,
  checkpoint,
  conv2d,
  cos,
  Graph,
  gather,
  geglu,
  gradients,
  groupNorm,
  layerNorm,
  linear,
  mean,
  mul,
  silu,
  square,
  sum,
  type Tensor,
} from '../../lib/runtime/index.ts'
import { expectDirectional } from '../support/directional.ts'
import { relativeError } from '../support/golden.ts'
import { runGraph } from '../support/run-graph.ts'

/** A scalar that weighs every number differently and is not linear in it. */
function probe(x: Tensor): Tensor {
  const weights = new Random('probe').normals(x.shape.reduce((a, b) => a * b, 1))
  return mean(mul(add(x, mul(square(x), 0.3)), x.graph.floats(weights, x.shape, x.graph.fresh('probe'))))
}

describe('directional differences', () => {
  it('GroupNorm', async () => {
    await expectDirectional({ x: [2, 6, 4, 3], weight: [6], bias: [6] }, (_, { x, weight, bias }) =>
      probe(groupNorm(x, 3, weight, bias)),
    )
  })

  it('LayerNorm', async () => {
    await expectDirectional({ x: [2, 5, 8], weight: [8], bias: [8] }, (_, { x, weight, bias }) =>
      probe(layerNorm(x, weight, bias)),
    )
  })

  const shapes = { q: [2, 2, 7, 4], k: [2, 2, 5, 4], v: [2, 2, 5, 4] }
  it.each([
    ['at once', {}],
    ['recomputed', { recompute: true }],
    ['in uneven chunks', { chunk: 3 }],
    ['in chunks of one query', { chunk: 1 }],
  ])('masked attention %s', async (_, options) => {
    await expectDirectional(shapes, (graph, { q, k, v }) => {
      const table = Array.from({ length: 35 }, (_, i) => (i % 5 > Math.floor(i / 5) ? -1e9 : (i % 3) * 0.2))
      return probe(attention(q, k, v, { ...options, mask: graph.floats(table, [1, 1, 7, 5]) }))
    })
  })

  it('attention with one mask row for all queries', async () => {
    await expectDirectional(shapes, (graph, { q, k, v }) =>
      probe(attention(q, k, v, { chunk: 2, mask: graph.floats([0, -1, 0.5, -1e9, 0], [1, 1, 1, 5]) })),
    )
  })

  it('GEGLU', async () => {
    await expectDirectional({ x: [3, 8] }, (_, { x }) => probe(geglu(x)))
  })

  it('gather with repeated and unused rows', async () => {
    const found = await expectDirectional(
      { table: [6, 3] },
      (graph, { table }) => probe(gather(table, graph.input('ids', [2, 3], 'int64'))),
      { ids: BigInt64Array.of(0n, 2n, 2n, 5n, 0n, 2n) },
    )
    for (const row of [1, 3, 4]) expect([...found.table.slice(row * 3, row * 3 + 3)]).toEqual([0, 0, 0])
  })

  it('checkpoint, to its inputs and to the weights it closes over', async () => {
    await expectDirectional({ x: [2, 4], weight: [4, 4], bias: [4] }, (_, { x, weight, bias }) =>
      probe(checkpoint((y) => silu(linear(cos(y), weight, bias)), [x])),
    )
  })

  it('nested checkpoints', async () => {
    await expectDirectional({ x: [2, 4], weight: [4, 4] }, (_, { x, weight }) =>
      probe(
        checkpoint(
          (y) =>
            add(
              checkpoint((z) => silu(linear(z, weight)), [square(y)]),
              linear(y, weight),
            ),
          [x],
        ),
      ),
    )
  })
})

/** Loss and gradients of a small block, whose middle `wrap` may recompute. */
const block = (
  wrap: (build: (x: Tensor) => Tensor, x: Tensor) => Tensor,
): Promise<Record<string, Float32Array>> => {
  const random = new Random('block')
  return runGraph(
    (graph) => {
      const x = graph.input('x', [1, 4, 6, 6])
      const kernel = graph.input('kernel', [4, 4, 3, 3])
      const scale = graph.input('scale', [4])
      const build = (y: Tensor) =>
        silu(conv2d(groupNorm(y, 2, scale, scale), kernel, undefined, { padding: 1 }))
      const loss = probe(add(wrap(build, x), x))
      const [dx, dkernel, dscale] = gradients(loss, [x, kernel, scale])
      return { loss, dx, dkernel, dscale }
    },
    { x: random.normals(144), kernel: random.normals(144), scale: random.normals(4) },
    { training: true },
  )
}

describe('checkpoint', () => {
  it('changes no gradient', async () => {
    const plain = await block((build, x) => build(x))
    const checkpointed = await block((build, x) => checkpoint(build, [x]))
    for (const name of Object.keys(plain))
      expect(relativeError(checkpointed[name], plain[name]), name).toBeLessThanOrEqual(1e-6)
  })

  it('counts an input that the block also uses from outside', async () => {
    const gradientOf = (wrap: (x: Tensor) => Tensor) =>
      runGraph(
        (graph) => {
          const x = graph.input('x', [3])
          return { dx: gradients(sum(wrap(x)), [x])[0] }
        },
        { x: Float32Array.of(1, 2, 3) },
        { training: true },
      )
    const { dx } = await gradientOf((x) => checkpoint((y) => mul(y, mul(x, x)), [x]))
    expect([...dx]).toEqual([3, 12, 27])
  })

  it('takes the same input twice', async () => {
    const { dx } = await runGraph(
      (graph) => {
        const x = graph.input('x', [2])
        return { dx: gradients(sum(checkpoint((a, b) => mul(a, square(b)), [x, x])), [x])[0] }
      },
      { x: Float32Array.of(2, -1) },
      { training: true },
    )
    expect([...dx]).toEqual([12, 3])
  })
})

describe('gradients', () => {
  it('adds up over every use of a tensor', async () => {
    const { dx } = await runGraph(
      (graph) => {
        const x = graph.input('x', [2])
        return { dx: gradients(sum(add(mul(x, x), add(x, x))), [x])[0] }
      },
      { x: Float32Array.of(3, -4) },
      { training: true },
    )
    expect([...dx]).toEqual([8, -6])
  })

  it('gives the gradient of an inner tensor, too', async () => {
    const { dy } = await runGraph(
      (graph) => {
        const y = mul(graph.input('x', [2]), 2)
        return { dy: gradients(sum(square(y)), [y])[0] }
      },
      { x: Float32Array.of(1, 5) },
      { training: true },
    )
    expect([...dy]).toEqual([4, 20])
  })

  it('refuses a graph without tape, a loss that is no scalar, and a parameter that does not matter', () => {
    const plain = new Graph()
    const p = plain.input('p', [2])
    expect(() => gradients(sum(p), [p])).toThrow('keeps no tape')
    const graph = new Graph({ training: true })
    const x = graph.input('x', [2])
    const unused = graph.input('unused', [2])
    expect(() => gradients(square(x), [x])).toThrow('the loss has the shape [2]')
    expect(() => gradients(sum(x), [unused])).toThrow('the loss does not depend on unused')
  })
})
