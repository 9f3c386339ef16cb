// LoRA beside a model's layers in three forms: trainable (slices of a flat vector: trainable-lora.ts), live
// (factors and one weight per rank that the session keeps as variables), and fused into the frozen weights.
// Source: Hu et al. 2021; PEFT's LoraLayer.
import { fail } from '../base/errors.ts'
import { deltaWeight, type Lora } from '../formats/lora.ts'
import { readSafetensorsHeader } from '../formats/safetensors.ts'
import { type Graph, linear, matmul, mul, reshape, type Tensor } from '../runtime/index.ts'
import type { LoraBranch, LoraTarget } from './builder.ts'
import { type WeightsHeader, weightReader } from './weights.ts'

export { declareFactors, factorNames, magnitudeName, trainableLora } from './trainable-lora.ts'

/** The attention projections that SELMA trains. */
export const attentionProjections = ['to_q', 'to_k', 'to_v', 'to_out.0'] as const

function wholePath(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})$`)
  } catch (error) {
    return fail(
      'bad-input',
      `the LoRA targets ${JSON.stringify(pattern)} are no regular expression: ${(error as Error).message}`,
      'a single string is a regular expression over module paths; to name layers, give a list',
      error,
    )
  }
}

/**
 * Whether a module is meant by PEFT's `target_modules`: a name matches a whole module path or its end at a dot;
 * a single string is a regular expression over the whole path.
 */
export function matchesTarget(module: string, targets: readonly string[] | string): boolean {
  if (typeof targets === 'string') return wholePath(targets).test(module)
  return targets.some((target) => module === target || module.endsWith(`.${target}`))
}

/** Collects the layers that `targets` name, while a model is built; fails afterwards if there is none. */
export function collectTargets(
  targets: readonly string[] | string,
): LoraBranch & { readonly found: LoraTarget[]; check(): LoraTarget[] } {
  const found: LoraTarget[] = []
  const seen: string[] = []
  return {
    found,
    delta(target) {
      seen.push(target.module)
      if (matchesTarget(target.module, targets) && !found.some((known) => known.module === target.module))
        found.push(target)
      return undefined
    },
    check() {
      if (found.length > 0) return found
      const names = [
        ...new Set(
          seen.map((module) =>
            module
              .split('.')
              .slice(-2)
              .join('.')
              .replace(/^\d+\./, ''),
          ),
        ),
      ]
      return fail(
        'bad-input',
        `no layer is named by the LoRA targets ${JSON.stringify(targets)}`,
        `layers end in ${names.sort().join(', ')}`,
      )
    },
  }
}

/** One live LoRA slot of a layer. */
export interface LiveSlot {
  module: string
  rank: number
  inFeatures: number
  outFeatures: number
}

/** Variable names of a slot: factors, and the shared weight of every rank. */
export const slotNames = (module: string) => ({ down: `live.${module}.A`, up: `live.${module}.B` })
/** Name of the variable [experts] that holds each expert's weight. */
export const LIVE_WEIGHTS = 'live.weights'

/**
 * Σᵢ wᵢ·scaleᵢ·Bᵢ Aᵢ x for experts laid side by side in one rank axis. Changing factors or weights is setting
 * variables of the session; no new session is needed.
 *
 * @param slots each layer's total rank
 * @param ranks the rank of every expert in one layer, in order; their sum is the slot's rank
 */
export function liveLora(
  graph: Graph,
  slots: ReadonlyMap<string, LiveSlot>,
  ranks: (module: string) => readonly number[],
  experts: number,
): LoraBranch {
  const weights = graph.variable(LIVE_WEIGHTS, [1, experts])
  const spreads = new Map<string, Tensor>()
  return {
    delta({ module }, x) {
      const slot = slots.get(module)
      if (!slot) return undefined
      const key = ranks(module).join(',')
      let spread = spreads.get(key)
      if (!spread) {
        // [experts, rank]: which expert a rank belongs to.
        const owner = ranks(module).flatMap((rank, expert) => Array<number>(rank).fill(expert))
        const table = Float32Array.from({ length: experts * owner.length }, (_, i) =>
          owner[i % owner.length] === Math.floor(i / owner.length) ? 1 : 0,
        )
        spread = matmul(weights, graph.floats(table, [experts, owner.length], graph.fresh('live_owner')))
        spreads.set(key, spread)
      }
      const names = slotNames(module)
      const down = graph.variable(names.down, [slot.rank, slot.inFeatures])
      const up = graph.variable(names.up, [slot.outFeatures, slot.rank])
      const inner = linear(x, down)
      return linear(mul(inner, reshape(spread, [slot.rank])), up)
    },
  }
}

/** A shape without the 1×1 kernel axes that some files write and others leave off. */
const plainShape = (shape: readonly number[]): string => shape.join(',').replace(/(,1){2}$/, '')

/**
 * Weights of one component with LoRAs added: W + Σ wᵢ·ΔWᵢ, by weight name, as float32.
 *
 * @throws SelmaError `mismatch` when a LoRA names a layer that the checkpoint lacks, or with another shape
 */
export async function fuseLoras(
  checkpoint: string | WeightsHeader,
  component: string,
  loras: readonly { lora: Lora; weight: number }[],
): Promise<Map<string, Float32Array>> {
  const file: WeightsHeader =
    typeof checkpoint === 'string' ? await readSafetensorsHeader(checkpoint) : checkpoint
  const floats = weightReader(file)
  const out = new Map<string, Float32Array>()
  for (const { lora, weight } of loras) {
    for (const [path, layer] of lora.layers) {
      if (!path.startsWith(`${component}.`)) continue
      const written = `${path.slice(component.length + 1)}.weight`
      // transformers 5 writes text encoders without the `text_model.` that LoRA files have.
      const name = file.tensors.has(written) ? written : written.replace(/^text_model\./, '')
      if (!file.tensors.has(name))
        fail(
          'mismatch',
          `the LoRA changes ${path}, which ${file.path} does not have`,
          'it was trained for another base model',
        )
      const original = layer.magnitude || !out.has(name) ? await floats(name) : undefined
      const base = out.get(name) ?? original!
      // A DoRA's weight is inside its norm, as in PEFT; elsewhere it is a plain factor.
      const delta = layer.magnitude ? deltaWeight(layer, original, weight) : deltaWeight(layer)
      const factor = layer.magnitude ? 1 : weight
      if (plainShape(delta.shape) !== plainShape(file.tensors.get(name)!.shape)) {
        fail(
          'mismatch',
          `the LoRA's ${path} has the shape [${delta.shape}], the model's [${file.tensors.get(name)!.shape}]`,
          'it was trained for another base model',
        )
      }
      const sum = new Float32Array(base.length)
      for (let i = 0; i < sum.length; i++) sum[i] = base[i] + factor * delta.data[i]
      out.set(name, sum)
    }
  }
  return out
}
