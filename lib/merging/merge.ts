// Stage 4 of SELMA: several skill experts into one LoRA. The methods are listed in options.ts.
// Not a change of the base model's weights: the result is a LoRA like any other, saved with `saveLora`.
import { z } from 'zod'
import { fail } from '../base/errors.ts'
import { checkLora, type Lora, type LoraLayer } from '../formats/lora.ts'
import { mergeLayer } from './merge-layer.ts'
import { type MergeOptions, mergeMethods, type ResolvedOptions, resolveOptions } from './options.ts'

/** Metadata entry in which a merged LoRA records how it was made. */
const note = 'selma_merge'

const schema = z.object({
  method: z.enum(mergeMethods),
  weights: z.array(z.number()),
  ids: z.array(z.string()).optional(),
  density: z.number().optional(),
  majoritySign: z.enum(['total', 'frequency']).optional(),
  seed: z.number().optional(),
  /** the masks came from outside, not from a seed */
  givenMasks: z.boolean().optional(),
  rank: z.number().optional(),
  /** what cutting the rank lost: relative Frobenius errors of layers */
  cut: z.object({ worst: z.number(), worstLayer: z.string(), mean: z.number() }).optional(),
})

/** How a merged LoRA was made. */
export type MergeInfo = z.infer<typeof schema>

/** How a merged LoRA was made; undefined for one that was not merged here (or whose record is damaged). */
export function mergeInfo(lora: Lora): MergeInfo | undefined {
  try {
    return schema.safeParse(JSON.parse(lora.metadata[note])).data
  } catch {
    return undefined
  }
}

/** Names in `a` but not in `b`, a few of them. */
function missing(a: Iterable<string>, b: ReadonlyMap<string, unknown>): string {
  const names = [...a].filter((name) => !b.has(name))
  return names.length > 5 ? `${names.slice(0, 5).join(', ')} and ${names.length - 5} more` : names.join(', ')
}

const shapeOf = (layer: LoraLayer): string => `[${[layer.up.shape[0], ...layer.down.shape.slice(1)]}]`

/**
 * Checks that all experts adapt the same modules of the same sizes, with finite numbers.
 *
 * @param experts at least one
 * @throws SelmaError `mismatch` naming expert and modules
 */
export function checkExperts(experts: readonly Lora[], ids?: readonly string[]): void {
  const [first] = experts
  experts.forEach((expert, i) => {
    const who = ids?.[i] ?? `expert ${i + 1}`
    const dora = [...expert.layers].find(([, layer]) => layer.magnitude)
    if (dora)
      fail(
        'unsupported',
        `${who} is a DoRA (${dora[0]} has a magnitude): its weight change depends on the base`,
        'merge plain LoRAs, or fuse the DoRA into its base model',
      )
    checkLora(expert, who)
    const lacks = missing(first.layers.keys(), expert.layers)
    const extra = missing(expert.layers.keys(), first.layers)
    if (lacks || extra)
      fail(
        'mismatch',
        `${who} adapts other modules than ${ids?.[0] ?? 'expert 1'}: ${[lacks && `lacks ${lacks}`, extra && `also has ${extra}`].filter(Boolean).join('; ')}`,
        'merge experts of one base model, trained on the same modules',
      )
    for (const [name, layer] of expert.layers) {
      const wanted = first.layers.get(name)!
      if (shapeOf(layer) !== shapeOf(wanted))
        fail(
          'mismatch',
          `${who} has a weight change of shape ${shapeOf(layer)} at ${name}, the first expert ${shapeOf(wanted)}`,
          'merge experts of one base model',
        )
      if (![layer.down, layer.up].every(({ data }) => data.every(Number.isFinite)))
        fail(
          'mismatch',
          `${who} has numbers that are not finite at ${name}`,
          'its training diverged; use an earlier checkpoint',
        )
    }
  })
}

function describe(options: ResolvedOptions, cuts: [string, number][]): MergeInfo {
  const { method, traits, weights, ids, density, majoritySign, seed, keepMask, rank } = options
  const worst = cuts.reduce<[string, number] | undefined>((a, b) => (a && a[1] >= b[1] ? a : b), undefined)
  return {
    method,
    weights,
    ...(ids && { ids: [...ids] }),
    ...(traits.prune !== 'none' && { density }),
    ...(traits.elect && { majoritySign }),
    ...(traits.prune === 'random' && (keepMask ? { givenMasks: true } : { seed })),
    ...(rank !== undefined && { rank }),
    ...(worst && {
      cut: {
        worst: worst[1],
        worstLayer: worst[0],
        mean: cuts.reduce((sum, [, error]) => sum + error, 0) / cuts.length,
      },
    }),
  }
}

/**
 * Merges LoRA experts into one. See `MergeOptions` for the methods and their defaults.
 * The default is the plain mean of the experts' weight changes, exact, with the ranks added up.
 *
 * @param experts LoRAs that adapt the same modules; not changed
 * @returns a new LoRA; `mergeInfo` tells how it was made and what a cut of the rank lost
 * @throws SelmaError `bad-input` for settings, `mismatch` for experts that do not fit each other
 */
export function merge(experts: readonly Lora[], options: MergeOptions = {}): Lora {
  const resolved = resolveOptions(options, experts.length)
  checkExperts(experts, resolved.ids)
  const layers = new Map<string, LoraLayer>()
  const cuts: [string, number][] = []
  for (const name of experts[0].layers.keys()) {
    const merged = mergeLayer(
      name,
      experts.map((expert) => expert.layers.get(name)!),
      resolved,
    )
    layers.set(name, merged.layer)
    if (merged.relativeError !== undefined) cuts.push([name, merged.relativeError])
  }
  return { layers, metadata: { [note]: JSON.stringify(describe(resolved, cuts)) } }
}
