import { describe, expect, it } from 'vitest'
import { deltaWeight, type Lora } from '../../lib/formats/lora.ts'
import { loraDifference, loraStats, merge, mergeDifference, pairwiseCosine } from '../../lib/merging/index.ts'
import { randomLora, relativeError } from './experts.ts'

const three = [randomLora(1), randomLora(2), randomLora(3, { rank: 2, alpha: 6 })]
const norm = (data: Float32Array) => Math.sqrt(data.reduce((sum, x) => sum + x * x, 0))
/** All weight changes as one long vector. */
const flat = (lora: Lora) =>
  Float32Array.from([...lora.layers.values()].flatMap((layer) => [...deltaWeight(layer).data]))

describe('stats', () => {
  it('norms are those of the weight change, which is never formed', () => {
    const lora = three[2]
    const { layers, norm: total, parameters } = loraStats(lora)
    for (const { layer, norm: own, rank, alpha } of layers) {
      const delta = deltaWeight(lora.layers.get(layer)!)
      expect(Math.abs(own / norm(delta.data) - 1)).toBeLessThan(1e-6)
      expect([rank, alpha]).toEqual([2, 6])
    }
    expect(Math.abs(total / norm(flat(lora)) - 1)).toBeLessThan(1e-6)
    expect(layers.map((l) => l.shape)).toEqual([
      [24, 30],
      [40, 16],
      [10, 6, 3, 3],
    ])
    expect(parameters).toBe(2 * (24 + 30 + 40 + 16 + 10 + 54))
  })
})

describe('pairwise cosine', () => {
  it('is that of the weight changes', () => {
    const cosines = pairwiseCosine(three)
    const vectors = three.map(flat)
    for (let i = 0; i < 3; i++)
      for (let j = 0; j < 3; j++) {
        const dot = vectors[i].reduce((sum, x, k) => sum + x * vectors[j][k], 0)
        expect(cosines[i][j]).toBeCloseTo(dot / norm(vectors[i]) / norm(vectors[j]), 5)
      }
  })

  it('is 1 for the same direction, −1 for the opposite, whatever the factors', () => {
    const opposite = merge([three[0]], { weights: [-2] })
    const cosines = pairwiseCosine([three[0], merge([three[0], three[0]], { rank: 4 }), opposite])
    const signs = [
      [1, 1, -1],
      [1, 1, -1],
      [-1, -1, 1],
    ]
    cosines.forEach((row, i) => {
      row.forEach((value, j) => {
        expect(value).toBeCloseTo(signs[i][j], 6)
      })
    })
    expect(pairwiseCosine([])).toEqual([])
  })

  it('can look at some layers only', () => {
    const some = pairwiseCosine(three, { layers: (name) => name.endsWith('to_q') })
    const q = (lora: Lora) => ({
      ...lora,
      layers: new Map([...lora.layers].filter(([name]) => name.endsWith('to_q'))),
    })
    expect(some).toEqual(pairwiseCosine(three.map(q)))
  })

  it('refuses LoRAs on other modules', () => {
    const fewer = { ...three[0], layers: new Map([...three[0].layers].slice(1)) }
    expect(() => pairwiseCosine([three[0], fewer])).toThrow('lacks unet.attn1.to_q')
  })
})

describe('difference of merges', () => {
  const experts = [1, 2, 3, 4, 5].map((seed) => randomLora(seed, { rank: 4, alpha: 2 }))

  it("the paper's formula is not what the released code does", () => {
    const { layers, overall } = mergeDifference(experts)
    const paper = merge(experts, { method: 'average-factors' })
    const code = merge(experts, { method: 'average' })
    for (const { layer, difference } of layers) {
      const wanted = relativeError(
        deltaWeight(paper.layers.get(layer)!).data,
        deltaWeight(code.layers.get(layer)!).data,
      )
      expect(difference).toBeCloseTo(wanted, 5)
      expect(difference).toBeGreaterThan(0.3)
    }
    expect(overall).toBeCloseTo(relativeError(flat(paper), flat(code)), 5)
  })

  it('they agree for equal experts, and the factors of one expert negated twice show how they differ', () => {
    const [one] = experts
    expect(mergeDifference([one, one, one]).overall).toBeLessThan(1e-6)
    // (−B)(−A) = B A, but the mean of A and −A is nothing at all.
    const twice = structuredClone(one)
    for (const { down, up } of twice.layers.values())
      for (const matrix of [down, up]) matrix.data = matrix.data.map((x) => -x)
    expect(loraDifference(twice, one).overall).toBeLessThan(1e-6)
    expect(mergeDifference([one, twice]).overall).toBeCloseTo(1, 6)
  })

  it('knows nothing from something', () => {
    const zero = merge([experts[0]], { weights: [0] })
    expect(loraDifference(zero, zero).overall).toBe(0)
    expect(loraDifference(experts[0], zero).overall).toBe(Infinity)
    expect(loraDifference(zero, experts[0]).overall).toBeCloseTo(1, 6)
  })
})
