// Dropout from a fed seed: what it keeps, what it scales, that it follows from the seed, and its gradient.
import { describe, expect, it } from 'vitest'
import { compile, dropout, Graph, gradients, LocalSession, mul, sum } from '../../lib/runtime/index.ts'
import { relativeError } from '../support/golden.ts'

const shape = [40, 50, 32]
const count = 64_000
const ones = new Float32Array(count).fill(1)

async function masks(share: number, seeds: readonly number[], stream = 0): Promise<Float32Array[]> {
  const graph = new Graph()
  const seed = graph.input('seed', [], 'int64')
  graph.output('y', dropout(graph.input('x', shape), share, seed, stream))
  const session = await LocalSession.create(compile(graph), { threads: 1 })
  const out: Float32Array[] = []
  for (const value of seeds)
    out.push((await session.run({ x: ones, seed: BigInt64Array.of(BigInt(value)) })).y as Float32Array)
  await session.release()
  return out
}

/** Share of places where both are kept, over what independence gives. */
const together = (a: ArrayLike<number>, b: ArrayLike<number>): number => {
  const kept = (x: ArrayLike<number>) => Array.from(x).filter((value) => value > 0).length / x.length
  const both = Array.from(a).filter((value, i) => value > 0 && b[i] > 0).length / a.length
  return both / (kept(a) * kept(b))
}

describe('dropout', () => {
  it.each([0.1, 0.5, 0.9])('keeps a share of 1 − %s, scaled up', async (share) => {
    const [mask] = await masks(share, [1234])
    const kept = mask.filter((value) => value !== 0)
    // Five standard deviations of a binomial.
    expect(Math.abs(kept.length / count - (1 - share))).toBeLessThan(
      5 * Math.sqrt((share * (1 - share)) / count),
    )
    expect(kept.every((value) => Math.abs(value * (1 - share) - 1) < 1e-6)).toBe(true)
  })

  it('follows from the seed and the stream; rows, columns and neighbours are not alike', async () => {
    const [a, again, b] = await masks(0.5, [7, 7, 8])
    expect(again).toEqual(a)
    const [other] = await masks(0.5, [7], 1)
    for (const second of [b, other, a.slice(1), a.slice(32), a.slice(33), a.slice(31)])
      expect(Math.abs(together(a.slice(0, second.length), second) - 1)).toBeLessThan(0.02)
    const rows = Array.from({ length: 2000 }, (_, i) => a.slice(i * 32, i * 32 + 32).filter(Boolean).length)
    const variance = rows.reduce((total, n) => total + (n - 16) ** 2, 0) / rows.length
    expect(variance).toBeGreaterThan(6.5)
    expect(variance).toBeLessThan(9.5)
  })

  it('passes the gradient where it passes the number', async () => {
    const graph = new Graph({ training: true })
    const x = graph.input('x', shape)
    const y = dropout(x, 0.3, graph.input('seed', [], 'int64'))
    const [back] = gradients(sum(mul(y, y)), [x])
    graph.output('y', y)
    graph.output('back', back)
    const session = await LocalSession.create(compile(graph), { threads: 1 })
    const out = await session.run({ x: ones, seed: BigInt64Array.of(5n) })
    await session.release()
    const wanted = (out.y as Float32Array).map((value) => 2 * value * value)
    expect(relativeError(out.back as Float32Array, wanted)).toBeLessThan(1e-6)
  })

  it('refuses a share of 1', () => {
    const graph = new Graph()
    expect(() => dropout(graph.input('x', [2, 2]), 1, graph.input('seed', [], 'int64'))).toThrow('dropout 1')
  })
})
