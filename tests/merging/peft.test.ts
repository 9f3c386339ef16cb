// Every combination_type of peft, on the same experts, with the same random masks.
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { deltaWeight, type Lora, loraRank } from '../../lib/formats/lora.ts'
import { type MaskSite, type MergeMethod, merge, mergeMethods } from '../../lib/merging/index.ts'
import { golden, goldenExpert, relativeError } from './experts.ts'

interface Case {
  case: string
  group: string
  method: MergeMethod
  density?: number
  svd_rank?: number
  majority_sign_method?: 'total' | 'frequency'
}
const made = JSON.parse(readFileSync('tests/golden/data/merging/merges.json', 'utf8')) as {
  weights: number[]
  modules: string[]
  alphas: Record<string, number[]>
  cases: Case[]
}
const expertsOf = (group: string): Lora[] =>
  made.alphas[group].map((alpha, i) => goldenExpert(group, i, alpha, made.modules))

describe("peft's add_weighted_adapter", () => {
  it.each(made.cases)('$case', ({ case: name, group, method, density, svd_rank, majority_sign_method }) => {
    const keepMask = ({ layer, part, expert }: MaskSite) =>
      golden.get(`${name}:${layer}.${part}.${expert}`)!.data as Uint8Array
    const merged = merge(expertsOf(group), {
      method,
      weights: made.weights,
      density,
      rank: svd_rank,
      majoritySign: majority_sign_method,
      ...(method.startsWith('dare') && { keepMask }),
    })
    for (const [layer, ours] of merged.layers) {
      const theirs = golden.get(`${name}:${layer}`)!
      const delta = deltaWeight(ours)
      expect(delta.shape).toEqual(theirs.shape)
      expect(relativeError(delta.data, theirs.data as Float32Array)).toBeLessThan(1e-5)
      if (svd_rank) expect(loraRank(ours)).toBe(svd_rank)
    }
  })

  it('covers all of its methods', () => {
    const ours = mergeMethods.filter((method) => !['average', 'weighted', 'average-factors'].includes(method))
    expect(new Set(made.cases.map(({ method }) => method))).toEqual(new Set(ours))
  })
})

it("'average' is what diffusers' set_adapters does", () => {
  const merged = merge(expertsOf('same'), { method: 'average', weights: made.weights })
  const theirs = golden.get('set_adapters:attn.to_q')!.data as Float32Array
  expect(relativeError(deltaWeight(merged.layers.get('attn.to_q')!).data, theirs)).toBeLessThan(1e-5)
})
