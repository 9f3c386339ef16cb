// The numbers of a LoRA in training: where they start, and as a LoRA to save.
import type { Random } from '../base/random.ts'
import type { Checkpoint } from '../diffusion/checkpoint.ts'
import { factorNames, magnitudeName } from '../diffusion/lora-layers.ts'
import { weightReader } from '../diffusion/weights.ts'
import type { Lora, LoraLayer } from '../formats/lora.ts'
import { type ParameterLayout, sizeOf } from '../runtime/index.ts'
import { type LoraGraph, prefixOf, type TrainedLayer } from './lora-training.ts'
import { componentOf } from './trained-text.ts'

/**
 * PEFT's "gaussian" start: A from N(0, 1/rank), B zero, so that the first step starts from the base.
 *
 * @param magnitudes of a DoRA, by their name in the layout; see `baseMagnitudes`
 */
export function initialFactors(
  layout: ParameterLayout,
  random: Random,
  magnitudes: ReadonlyMap<string, Float32Array> = new Map(),
): Float32Array {
  return layout.pack(({ name, shape }) => {
    const magnitude = magnitudes.get(name)
    if (magnitude) return magnitude
    const length = sizeOf(shape)
    if (name.endsWith('lora_B.weight')) return new Float32Array(length)
    return random
      .derive(name)
      .normals(length)
      .map((value) => value / shape[0])
  })
}

/** The 2-norms of the rows of the frozen weights that a DoRA changes: where its magnitudes start. */
export async function baseMagnitudes(
  checkpoint: Checkpoint,
  { layout, layers }: LoraGraph,
): Promise<Map<string, Float32Array>> {
  const out = new Map<string, Float32Array>()
  const readers = new Map<string, ReturnType<typeof weightReader>>()
  for (const { component, module, outFeatures } of layers) {
    const name = magnitudeName(prefixOf(component) + module)
    if (!layout.get(name)) continue
    const read = readers.get(component) ?? weightReader(componentOf(checkpoint, component).weights)
    readers.set(component, read)
    const data = await read(`${module}.weight`)
    const columns = data.length / outFeatures
    const norms = Float32Array.from({ length: outFeatures }, (_, row) => {
      let sum = 0
      for (let i = row * columns; i < (row + 1) * columns; i++) sum += data[i] ** 2
      return Math.sqrt(sum)
    })
    out.set(name, norms)
  }
  return out
}

/** A layer's path as diffusers' LoRA files have it: text encoders always with `text_model.`. */
export function savedPath({ component, module }: Pick<TrainedLayer, 'component' | 'module'>): string {
  const whole = component === 'unet' || /^text_(model|projection)\b/.test(module)
  const own = whole ? module : `text_model.${module}`
  return `${component}.${own}`
}

/** The flat vector as a LoRA under diffusers' names. */
export function asLora(graph: LoraGraph, flat: Float32Array, metadata: Record<string, string>): Lora {
  const { layout, layers } = graph
  const part = (name: string): Float32Array => layout.view(flat, layout.get(name)!).slice()
  const made = layers.map((trained): [string, LoraLayer] => {
    const { component, module, inFeatures, outFeatures, rank, scale, kernel } = trained
    const path = prefixOf(component) + module
    const [down, up] = factorNames(path).map(part)
    const magnitude = layout.get(magnitudeName(path))
    const layer: LoraLayer = {
      down: { shape: kernel ? [rank, inFeatures, ...kernel] : [rank, inFeatures], data: down },
      up: { shape: [outFeatures, rank], data: up },
      alpha: scale * rank,
      ...(kernel && { kernel: [kernel[0], kernel[1]] as [number, number] }),
      ...(magnitude && { magnitude: part(magnitude.name) }),
    }
    return [savedPath(trained), layer]
  })
  return { layers: new Map(made), metadata }
}
