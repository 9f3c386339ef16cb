// LoRA in diffusers' own file, `pytorch_lora_weights.safetensors`: today's `lora_A`/`lora_B` keys written,
// those and every older diffusers spelling read. Alpha travels in the metadata entry `lora_adapter_metadata`.
// Source: diffusers 0.42 (loaders/lora_base.py, utils/state_dict_utils.py).
import { SelmaError } from '../base/errors.ts'
import { type Lora, type LoraLayer, publishedPath, splitComponent } from './lora.ts'
import {
  LoraDrafts,
  type LoraDtype,
  type LoraPart,
  loraTensor,
  magnitudeTensor,
  upTensor,
} from './lora-drafts.ts'
import { alphaFromConfig, type PeftConfig, parsePeftConfig, peftConfigOf } from './peft-config.ts'
import type { ReadTensor, SafetensorsTensor } from './safetensors.ts'

/** The file diffusers looks for in a folder. */
export const diffusersLoraFile = 'pytorch_lora_weights.safetensors'

const metadataKey = 'lora_adapter_metadata'

/** Spellings of attention projections in the attention processors of diffusers before 0.22. */
const processorNames: Record<string, string> = {
  to_q: 'to_q',
  to_k: 'to_k',
  to_v: 'to_v',
  to_out: 'to_out.0',
}
const textEncoderNames: Record<string, string> = {
  to_q: 'q_proj',
  to_k: 'k_proj',
  to_v: 'v_proj',
  to_out: 'out_proj',
}

/** Module and part that a key of any diffusers age names. */
function parseKey(key: string): { module: string; part: LoraPart } | undefined {
  const plain = key.replace('.processor.', '.')
  let match = /^(.+)\.lora_([AB])(?:\.[^.]+)?\.weight$/.exec(plain)
  if (match) return { module: match[1], part: match[2] === 'A' ? 'down' : 'up' }
  match = /^(.+)\.(?:lora|lora_linear_layer)\.(down|up)\.weight$/.exec(plain)
  if (match) return { module: match[1], part: match[2] as 'down' | 'up' }
  match = /^(.+)\.(to_q|to_k|to_v|to_out)_lora\.(down|up)\.weight$/.exec(plain)
  if (match) {
    const names = match[1].includes('text_model.') ? textEncoderNames : processorNames
    return { module: `${match[1]}.${names[match[2]]}`, part: match[3] as 'down' | 'up' }
  }
  match = /^(.+)\.lora_magnitude_vector(?:\.[^.]+)?(?:\.weight)?$/.exec(plain)
  if (match) return { module: match[1], part: 'magnitude' }
  match = /^(.+)\.(alpha|dora_scale)$/.exec(plain)
  return match ? { module: match[1], part: match[2] as 'alpha' | 'dora_scale' } : undefined
}

/** Splits `unet.r`, `unet.lora_alpha`, … into one config a component. */
function configsFrom(json: string, path: string): Map<string, PeftConfig> {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new SelmaError('bad-file', `${path}: its ${metadataKey} is not JSON: ${(cause as Error).message}`, {
      cause,
    })
  }
  const fields = new Map<string, Record<string, unknown>>()
  for (const [key, field] of Object.entries(value ?? {})) {
    const { component = '', module } = splitComponent(key)
    fields.set(component, { ...fields.get(component), [module]: field })
  }
  return new Map([...fields].map(([component, config]) => [component, parsePeftConfig(config, path)]))
}

/**
 * Builds a LoRA from the tensors of a diffusers file. Keys without a component belong to the UNet.
 *
 * @throws SelmaError `bad-file` listing keys that are not understood
 */
export function readDiffusersLora(
  tensors: Iterable<[string, ReadTensor]>,
  metadata: Record<string, string>,
  path: string,
): Lora {
  const drafts = new LoraDrafts(path)
  // As the file has them: that is what its config's patterns speak of.
  const spelled = new Map<string, string>()
  for (const [key, tensor] of tensors) {
    const parsed = parseKey(key)
    if (!parsed) {
      drafts.unknown(key)
      continue
    }
    const own = splitComponent(parsed.module).component ? parsed.module : `unet.${parsed.module}`
    spelled.set(publishedPath(own), own)
    drafts.add(publishedPath(own), parsed.part, tensor)
  }
  const { [metadataKey]: json, format: _format, ...notes } = metadata
  const configs = json === undefined ? new Map<string, PeftConfig>() : configsFrom(json, path)
  const layers = drafts.layers((name, rank) => {
    const { component = '', module } = splitComponent(spelled.get(name) ?? name)
    const config = configs.get(component)
    return config && alphaFromConfig(config, module, rank, path)
  })
  return { layers, metadata: notes }
}

/** Tensors and metadata of the diffusers file. */
export function writeDiffusersLora(
  lora: Lora,
  dtype: LoraDtype,
): { tensors: Record<string, SafetensorsTensor>; metadata: Record<string, string> } {
  const tensors: Record<string, SafetensorsTensor> = {}
  const components = new Map<string, Map<string, LoraLayer>>()
  for (const [name, layer] of lora.layers) {
    tensors[`${name}.lora_A.weight`] = loraTensor(layer.down, dtype)
    tensors[`${name}.lora_B.weight`] = upTensor(layer, dtype)
    if (layer.magnitude) tensors[`${name}.lora_magnitude_vector`] = magnitudeTensor(layer, dtype)
    const { component = 'unet', module: path } = splitComponent(name)
    // PEFT finds modules by the end of their path: without `text_model.` those of every transformers are found.
    const module = path.replace(/^text_model\./, '')
    const modules = components.get(component) ?? new Map<string, LoraLayer>()
    components.set(component, modules.set(module, layer))
  }
  const fields = [...components].flatMap(([component, layers]) =>
    Object.entries(peftConfigOf(layers, component === 'unet')).map(
      ([key, value]) => [`${component}.${key}`, value] as const,
    ),
  )
  const config = Object.fromEntries(fields.sort(([a], [b]) => (a < b ? -1 : 1)))
  return {
    tensors,
    metadata: { ...lora.metadata, format: 'pt', [metadataKey]: JSON.stringify(config, null, 2) },
  }
}
