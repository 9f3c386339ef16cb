// Which files of a repository a text-to-image pipeline of the UNet kind needs: configs, tokenizer, scheduler
// and safetensors weights, in one precision. Never pickled weights (.bin, .ckpt: opening one can run code),
// other frameworks' weights, single-file checkpoints, or the safety checker. File names are those of
// diffusers' and transformers' `save_pretrained`. Not a look into the files: names are all there is here.
import { fail } from '../base/errors.ts'
import {
  type ComponentName,
  checkVariant,
  chooseWeights,
  weightStems,
  weightVariants,
} from '../diffusion/weight-files.ts'

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
      'choose a Stable Diffusion 1.x, 2.x or XL model',
    )

  const files = ['model_index.json', needed(names, 'scheduler/scheduler_config.json')]
  const found: PipelineFiles = { files, weights: {}, variants: {} }
  const offered: string[] = []
  for (const component of Object.keys(weightStems) as ComponentName[]) {
    if (!required.includes(component) && !inFolder(names, component).length) continue
    files.push(needed(names, `${component}/config.json`))
    const there = inFolder(names, component)
    offered.push(...weightVariants(component, there))
    const { variant, files: paths, index } = chooseWeights(component, there, wish)
    found.variants[component] = variant
    found.weights[component] = paths.map((name) => `${component}/${name}`)
    files.push(...found.weights[component])
    if (index !== undefined) files.push(`${component}/${index}`)
    const tokenizer = component.replace('text_encoder', 'tokenizer')
    if (tokenizer !== component) files.push(...tokenizerOf(names, tokenizer))
  }
  checkVariant(options.variant, Object.values(found.variants), offered)
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
