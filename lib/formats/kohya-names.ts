// kohya's flat layer names (`lora_unet_down_blocks_0_attentions_0_…_to_q`) to and from diffusers module paths.
// A flat name has lost its dots; they are found again with the vocabulary of Stable Diffusion's modules.
// Source: diffusers 0.42 (loaders/lora_conversion_utils.py); SDXL's block layout as its UNet config gives it.

const vocabulary = (
  'down_blocks up_blocks mid_block attentions resnets downsamplers upsamplers transformer_blocks ' +
  'attn1 attn2 to_q to_k to_v to_out ff net proj proj_in proj_out norm norm1 norm2 norm3 ' +
  'conv conv1 conv2 conv_in conv_out conv_shortcut time_emb_proj time_embedding add_embedding linear_1 linear_2 ' +
  'text_model text_projection encoder layers self_attn q_proj k_proj v_proj out_proj mlp fc1 fc2'
)
  .split(' ')
  .sort((a, b) => b.length - a.length)

const prefixes: [string, string][] = [
  ['lora_unet_', 'unet'],
  ['lora_te1_', 'text_encoder'],
  ['lora_te2_', 'text_encoder_2'],
  ['lora_te_', 'text_encoder'],
]

/** Whether a tensor key is spelled in kohya's way. */
export const isKohyaKey = (key: string): boolean => prefixes.some(([prefix]) => key.startsWith(prefix))

/** Finds the dots again: numbers and the longest known words; undefined if a word is not known. */
function dotted(flat: string): string | undefined {
  const parts: string[] = []
  let rest = flat
  while (rest !== '') {
    const number = /^\d+(?=_|$)/.exec(rest)?.[0]
    const word = number ?? vocabulary.find((w) => rest === w || rest.startsWith(`${w}_`))
    if (word === undefined) return undefined
    parts.push(word)
    rest = rest.slice(word.length + 1)
  }
  return parts.join('.')
}

/** Modules of the original (non-diffusers) UNet that stand alone. */
const originalNames: Record<string, string> = {
  input_blocks_0_0: 'conv_in',
  out_2: 'conv_out',
  time_embed_0: 'time_embedding_linear_1',
  time_embed_2: 'time_embedding_linear_2',
  label_emb_0_0: 'add_embedding_linear_1',
  label_emb_0_2: 'add_embedding_linear_2',
}

/** Parts of the original ResNet block and resamplers. */
const originalParts: Record<string, string> = {
  in_layers_2: 'conv1',
  emb_layers_1: 'time_emb_proj',
  out_layers_3: 'conv2',
  skip_connection: 'conv_shortcut',
  op: 'conv',
}

/**
 * The original UNet's names (kohya trains SDXL on it) in diffusers' words, still flat; others unchanged.
 * Both SD 1.x and SDXL have two layers a block.
 */
function fromOriginal(flat: string, layersPerBlock = 2): string {
  if (originalNames[flat]) return originalNames[flat]
  const match = /^(input_blocks|output_blocks|middle_block)_(\d+)(?:_(\d+))?_(.+)$/.exec(flat)
  if (!match) return flat
  const [, kind, first, second, tail] = match
  const part = originalParts[tail] ?? tail
  if (kind === 'middle_block')
    return first === '1' ? `mid_block_attentions_0_${part}` : `mid_block_resnets_${Number(first) / 2}_${part}`
  if (second === undefined) return flat
  const perBlock = layersPerBlock + 1
  const at = kind === 'input_blocks' ? Number(first) - 1 : Number(first)
  const block = `${kind === 'input_blocks' ? 'down' : 'up'}_blocks_${Math.floor(at / perBlock)}`
  const layer = at % perBlock
  if (tail === 'op') return `${block}_downsamplers_0_conv`
  if (tail === 'conv') return `${block}_upsamplers_0_conv`
  return second === '0' ? `${block}_resnets_${layer}_${part}` : `${block}_attentions_${layer}_${part}`
}

/** Module path of a kohya layer name, the component first; undefined if it cannot be told. */
export function fromKohyaName(name: string): string | undefined {
  const found = prefixes.find(([prefix]) => name.startsWith(prefix))
  if (!found) return undefined
  const [prefix, component] = found
  const flat = name.slice(prefix.length)
  const module = dotted(component === 'unet' ? fromOriginal(flat) : flat)
  return module ? `${component}.${module}` : undefined
}

/**
 * kohya layer name of a module.
 *
 * @param twoEncoders SDXL numbers its text encoders: `lora_te1_`, `lora_te2_`
 */
export function toKohyaName(component: string, module: string, twoEncoders: boolean): string | undefined {
  const name =
    component === 'text_encoder' && twoEncoders
      ? 'lora_te1_'
      : prefixes.findLast(([, c]) => c === component)?.[0]
  return name && `${name}${module.replaceAll('.', '_')}`
}

const reversed = (map: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(map).map(([from, to]) => [to, from]))
const namesInOriginal = reversed(originalNames)
const partsInOriginal = reversed(originalParts)

/** A diffusers module of Stable Diffusion XL's UNet under the original UNet's name, flat; undefined if it has none. */
function toOriginal(module: string): string | undefined {
  const flat = module.replaceAll('.', '_')
  const alone = namesInOriginal[flat]
  if (alone) return alone
  const inResnet = (part: string): string => partsInOriginal[part] ?? part
  const middle = /^mid_block\.(resnets|attentions)\.(\d)\.(.+)$/.exec(module)
  if (middle) {
    const [, kind, index, rest] = middle
    return kind === 'attentions'
      ? `middle_block_1_${rest.replaceAll('.', '_')}`
      : `middle_block_${Number(index) * 2}_${inResnet(rest)}`
  }
  const match = /^(down|up)_blocks\.(\d)\.(resnets|attentions|downsamplers|upsamplers)\.(\d)\.(.+)$/.exec(
    module,
  )
  if (!match) return undefined
  const [, way, block, kind, index, rest] = match
  if (kind === 'downsamplers') return `input_blocks_${Number(block) * 3 + 3}_0_op`
  if (kind === 'upsamplers') return `output_blocks_${Number(block) * 3 + 2}_2_conv`
  const at = Number(block) * 3 + Number(index)
  const name = way === 'down' ? `input_blocks_${at + 1}` : `output_blocks_${at}`
  return kind === 'resnets' ? `${name}_0_${inResnet(rest)}` : `${name}_1_${rest.replaceAll('.', '_')}`
}

/** The name of a UNet's module in files for Stable Diffusion XL, which kohya trains under the original UNet's names. */
export function toSgmName(module: string): string | undefined {
  const name = toOriginal(module)
  return name && `lora_unet_${name}`
}
