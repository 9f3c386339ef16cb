// LoRAs for the tests of this folder: random ones, and the golden experts of merges.safetensors.
import { Random } from '../../lib/base/random.ts'
import { deltaWeight, type Lora, type LoraLayer } from '../../lib/formats/lora.ts'
import { readSafetensorsSync } from '../../lib/formats/safetensors.ts'

/** A random LoRA on two linear layers and a convolution. */
export function randomLora(
  seed: number,
  { rank = 4, alpha = rank }: { rank?: number; alpha?: number } = {},
): Lora {
  const random = new Random(seed)
  const linear = (out: number, input: number): LoraLayer => ({
    down: { shape: [rank, input], data: random.normals(rank * input) },
    up: { shape: [out, rank], data: random.normals(out * rank) },
    alpha,
  })
  const convolution = linear(10, 6 * 9)
  convolution.down.shape = [rank, 6, 3, 3]
  convolution.kernel = [3, 3]
  const layers = new Map([
    ['unet.attn1.to_q', linear(24, 30)],
    ['unet.attn1.to_out.0', linear(40, 16)],
    ['unet.conv1', convolution],
  ])
  return { layers, metadata: { seed: String(seed) } }
}

/** ‖a − b‖ / ‖b‖. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let error = 0
  let norm = 0
  for (let i = 0; i < b.length; i++) {
    error += (a[i] - b[i]) ** 2
    norm += b[i] ** 2
  }
  return a.length === b.length ? Math.sqrt(error / norm) : Infinity
}

/** The largest relative error of a layer's weight change between two LoRAs. */
export function worstDelta(a: Lora, b: Lora): number {
  const errors = [...b.layers].map(([name, layer]) =>
    relativeError(deltaWeight(a.layers.get(name)!).data, deltaWeight(layer).data),
  )
  return Math.max(...errors)
}

export const golden = readSafetensorsSync('tests/golden/data/merging/merges.safetensors')

/** One of peft's three experts of a group. */
export function goldenExpert(group: string, expert: number, alpha: number, modules: string[]): Lora {
  const layers = modules.map((name): [string, LoraLayer] => {
    const down = golden.get(`${group}.${expert}.${name}.A`)!
    const up = golden.get(`${group}.${expert}.${name}.B`)!
    return [
      name,
      {
        down: { shape: down.shape, data: down.data as Float32Array },
        up: { shape: up.shape.slice(0, 2), data: up.data as Float32Array },
        alpha,
        ...(down.shape.length === 4 && { kernel: [down.shape[2], down.shape[3]] as [number, number] }),
      },
    ]
  })
  return { layers: new Map(layers), metadata: {} }
}
