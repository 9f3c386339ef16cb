// LoRA as a PEFT folder: `adapter_config.json` and `adapter_model.safetensors` with `base_model.model.…` keys.
// A PEFT adapter belongs to one model and does not say which; here that is the component of the module path.
// Source: peft 0.21 (utils/save_and_load.py).
import { fail } from '../base/errors.ts'
import { type Lora, type LoraLayer, publishedPath, splitComponent } from './lora.ts'
import {
  LoraDrafts,
  type LoraDtype,
  type LoraPart,
  loraTensor,
  magnitudeTensor,
  upTensor,
} from './lora-drafts.ts'
import { alphaFromConfig, parsePeftConfig, peftConfigOf } from './peft-config.ts'
import type { ReadTensor, SafetensorsTensor } from './safetensors.ts'

export const peftConfigFile = 'adapter_config.json'
export const peftLoraFile = 'adapter_model.safetensors'

const prefix = 'base_model.model.'
const componentNote = 'component'
const partOf: Record<string, LoraPart> = { A: 'down', B: 'up', magnitude: 'magnitude' }

/**
 * Builds a LoRA from a PEFT adapter.
 *
 * @param config parsed `adapter_config.json`; without one, alpha = rank
 * @param component which model it adapts; by default what the file notes, else `text_encoder` for
 *   CLIP's `text_model.…` names, else `unet`
 */
export function readPeftLora(
  tensors: Iterable<[string, ReadTensor]>,
  metadata: Record<string, string>,
  config: unknown,
  path: string,
  component?: string,
): Lora {
  const drafts = new LoraDrafts(path)
  // As the file has them: that is what its config's patterns speak of.
  const spelled = new Map<string, string>()
  const { [componentNote]: noted, format: _format, ...notes } = metadata
  for (const [key, tensor] of tensors) {
    const match =
      /^base_model\.model\.(.+)\.lora_([AB])(?:\.[^.]+)?\.weight$/.exec(key) ??
      /^base_model\.model\.(.+)\.lora_(magnitude)_vector(?:\.[^.]+)?(?:\.weight)?$/.exec(key)
    if (!match) {
      drafts.unknown(key)
      continue
    }
    const guess = /^(text_model|text_projection|encoder\.layers)\b/.test(match[1]) ? 'text_encoder' : 'unet'
    const own = `${component ?? noted ?? guess}.${match[1]}`
    spelled.set(publishedPath(own), own)
    drafts.add(publishedPath(own), partOf[match[2]], tensor)
  }
  const checked = config === undefined ? undefined : parsePeftConfig(config, path)
  const layers = drafts.layers(
    (name, rank) =>
      checked && alphaFromConfig(checked, splitComponent(spelled.get(name) ?? name).module, rank, path),
  )
  return { layers, metadata: notes }
}

/**
 * Tensors, metadata and config of the PEFT folder.
 *
 * @throws SelmaError `unsupported` when the LoRA adapts more than one model
 */
export function writePeftLora(
  lora: Lora,
  dtype: LoraDtype,
): {
  tensors: Record<string, SafetensorsTensor>
  metadata: Record<string, string>
  config: Record<string, unknown>
} {
  const tensors: Record<string, SafetensorsTensor> = {}
  const modules = new Map<string, LoraLayer>()
  const components = new Set<string>()
  for (const [name, layer] of lora.layers) {
    const { component = 'unet', module } = splitComponent(name)
    components.add(component)
    modules.set(module, layer)
    tensors[`${prefix}${module}.lora_A.weight`] = loraTensor(layer.down, dtype)
    tensors[`${prefix}${module}.lora_B.weight`] = upTensor(layer, dtype)
    if (layer.magnitude) tensors[`${prefix}${module}.lora_magnitude_vector`] = magnitudeTensor(layer, dtype)
  }
  if (components.size > 1)
    fail(
      'unsupported',
      `a PEFT folder adapts one model, but this LoRA adapts ${[...components].join(' and ')}`,
      "save it with format: 'diffusers', or one component at a time",
    )
  const [component] = components
  const config = { base_model_name_or_path: null, task_type: null, ...peftConfigOf(modules) }
  return { tensors, metadata: { ...lora.metadata, format: 'pt', [componentNote]: component }, config }
}
