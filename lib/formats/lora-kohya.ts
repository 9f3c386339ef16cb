// LoRA in one file with kohya's keys, as sd-scripts, AUTOMATIC1111 and ComfyUI exchange them:
// `<flat name>.lora_down.weight`, `.lora_up.weight`, `.alpha`. Names are translated by kohya-names.ts.
import { fail } from '../base/errors.ts'
import { fromKohyaName, toKohyaName, toSgmName } from './kohya-names.ts'
import { type Lora, loraRank, splitComponent } from './lora.ts'
import { LoraDrafts, type LoraDtype, type LoraPart, loraTensor, upTensor } from './lora-drafts.ts'
import type { ReadTensor, SafetensorsTensor } from './safetensors.ts'

/** The file name used when a folder is given. */
export const kohyaLoraFile = 'lora_kohya.safetensors'

const parts: Record<string, LoraPart> = {
  'lora_down.weight': 'down',
  'lora_up.weight': 'up',
  alpha: 'alpha',
  dora_scale: 'dora_scale',
}

/** Builds a LoRA from kohya keys. @throws SelmaError `bad-file` listing keys that are not understood */
export function readKohyaLora(
  tensors: Iterable<[string, ReadTensor]>,
  metadata: Record<string, string>,
  path: string,
): Lora {
  const drafts = new LoraDrafts(path)
  for (const [key, tensor] of tensors) {
    const dot = key.indexOf('.')
    const module = fromKohyaName(key.slice(0, dot))
    const part = parts[key.slice(dot + 1)]
    if (module && part) drafts.add(module, part, tensor)
    else drafts.unknown(key)
  }
  const { format: _format, ...notes } = metadata
  return { layers: drafts.layers(), metadata: notes }
}

/** Stable Diffusion XL is the only one of the family whose transformers are more than one block deep. */
const isXl = (lora: Lora): boolean =>
  [...lora.layers.keys()].some(
    (name) => name.startsWith('text_encoder_2.') || /^unet\..*\.transformer_blocks\.[1-9]/.test(name),
  )

/** Stable Diffusion 1.x and 2.x differ in what their cross-attention reads: text states of 768, or of 1024 numbers. */
function textWidth(lora: Lora): number | undefined {
  const found = [...lora.layers].find(([name]) => /^unet\..*\.attn2\.to_[kv]$/.test(name))
  return found?.[1].down.shape[1]
}

/** The model that a file is for, where its layers tell. Of 2.x there are two (512, 768-v), which they do not. */
function modelNotes(lora: Lora, xl: boolean): Record<string, string> {
  const architecture = 'modelspec.architecture'
  if (xl) return { [architecture]: 'stable-diffusion-xl-v1-base/lora' }
  const width = textWidth(lora)
  if (width === 768) return { [architecture]: 'stable-diffusion-v1/lora' }
  return width === 1024 ? { ss_v2: 'True' } : {}
}

/** What sd-scripts and its readers note about a file; what the LoRA already notes stays. */
function kohyaNotes(lora: Lora, xl: boolean): Record<string, string> {
  const layers = [...lora.layers.values()]
  const single = <T>(values: T[]): string => (new Set(values).size === 1 ? String(values[0]) : 'Dynamic')
  return {
    ss_network_module: 'networks.lora',
    ss_network_dim: single(layers.map(loraRank)),
    ss_network_alpha: single(layers.map(({ alpha }) => alpha)),
    'modelspec.sai_model_spec': '1.0.0',
    ...modelNotes(lora, xl),
    'modelspec.implementation': 'https://github.com/Stability-AI/generative-models',
    'modelspec.title': lora.metadata.selma_expert ?? 'LoRA',
    ...lora.metadata,
  }
}

/**
 * Tensors and metadata of the kohya file; the UNet of Stable Diffusion XL under its original names (SGM).
 * @throws SelmaError `unsupported` for parts kohya has no name for
 */
export function writeKohyaLora(
  lora: Lora,
  dtype: LoraDtype,
): { tensors: Record<string, SafetensorsTensor>; metadata: Record<string, string> } {
  const tensors: Record<string, SafetensorsTensor> = {}
  const xl = isXl(lora)
  for (const [name, layer] of lora.layers) {
    const { component = 'unet', module } = splitComponent(name)
    const sgm = xl && component === 'unet' ? toSgmName(module) : undefined
    const flat = sgm ?? toKohyaName(component, module, xl)
    if (!flat || fromKohyaName(flat) !== `${component}.${module}`)
      return fail(
        'unsupported',
        `kohya's format has no name for the module ${name}`,
        "save it with format: 'diffusers'",
      )
    tensors[`${flat}.lora_down.weight`] = loraTensor(layer.down, dtype)
    tensors[`${flat}.lora_up.weight`] = upTensor(layer, dtype)
    if (layer.magnitude) {
      const shape = [layer.magnitude.length, ...(layer.kernel ? [1, 1, 1] : [1])]
      tensors[`${flat}.dora_scale`] = loraTensor({ shape, data: layer.magnitude }, dtype)
    }
    // Always float32: a scale folded into alpha need not be a round number.
    tensors[`${flat}.alpha`] = { dtype: 'F32', shape: [], data: Float32Array.of(layer.alpha) }
  }
  return { tensors, metadata: { ...kohyaNotes(lora, xl), format: 'pt' } }
}
