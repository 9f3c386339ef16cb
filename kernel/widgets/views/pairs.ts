// Pairs of pictures of two models for the same prompt and seed: found in what was drawn before, or drawn when they
// are needed.

import { fail } from '../../../lib/base/errors.ts'
import type { DrawOptions, T2I } from '../../../lib/index.ts'
import { openSource, type PictureSource } from './picture-source.ts'

export interface Pair {
  /** Names it in the file of votes. */
  key: string
  /** Names its prompt. */
  item: string
  prompt: string
  bytes: readonly [a: () => Promise<Uint8Array>, b: () => Promise<Uint8Array>]
}

export interface PairOptions extends Omit<DrawOptions, 'seed' | 'signal'> {
  /** Prompts to draw, with models; with pictures there are: only these of them. Default: all of those. */
  prompts?: readonly string[]
  /** Seeds to draw each prompt with. Default: [0]. */
  seeds?: readonly number[]
}

export type Compared = T2I | PictureSource

const isModel = (one: Compared): one is T2I => typeof (one as T2I).draw === 'function'

/**
 * The pairs of two models.
 *
 * @throws SelmaError `bad-input` when only one draws, or prompts are missing; `mismatch` when nothing pairs
 */
export async function pairsOf(a: Compared, b: Compared, options: PairOptions): Promise<Pair[]> {
  const { prompts, seeds, ...draw } = options
  if (isModel(a) && isModel(b)) {
    if (!prompts || prompts.length === 0)
      fail('bad-input', 'there are no prompts to draw', "give some: { prompts: ['three red squares'] }")
    return prompts.flatMap((prompt) =>
      (seeds ?? [0]).map((seed) => {
        const drawn = (model: T2I) => async () => (await model.draw(prompt, { ...draw, seed })).png()
        return { key: `${prompt} ${seed}`, item: prompt, prompt, bytes: [drawn(a), drawn(b)] as const }
      }),
    )
  }
  if (isModel(a) || isModel(b))
    fail(
      'bad-input',
      'a model and a set of pictures cannot be compared',
      'give two models, or two sets of pictures',
    )
  const [left, right] = await Promise.all([openSource(a), openSource(b)])
  const others = new Map(right.pictures.map((picture) => [picture.key, picture]))
  const pairs = left.pictures.flatMap((one): Pair[] => {
    const other = others.get(one.key)
    if (!other || (prompts && !prompts.includes(one.prompt))) return []
    if (seeds && one.seed !== null && !seeds.includes(one.seed)) return []
    return [{ key: one.key, item: one.item, prompt: one.prompt, bytes: [one.bytes, other.bytes] }]
  })
  if (pairs.length === 0)
    fail(
      'mismatch',
      'no picture of the one has its like in the other',
      'draw both with the same prompts and seeds',
    )
  return pairs
}
