// Which files of a component's folder are its weights, by their names alone: one precision, whole or in parts.
// Never pickled weights (opening one can run code). Names are those of diffusers' and transformers'
// `save_pretrained`. Not a look into the files.
import { fail } from '../base/errors.ts'

/** The weights of a component. */
export interface WeightFiles {
  /** How they are marked, such as `fp16`; undefined where they are not. */
  variant: string | undefined
  /** File names, in order of their parts. */
  files: string[]
  /** The index of the parts, where there are parts. */
  index?: string
}

/** How the files of a component's weights may begin. */
export const weightStems = {
  unet: ['diffusion_pytorch_model'],
  vae: ['diffusion_pytorch_model'],
  text_encoder: ['model', 'pytorch_model'],
  text_encoder_2: ['model', 'pytorch_model'],
} as const
export type ComponentName = keyof typeof weightStems

const help = 'choose a model in diffusers’ layout with safetensors, or convert this one with diffusers'

/** The weights of one variant. */
interface Marked {
  variant: string | undefined
  single?: string
  shards: Map<number, string>
  count: number
  index?: string
}

/**
 * Chooses a component's weights among the names in its folder: those marked as `variant`, else the unmarked ones.
 *
 * @throws SelmaError `not-found` naming what is missing, `unsupported` where there are pickled weights only
 */
export function chooseWeights(
  component: ComponentName,
  names: readonly string[],
  variant?: string,
): WeightFiles {
  const sets = setsOf(component, names)
  const chosen = sets.find((set) => set.variant === variant) ?? sets.find((set) => set.variant === undefined)
  return chosen ? complete(chosen, component) : noWeights(component, names, sets)
}

/** The marks that there are weights of. */
export const weightVariants = (component: ComponentName, names: readonly string[]): string[] =>
  setsOf(component, names).flatMap(({ variant }) => variant ?? [])

/**
 * Refuses a variant that no component has.
 *
 * @param chosen the variant that each component's weights came in
 * @param offered all that there are
 */
export function checkVariant(
  variant: string | undefined,
  chosen: readonly (string | undefined)[],
  offered: readonly string[],
): void {
  if (variant === undefined || chosen.includes(variant)) return
  fail(
    'bad-input',
    `no weights of the variant ${JSON.stringify(variant)}`,
    offered.length > 0
      ? `there is ${[...new Set(offered)].join(', ')}, or none`
      : 'leave the variant out: there is none',
  )
}

/** Sorts the safetensors of a folder by variant: `model.fp16-00001-of-00002.safetensors` and its older spellings. */
function setsOf(component: ComponentName, names: readonly string[]): Marked[] {
  const sets = new Map<string | undefined, Marked>()
  const setOf = (variant: string | undefined): Marked => {
    const set = sets.get(variant) ?? { variant, shards: new Map(), count: 0 }
    sets.set(variant, set)
    return set
  }
  const stem = `(?:${weightStems[component].join('|')})`
  const weights = new RegExp(`^${stem}(?:\\.(\\w+))?(?:-(\\d{5})-of-(\\d{5}))?(?:\\.(\\w+))?\\.safetensors$`)
  const index = new RegExp(`^${stem}\\.safetensors(?:\\.index(?:\\.(\\w+))?|\\.(\\w+)\\.index)\\.json$`)
  for (const name of names) {
    const table = index.exec(name)
    if (table) setOf(table[1] ?? table[2]).index = name
    const file = weights.exec(name)
    if (!file) continue
    const [, variant, shard, count, older] = file
    const set = setOf(variant ?? older)
    if (shard === undefined) set.single = name
    else {
      set.shards.set(Number(shard), name)
      set.count = Math.max(set.count, Number(count))
    }
  }
  return [...sets.values()].filter(({ single, shards }) => single !== undefined || shards.size > 0)
}

/** All files of a set, in order; the one file where there are both. */
function complete({ variant, single, shards, count, index }: Marked, component: string): WeightFiles {
  if (single !== undefined) return { variant, files: [single] }
  const numbers = Array.from({ length: count }, (_, i) => i + 1)
  const missing = numbers.filter((number) => !shards.has(number))
  if (missing.length > 0)
    fail('not-found', `${component} lacks part ${missing.join(', ')} of ${count} of its weights`, help)
  if (index === undefined)
    fail('not-found', `${component} has weights in ${count} parts, but no index of them`, help)
  return { variant, files: numbers.map((number) => shards.get(number)!), index }
}

function noWeights(component: ComponentName, names: readonly string[], sets: readonly Marked[]): never {
  const pickles = names.filter((name) => /\.(bin|ckpt|pt|pth|pkl)$/.test(name))
  if (sets.length > 0)
    fail(
      'not-found',
      `${component} has weights as ${sets.map(({ variant }) => variant).join(', ')} only`,
      `give variant: ${JSON.stringify(sets[0].variant)}`,
    )
  if (pickles.length > 0)
    fail(
      'unsupported',
      `${component} has no safetensors, only pickled weights (${pickles.slice(0, 3).join(', ')})`,
      `opening pickled weights can run code: ${help}`,
    )
  const [stem] = weightStems[component]
  return fail('not-found', `the pipeline has no weights of its ${component}: no ${stem}.safetensors`, help)
}
