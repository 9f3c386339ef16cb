import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { compile, Graph, LocalSession, multiHeadAttention, sizeOf } from '../../lib/runtime/index.ts'
import { relativeError } from '../support/golden.ts'

async function run(training: boolean, heads: number, shapes: [number[], number[]], chunk?: number) {
  const graph = new Graph({ training })
  const [queries, keys] = shapes
  const q = graph.input('q', queries)
  const k = graph.input('k', keys)
  const v = graph.input('v', keys)
  graph.output('y', multiHeadAttention(q, k, v, { heads, chunk }))
  const program = compile(graph)
  const session = await LocalSession.create(program)
  const random = new Random(1)
  const feeds = {
    q: random.derive('q').normals(sizeOf(queries)),
    k: random.derive('k').normals(sizeOf(keys)),
    v: random.derive('v').normals(sizeOf(keys)),
  }
  const { y } = await session.run(feeds)
  await session.release()
  return { y: y as Float32Array, ops: program.nodeCount }
}

describe('multiHeadAttention', () => {
  it.each([
    [4, [2, 64, 64], [2, 40, 64], 64],
    [1, [1, 1, 8], [1, 3, 8], 1],
    [8, [3, 130, 320], [3, 77, 320], 50],
    [5, [1, 300, 40], [1, 300, 40], 128],
  ])('is the same fused and with a gradient to take: %i heads, %j, %j', async (heads, q, k, chunk) => {
    const fused = await run(false, heads, [q, k])
    const plain = await run(true, heads, [q, k], chunk)
    expect(fused.ops).toBeLessThan(plain.ops)
    const norm = Math.hypot(...plain.y)
    expect(norm).toBeGreaterThan(0)
    expect(Math.hypot(...plain.y.map((value, i) => value - fused.y[i])) / norm).toBeLessThan(1e-6)
  })

  it('is plain operators in a graph for WebGPU, which takes no other', async () => {
    const programFor = (provider: 'cpu' | 'webgpu') => {
      const graph = new Graph({ provider })
      const x = graph.input('x', [1, 64, 16])
      graph.output('y', multiHeadAttention(x, x, x, { heads: 2 }))
      return compile(graph)
    }
    expect([programFor('cpu').fused, programFor('webgpu').fused]).toEqual([true, false])
    await expect(LocalSession.create(programFor('cpu'), { provider: 'webgpu' })).rejects.toThrow(
      'this graph was not built for WebGPU',
    )
    const x = new Random(2).normals(64 * 16)
    const outputs = (['cpu', 'webgpu'] as const).map(async (provider) => {
      const session = await LocalSession.create(programFor(provider))
      const { y } = await session.run({ x })
      await session.release()
      return y as Float32Array
    })
    const [fused, plain] = await Promise.all(outputs)
    expect(relativeError(plain, fused)).toBeLessThan(1e-6)
  })

  it('refuses heads that do not fit', () => {
    const graph = new Graph()
    const x = graph.input('x', [1, 4, 10])
    expect(() => multiHeadAttention(x, x, x, { heads: 3 })).toThrow(/10 channels do not split into 3 heads/)
  })
})
