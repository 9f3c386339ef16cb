// Which files of a repository a text-to-image pipeline of the UNet kind needs: configs, tokenizer, scheduler
// and safetensors weights, in one precision. Never pickled weights (.bin, .ckpt: opening one can run code),
// other frameworks' weights, single-file checkpoints, or the safety checker. File names are those of
// diffusers' and transformers' `save_pretrained`. Not a look into the files: names are all there is here.
import { fail } from '../base/errors.ts'

export interface PipelineOptions {
  /** Files marked so, such as 'fp16' or 'non_ema'. Components that lack it come unmarked, as in diffusers. */
  variant?: string
  /** 'float16' takes the variant 'fp16', 'bfloat16' the variant 'bf16', where there is one. Default 'float32'. */
  dtype?: 'float32' | 'float16' | 'bfloat16'
}

export interface PipelineFiles {
  /** Everything to download. */
  files: string[]
  /** Weight files by component (`unet`, `vae`, `text_encoder`, …), in order of their shards. */
  weights: Record<string, string[]>
  /** Variant of each component's weights; undefined where they are unmarked. */
  variants: Record<string, string | undefined>
}

const components = {
  unet: ['diffusion_pytorch_model'],
  vae: ['diffusion_pytorch_model'],
  text_encoder: ['model', 'pytorch_model'],
  text_encoder_2: ['model', 'pytorch_model'],
} as const
const required: readonly string[] = ['unet', 'vae', 'text_encoder']
const tokenizerFiles = [
  'tokenizer.json',
  'vocab.json',
  'merges.txt',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
]
const variantOf = { float32: undefined, float16: 'fp16', bfloat16: 'bf16' } as const
const help = 'choose a model in diffusers’ layout with safetensors, or convert this one with diffusers'

/** The weights of a component in one variant. */
interface Weights {
  variant: string | undefined
  single?: string
  shards: Map<number, string>
  count: number
  index?: string
}

/**
 * Chooses the files of a text-to-image pipeline.
 *
 * @param listing what the repository holds, e.g. what `downloadSnapshot` hands to `select`
 * @throws SelmaError `bad-input` for an unknown dtype or a variant that no component has, `not-found` naming
 *   what is missing, `unsupported` for repositories that are no UNet pipeline in diffusers' layout
 */
export function pipelineFiles(
  listing: readonly { path: string }[],
  options: PipelineOptions = {},
): PipelineFiles {
  const { dtype = 'float32' } = options
  if (!Object.hasOwn(variantOf, dtype))
    fail('bad-input', `dtype ${JSON.stringify(dtype)}`, `choose one of ${Object.keys(variantOf).join(', ')}`)
  const names = new Set(listing.map(({ path }) => path))
  const wish = options.variant ?? variantOf[dtype]
  if (!names.has('model_index.json')) notPipeline([...names])
  if (!inFolder(names, 'unet').length && inFolder(names, 'transformer').length)
    fail(
      'unsupported',
      'the pipeline has a transformer in place of a UNet (as Stable Diffusion 3 and Flux have)',
      'choose a Stable Diffusion 1.x or 2.x model',
    )

  const files = ['model_index.json', needed(names, 'scheduler/scheduler_config.json')]
  const found: PipelineFiles = { files, weights: {}, variants: {} }
  const offered = new Set<string>()
  for (const [component, stems] of Object.entries(components)) {
    if (!required.includes(component) && !inFolder(names, component).length) continue
    files.push(needed(names, `${component}/config.json`))
    const sets = weightsOf(inFolder(names, component), stems)
    for (const { variant } of sets) if (variant !== undefined) offered.add(variant)
    const chosen =
      sets.find(({ variant }) => variant === wish) ?? sets.find(({ variant }) => variant === undefined)
    if (!chosen) noWeights(component, inFolder(names, component), sets)
    const paths = complete(chosen, component)
    found.variants[component] = chosen.variant
    found.weights[component] = paths.map((name) => `${component}/${name}`)
    files.push(...found.weights[component])
    if (chosen.index !== undefined) files.push(`${component}/${chosen.index}`)
    const tokenizer = component.replace('text_encoder', 'tokenizer')
    if (tokenizer !== component) files.push(...tokenizerOf(names, tokenizer))
  }
  if (options.variant !== undefined && !Object.values(found.variants).includes(options.variant))
    fail(
      'bad-input',
      `no weights of the variant ${JSON.stringify(options.variant)}`,
      offered.size > 0
        ? `there is ${[...offered].join(', ')}, or none`
        : 'leave the variant out: there is none',
    )
  return found
}

const inFolder = (names: ReadonlySet<string>, folder: string): string[] =>
  [...names].filter((name) => name.startsWith(`${folder}/`)).map((name) => name.slice(folder.length + 1))

function needed(names: ReadonlySet<string>, path: string): string {
  return names.has(path) ? path : fail('not-found', `the pipeline has no ${path}`, help)
}

function tokenizerOf(names: ReadonlySet<string>, folder: string): string[] {
  const there = tokenizerFiles.filter((name) => names.has(`${folder}/${name}`))
  if (!there.includes('tokenizer.json') && !(there.includes('vocab.json') && there.includes('merges.txt')))
    fail('not-found', `the pipeline has no ${folder}/tokenizer.json, nor vocab.json with merges.txt`, help)
  return there.map((name) => `${folder}/${name}`)
}

/** Sorts the safetensors of a folder by variant: `model.fp16-00001-of-00002.safetensors` and its older spellings. */
function weightsOf(names: readonly string[], stems: readonly string[]): Weights[] {
  const sets = new Map<string | undefined, Weights>()
  const setOf = (variant: string | undefined): Weights => {
    const set = sets.get(variant) ?? { variant, shards: new Map(), count: 0 }
    sets.set(variant, set)
    return set
  }
  const stem = `(?:${stems.join('|')})`
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
function complete(set: Weights, component: string): string[] {
  const { single, shards, count } = set
  if (single !== undefined) {
    delete set.index
    return [single]
  }
  const numbers = Array.from({ length: count }, (_, i) => i + 1)
  const missing = numbers.filter((number) => !shards.has(number))
  if (missing.length > 0)
    fail('not-found', `${component} lacks part ${missing.join(', ')} of ${count} of its weights`, help)
  if (set.index === undefined)
    fail('not-found', `${component} has weights in ${count} parts, but no index of them`, help)
  return numbers.map((number) => shards.get(number)!)
}

const isPickle = (name: string): boolean => /\.(bin|ckpt|pt|pth|pkl)$/.test(name)

function noWeights(component: string, names: readonly string[], sets: readonly Weights[]): never {
  const pickles = names.filter(isPickle)
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
  return fail('not-found', `the pipeline has no weights of its ${component}`, help)
}

function notPipeline(names: readonly string[]): never {
  const single = names.filter((name) => !name.includes('/') && /\.(safetensors|ckpt)$/.test(name))
  return fail(
    'unsupported',
    `there is no model_index.json${single.length > 0 ? `, only single files (${single.slice(0, 3).join(', ')})` : ''}`,
    names.includes('adapter_config.json') || single.some((name) => /lora/i.test(name))
      ? 'this looks like a LoRA: load it as an expert, on the base model that its page names'
      : help,
  )
}
