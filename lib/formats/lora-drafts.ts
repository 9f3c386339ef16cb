// Puts LoRA layers together from tensors that a file names one by one (down here, up there, alpha elsewhere).
// Shared by the three file formats; knows no key names.
import { fail } from '../base/errors.ts'
import { toBfloat16, toHalf } from './half.ts'
import type { LoraLayer, LoraMatrix } from './lora.ts'
import { type ReadTensor, type SafetensorsDtype, type SafetensorsTensor, toFloats } from './safetensors.ts'

/** Element types a LoRA can be saved in. */
export type LoraDtype = Extract<SafetensorsDtype, 'F32' | 'F16' | 'BF16'>

/**
 * What a tensor is to its layer. A magnitude is PEFT's `lora_magnitude_vector`: [out], or [1, out, 1, 1]. `dora_scale`
 * is that of LyCORIS and ComfyUI: [out, 1…]; where their norm was taken over the other axis, [1, in…].
 */
export type LoraPart = 'down' | 'up' | 'alpha' | 'magnitude' | 'dora_scale'

/** What a file has said so far about one module. */
export interface LayerDraft {
  down?: LoraMatrix
  up?: LoraMatrix
  alpha?: number
  magnitude?: LoraMatrix
}

/** Collects tensors by module while a file is read; `layers()` checks that every module is whole. */
export class LoraDrafts {
  readonly #path: string
  readonly #drafts = new Map<string, LayerDraft>()
  readonly #unknown: string[] = []

  constructor(path: string) {
    this.#path = path
  }

  /** Notes a tensor of a module. @throws SelmaError `bad-file` when the module already has it */
  add(module: string, as: LoraPart, { shape, dtype, data }: ReadTensor): void {
    const what = `${this.#path}: ${as} of ${module}`
    const part = as === 'dora_scale' ? 'magnitude' : as
    const draft = this.#drafts.get(module) ?? {}
    this.#drafts.set(module, draft)
    if (draft[part] !== undefined) fail('bad-file', `${what} is given twice, under two spellings`)
    const floats = toFloats(data, dtype, what)
    if (as === 'dora_scale' && shape[0] !== floats.length)
      fail('bad-file', `${what} has the shape [${shape}]`, 'magnitudes of output rows are read: [out, 1]')
    if (part !== 'alpha') draft[part] = { shape, data: floats }
    else if (floats.length === 1 && Number.isFinite(floats[0])) draft.alpha = floats[0]
    else fail('bad-file', `${what} is not one finite number but has shape [${shape}]`)
  }

  /** Notes a key that the format does not know. */
  unknown(key: string): void {
    this.#unknown.push(key)
  }

  /**
   * The finished layers, in the order of their first tensor.
   *
   * @param alphaOf alpha of a module without an alpha tensor; alpha = rank where it gives undefined
   * @throws SelmaError `bad-file` listing unknown keys, or naming the module that is not whole
   */
  layers(
    alphaOf: (module: string, rank: number) => number | undefined = () => undefined,
  ): Map<string, LoraLayer> {
    if (this.#unknown.length > 0) {
      const some = this.#unknown.slice(0, 10).join(', ')
      const more = this.#unknown.length > 10 ? `, and ${this.#unknown.length - 10} more` : ''
      fail(
        'bad-file',
        `${this.#path} has keys that are not part of a LoRA as read here: ${some}${more}`,
        'LoRA and DoRA in diffusers, PEFT or kohya naming are read; LoHa, LoKr and biases are not',
      )
    }
    if (this.#drafts.size === 0) fail('bad-file', `${this.#path} has no LoRA layers`)
    const layers = new Map<string, LoraLayer>()
    for (const [module, draft] of this.#drafts) layers.set(module, this.#layer(module, draft, alphaOf))
    return layers
  }

  #layer(
    module: string,
    { down, up, alpha, magnitude }: LayerDraft,
    alphaOf: (module: string, rank: number) => number | undefined,
  ): LoraLayer {
    const bad = (why: string): never => fail('bad-file', `${this.#path}: ${module} ${why}`)
    if (!down || !up) return bad(`has no ${down ? 'up (B)' : 'down (A)'} matrix`)
    const rank = down.shape[0]
    const convolution = down.shape.length === 4
    if (!convolution && down.shape.length !== 2)
      bad(`has a down matrix of shape [${down.shape}]; two or four axes are needed`)
    const pointwise = up.shape.length === 4 && up.shape[2] === 1 && up.shape[3] === 1
    if (convolution ? !pointwise : up.shape.length !== 2)
      bad(`has a down matrix of shape [${down.shape}] but an up matrix of shape [${up.shape}]`)
    if (!rank || up.shape[1] !== rank)
      bad(`has a down matrix of rank ${rank} but an up matrix of rank ${up.shape[1]}`)
    const [rows] = up.shape
    const fits = [String(rows), `${rows},1`, `${rows},1,1,1`, `1,${rows},1,1`]
    if (magnitude && !fits.includes(String(magnitude.shape)))
      bad(`has a magnitude of shape [${magnitude.shape}] for ${rows} output rows`)
    return {
      down,
      up: { shape: up.shape.slice(0, 2), data: up.data },
      alpha: alpha ?? alphaOf(module, rank) ?? rank,
      ...(convolution && { kernel: [down.shape[2], down.shape[3]] as [number, number] }),
      ...(magnitude && { magnitude: magnitude.data }),
    }
  }
}

/** A float32 matrix as a tensor of the wanted dtype. */
export function loraTensor({ shape, data }: LoraMatrix, dtype: LoraDtype): SafetensorsTensor {
  if (dtype === 'F16') return { dtype, shape, data: toHalf(data) }
  if (dtype === 'BF16') return { dtype, shape, data: toBfloat16(data) }
  return { dtype, shape, data }
}

/** The up matrix as files hold it: with 1×1 kernel axes for a convolution. */
export function upTensor({ up, kernel }: LoraLayer, dtype: LoraDtype): SafetensorsTensor {
  return loraTensor(kernel ? { shape: [...up.shape, 1, 1], data: up.data } : up, dtype)
}

/** The DoRA magnitude as PEFT holds it: [out], for a convolution [1, out, 1, 1]. */
export function magnitudeTensor({ magnitude, kernel }: LoraLayer, dtype: LoraDtype): SafetensorsTensor {
  const data = magnitude!
  return loraTensor({ shape: kernel ? [1, data.length, 1, 1] : [data.length], data }, dtype)
}
