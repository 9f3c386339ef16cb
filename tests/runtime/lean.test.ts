// A lean graph keeps less for the backward pass; loss and gradients stay what they are.
import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import {
  compile,
  Graph,
  geglu,
  gradients,
  groupNorm,
  LocalSession,
  mul,
  multiHeadAttention,
  recomputed,
  type Shape,
  silu,
  sizeOf,
  sum,
  type Tensor,
} from '../../lib/runtime/index.ts'

type Build = (inputs: Record<string, Tensor>) => Tensor

/** A loss over random weights of what is built, and its gradients to every input. */
async function run(shapes: Record<string, Shape>, build: Build, lean: boolean) {
  const graph = new Graph({ training: true, lean })
  const random = new Random(3)
  const inputs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, graph.input(name, shape)]),
  )
  const y = build(inputs)
  const loss = sum(mul(y, graph.floats(random.derive('y').normals(sizeOf(y.shape)), y.shape)))
  graph.output('loss', loss)
  for (const [i, gradient] of gradients(loss, Object.values(inputs)).entries())
    graph.output(`d${Object.keys(inputs)[i]}`, gradient)
  const program = compile(graph)
  const session = await LocalSession.create(program, { threads: 1 })
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, random.derive(name).normals(sizeOf(shape))]),
  )
  const found = (await session.run(feeds)) as Record<string, Float32Array>
  await session.release()
  return { found, nodes: program.nodeCount }
}

const distance = (a: Float32Array, b: Float32Array): number =>
  Math.hypot(...a.map((value, i) => value - b[i])) / Math.hypot(...b)

async function expectSame(shapes: Record<string, Shape>, plain: Build, other: Build = plain): Promise<void> {
  const kept = await run(shapes, plain, false)
  const lean = await run(shapes, other, true)
  // Another graph, or the comparison shows nothing.
  expect(lean.nodes).not.toBe(kept.nodes)
  for (const [name, value] of Object.entries(kept.found)) {
    expect(Math.hypot(...value), name).toBeGreaterThan(0)
    expect(distance(lean.found[name], value), name).toBeLessThan(1e-6)
  }
}

describe('a lean graph', () => {
  it.each([
    ['one chunk', 2048],
    ['chunks of one size', 256],
    ['a last chunk that is smaller', 300],
  ])('attends to itself: %s', async (_, chunk) => {
    const shapes = { q: [1, 1032, 16], k: [1, 1032, 16], v: [1, 1032, 16] }
    await expectSame(
      shapes,
      ({ q, k, v }) => multiHeadAttention(q, k, v, { heads: 2, chunk: 2000 }),
      ({ q, k, v }) => multiHeadAttention(q, k, v, { heads: 2, chunk }),
    )
  })

  it('attends to a text, several pictures at once', async () => {
    const shapes = { q: [2, 1500, 24], k: [2, 130, 24], v: [2, 130, 24] }
    await expectSame(shapes, ({ q, k, v }) => multiHeadAttention(q, k, v, { heads: 3 }))
  })

  it('opens gates', () => expectSame({ x: [2, 7, 24] }, ({ x }) => geglu(x)))

  it('normalises and activates, with gradients to what it captures', () =>
    expectSame({ x: [2, 8, 5, 3], weight: [8], bias: [8] }, ({ x, weight, bias }) =>
      recomputed((y) => silu(groupNorm(y, 4, weight, bias)), mul(x, x)),
    ))
})
