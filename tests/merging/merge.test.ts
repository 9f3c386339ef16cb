import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { deltaWeight, type Lora, loraRank } from '../../lib/formats/lora.ts'
import { loadLora, saveLora } from '../../lib/formats/lora-files.ts'
import {
  type MergeMethod,
  type MergeOptions,
  merge,
  mergeInfo,
  mergeMethods,
  releasedWeight,
} from '../../lib/merging/index.ts'
import { randomLora, relativeError, worstDelta } from './experts.ts'

const folder = mkdtempSync(join(tmpdir(), 'merging-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const three = [randomLora(1), randomLora(2), randomLora(3)]
const pruning = mergeMethods.filter((method) => /ties|dare|prune/.test(method))
/** Settings with which a method is the plain (weighted) mean for equal experts. */
const whole = (method: MergeMethod): MergeOptions => ({
  method,
  ...(pruning.includes(method) && { density: 1 }),
  ...(method === 'weighted' && { weights: 'average' }),
})

describe('what must hold for every method', () => {
  it.each(mergeMethods)('%s of one expert with weight 1 is that expert', (method) => {
    const one = randomLora(7, { rank: 3, alpha: 5 })
    for (const options of [
      { ...whole(method), weights: [1] },
      { method, weights: [1] },
    ])
      expect(worstDelta(merge([one], options), one)).toBeLessThan(1e-6)
  })

  it.each(mergeMethods)('%s of equal experts is the expert', (method) => {
    const one = randomLora(7, { rank: 3, alpha: 5 })
    // peft gives A and B the square root of 1/N each, so that adding N of them is √N too much on either side.
    const overshoot = ['linear', 'dare_linear', 'magnitude_prune'].includes(method) ? 3 : 1
    const merged = merge([one, one, one], whole(method))
    for (const [name, layer] of merged.layers) {
      const expected = deltaWeight(one.layers.get(name)!).data.map((x) => x * overshoot)
      expect(relativeError(deltaWeight(layer).data, expected)).toBeLessThan(1e-6)
    }
  })

  it.each(mergeMethods.filter((method) => !method.startsWith('dare')))(
    '%s does not mind the order',
    (method) => {
      const weights = [0.5, 0.2, -0.3]
      const options = { method, ...(pruning.includes(method) && { density: 0.4 }) }
      const a = merge(three, { ...options, weights })
      const b = merge([three[2], three[0], three[1]], { ...options, weights: [-0.3, 0.5, 0.2] })
      expect(worstDelta(b, a)).toBeLessThan(1e-5)
    },
  )

  it.each(mergeMethods)('%s leaves the experts alone and survives a file', async (method) => {
    const before = structuredClone(three)
    const merged = merge(three, whole(method))
    expect(three).toEqual(before)
    const path = await saveLora(join(folder, `${method}.safetensors`), merged)
    const back = await loadLora(path)
    expect(worstDelta(back, merged)).toBe(0)
    expect(mergeInfo(back)).toEqual(mergeInfo(merged))
    expect(mergeInfo(back)?.method).toBe(method)
  })
})

describe('average', () => {
  it('is the mean of the weight changes, each with its own rank and alpha', () => {
    const experts = [randomLora(1, { rank: 2, alpha: 1 }), randomLora(2, { rank: 5, alpha: 5 })]
    const merged = merge(experts)
    for (const [name, layer] of merged.layers) {
      expect(loraRank(layer)).toBe(7)
      const [a, b] = experts.map((expert) => deltaWeight(expert.layers.get(name)!).data)
      expect(
        relativeError(
          deltaWeight(layer).data,
          a.map((x, i) => (x + b[i]) / 2),
        ),
      ).toBeLessThan(1e-6)
    }
  })

  it('keeps the very numbers of the factors when all experts count alike', () => {
    const merged = merge(three).layers.get('unet.attn1.to_q')!
    const [first] = three
    const { down } = first.layers.get('unet.attn1.to_q')!
    expect(merged.down.data.subarray(0, down.data.length)).toEqual(down.data)
    expect(merged.alpha).toBe(4)
  })

  it('cut to a rank is the best there is, and the loss is told', () => {
    const full = merge(three)
    let previous = Infinity
    for (const rank of [1, 4, 8, 11]) {
      const cut = merge(three, { rank })
      const { cut: told } = mergeInfo(cut)!
      const errors = [...cut.layers].map(([name, layer]) => {
        expect(loraRank(layer)).toBe(Math.min(rank, layer.up.shape[0]))
        return relativeError(deltaWeight(layer).data, deltaWeight(full.layers.get(name)!).data)
      })
      expect(told!.worst).toBeCloseTo(Math.max(...errors), 5)
      expect(told!.mean).toBeCloseTo(errors.reduce((a, b) => a + b) / errors.length, 5)
      expect(told!.worst).toBeLessThan(previous)
      previous = told!.worst
    }
    expect(mergeInfo(merge(three, { rank: 12 }))!.cut).toBeUndefined()
    expect(worstDelta(merge(three, { method: 'svd', rank: 6 }), merge(three, { rank: 6 }))).toBeLessThan(1e-6)
  })

  it('finds the true rank of equal experts', () => {
    const cut = merge([three[0], three[0]], { rank: 4 })
    expect(worstDelta(cut, three[0])).toBeLessThan(1e-6)
    expect(mergeInfo(cut)!.cut!.worst).toBeLessThan(1e-6)
  })

  it('survives an expert that changes nothing', () => {
    const zero: Lora = { layers: new Map(), metadata: {} }
    for (const [name, layer] of three[0].layers)
      zero.layers.set(name, { ...layer, up: { ...layer.up, data: new Float32Array(layer.up.data.length) } })
    for (const options of [{}, { rank: 2 }, { method: 'ties_svd' as const }, { method: 'ties' as const }])
      for (const layer of merge([zero, zero], options).layers.values())
        expect(deltaWeight(layer).data.every((x) => x === 0)).toBe(true)
  })
})

describe('weights', () => {
  it('by the length of the id, as released', () => {
    const ids = ['jialuliluka/selma-countbench', 'jialuliluka/selma-localized-narratives']
    expect(ids.map(releasedWeight)).toEqual([1 / 28, 1 / 38])
    const pair = three.slice(0, 2)
    const merged = merge(pair, { weights: 'released', ids })
    expect(mergeInfo(merged)).toMatchObject({ weights: [1 / 28, 1 / 38], ids })
    expect(worstDelta(merged, merge(pair, { weights: [1 / 28, 1 / 38] }))).toBe(0)
  })

  it('default to 1/N, and to 1 where signs are elected', () => {
    for (const method of mergeMethods.filter((m) => m !== 'weighted')) {
      const expected = method.includes('ties') ? [1, 1, 1] : [1 / 3, 1 / 3, 1 / 3]
      expect(mergeInfo(merge(three, { method }))!.weights).toEqual(expected)
    }
  })
})

describe('DARE', () => {
  it('depends on the seed, and on nothing else', () => {
    const make = (seed: number) => merge(three, { method: 'dare_linear', density: 0.5, seed })
    expect(make(1).layers).toEqual(make(1).layers)
    expect(worstDelta(make(2), make(1))).toBeGreaterThan(0.1)
    expect(mergeInfo(make(5))).toMatchObject({ seed: 5, density: 0.5 })
  })

  it('keeps the share and the expectation', () => {
    const density = 0.3
    const sum = new Float64Array(24 * 4)
    const wanted = three[0].layers.get('unet.attn1.to_q')!.up.data
    let kept = 0
    const times = 400
    for (let seed = 0; seed < times; seed++) {
      // With equal weights the up matrix is √(1/2) Σ of the pruned ones; a zero partner leaves the first alone.
      const partner: Lora = { layers: new Map(), metadata: {} }
      for (const [name, layer] of three[0].layers)
        partner.layers.set(name, {
          ...layer,
          up: { ...layer.up, data: new Float32Array(layer.up.data.length) },
        })
      const { data } = merge([three[0], partner], {
        method: 'dare_linear',
        density,
        seed,
        weights: [1, 1],
      }).layers.get('unet.attn1.to_q')!.up
      data.forEach((x, i) => {
        sum[i] += x / times
        if (x !== 0) kept++
      })
    }
    expect(kept / (times * sum.length)).toBeCloseTo(density, 1)
    // standard error of the mean is about 0.076 of a number, relative to the norm as well
    expect(relativeError(sum, wanted)).toBeLessThan(0.12)
  })
})

describe('refuses', () => {
  const one = three[0]
  const without = (name: string): Lora => ({
    layers: new Map([...one.layers].filter(([key]) => key !== name)),
    metadata: {},
  })
  it.each<[string, Lora[], MergeOptions]>([
    ['no experts', [], {}],
    ['expert 2 adapts other modules than expert 1: lacks unet.conv1', [one, without('unet.conv1')], {}],
    ['b adapts other modules than a: also has unet.conv1', [without('unet.conv1'), one], { ids: ['a', 'b'] }],
    ['2 weights for 3 experts', three, { weights: [1, 1] }],
    ['a weight is NaN', three, { weights: [1, 1, Number.NaN] }],
    ["needs the experts' ids", three, { weights: 'released' }],
    ['an expert id is empty', [one], { weights: 'released', ids: [''] }],
    ['1 ids for 3 experts', three, { ids: ['a'] }],
    ["'weighted' needs weights", three, { method: 'weighted' }],
    ['unknown weights: sum', three, { weights: 'sum' as 'average' }],
    ['rank is 0', three, { rank: 0 }],
    ['rank is 1.5', three, { rank: 1.5 }],
    ["rank has no meaning for the method 'linear'", three, { method: 'linear', rank: 2 }],
    ['density is 0', three, { method: 'ties', density: 0 }],
    ['density is 1.1', three, { method: 'ties', density: 1.1 }],
    ['density is NaN', three, { method: 'ties', density: Number.NaN }],
    ["density has no meaning for the method 'average'", three, { density: 0.5 }],
    ['unknown majoritySign: votes', three, { method: 'ties', majoritySign: 'votes' as 'total' }],
    [
      "majoritySign has no meaning for the method 'dare_linear'",
      three,
      { method: 'dare_linear', majoritySign: 'total' },
    ],
    [
      "keepMask has no meaning for the method 'ties'",
      three,
      { method: 'ties', keepMask: () => new Uint8Array(1) },
    ],
    ['a mask has 1 numbers for 120', three, { method: 'dare_ties', keepMask: () => new Uint8Array(1) }],
    ['ranks 4, 2 at unet.attn1.to_q', [one, randomLora(2, { rank: 2 })], { method: 'average-factors' }],
    ['ranks 4, 2 at unet.attn1.to_q', [one, randomLora(2, { rank: 2 })], { method: 'ties' }],
    ['alphas 4, 8 at', [one, randomLora(2, { alpha: 8 })], { method: 'average-factors' }],
    ['unknown merge method: mean', three, { method: 'mean' as MergeMethod }],
    ['unknown merge method: toString', three, { method: 'toString' as MergeMethod }],
  ])('%s', (message, experts, options) => {
    expect(() => merge(experts, options)).toThrow(message)
  })

  it('names the valid methods', () => {
    try {
      merge(three, { method: 'mean' as MergeMethod })
      expect.unreachable()
    } catch (error) {
      expect(error).toMatchObject({ code: 'bad-input', hint: `choose ${mergeMethods.join(', ')}` })
    }
  })

  it('experts that do not fit or diverged', () => {
    const other = structuredClone(one)
    const layer = other.layers.get('unet.attn1.to_q')!
    layer.up = { shape: [25, 4], data: new Float32Array(100) }
    expect(() => merge([one, other])).toThrow('shape [25,30] at unet.attn1.to_q, the first expert [24,30]')
    layer.up = { shape: [24, 4], data: new Float32Array(96).fill(Number.NaN) }
    expect(() => merge([one, other])).toThrow('not finite at unet.attn1.to_q')
    expect(() => merge([{ layers: new Map(), metadata: {} }])).toThrow('expert 1 has no layers')
  })

  it('gives no record for LoRAs that were not merged, or a damaged one', () => {
    expect(mergeInfo(one)).toBeUndefined()
    expect(mergeInfo({ ...one, metadata: { selma_merge: '{' } })).toBeUndefined()
    expect(mergeInfo({ ...one, metadata: { selma_merge: '{"method":"x"}' } })).toBeUndefined()
  })
})
