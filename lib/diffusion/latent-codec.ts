// Between pictures and the latents that the UNet sees: the VAE with its scaling factor, in batches.
import { fail } from '../base/errors.ts'
import type { Picture } from '../formats/picture.ts'
import { type Graph, sizeOf } from '../runtime/index.ts'
import { Builder, type Weights } from './builder.ts'
import type { Component } from './checkpoint.ts'
import type { VaeConfig } from './config.ts'
import { fromPixels, toPixels } from './pixels.ts'
import { rowsFor, type SessionPool } from './session-pool.ts'
import { vaeDecode, vaeEncode } from './vae.ts'
import { checkpointWeights } from './weights.ts'

export class LatentCodec {
  readonly #vae: Component<VaeConfig>
  readonly #shape: readonly [number, number, number]
  readonly #pool: SessionPool

  /** @param shape [channels, height, width] of one picture's latents */
  constructor(vae: Component<VaeConfig>, shape: readonly [number, number, number], pool: SessionPool) {
    this.#vae = vae
    this.#shape = shape
    this.#pool = pool
  }

  /** Pixels of a picture's side for one latent: 8 for Stable Diffusion. */
  get scale(): number {
    return 2 ** (this.#vae.config.block_out_channels.length - 1)
  }

  #weights(graph: Graph): Weights {
    return checkpointWeights(graph, this.#vae.weights, { scope: 'vae' })
  }

  /** Latents, scaled as the UNet sees them, to pixels [n, 3, H, W], about [-1, 1]. */
  async decodeToPixels(latents: Float32Array): Promise<Float32Array> {
    const { config } = this.#vae
    const [channels, height, width] = this.#shape
    const size = sizeOf(this.#shape)
    const count = latents.length / size
    const area = 3 * height * width * this.scale ** 2
    const out = new Float32Array(count * area)
    const rows = Math.min(32, rowsFor(count))
    const session = await this.#pool.get(
      `decode-${rows}`,
      (graph) => {
        const input = graph.input('latents', [rows, channels, height, width])
        graph.output('pixels', vaeDecode(new Builder(graph, this.#weights(graph)), config, input))
      },
      { spinning: false },
    )
    for (let start = 0; start < count; start += rows) {
      const part = latents.subarray(start * size, Math.min(count, start + rows) * size)
      const batch = new Float32Array(rows * size)
      batch.set(part.map((value) => value / config.scaling_factor))
      const { pixels } = await session.run({ latents: batch })
      out.set((pixels as Float32Array).subarray(0, (part.length / size) * area), start * area)
    }
    return out
  }

  /** Latents to 8-bit pictures. */
  async decode(latents: Float32Array): Promise<Picture[]> {
    const pixels = await this.decodeToPixels(latents)
    const [, height, width] = this.#shape
    const count = latents.length / sizeOf(this.#shape)
    return Array.from({ length: count }, (_, i) =>
      fromPixels(pixels, i, width * this.scale, height * this.scale),
    )
  }

  /** Pictures to latents, scaled as the UNet sees them: the mean of the encoder's distribution. */
  async encode(pictures: readonly Picture[]): Promise<Float32Array> {
    const { config } = this.#vae
    const [, height, width] = this.#shape
    const [pixelHeight, pixelWidth] = [height * this.scale, width * this.scale]
    const size = sizeOf(this.#shape)
    const rows = Math.min(32, rowsFor(pictures.length))
    const session = await this.#pool.get(
      `encode-${rows}`,
      (graph) => {
        const input = graph.input('pixels', [rows, 3, pixelHeight, pixelWidth])
        graph.output('mean', vaeEncode(new Builder(graph, this.#weights(graph)), config, input).mean)
      },
      { spinning: false },
    )
    const out = new Float32Array(pictures.length * size)
    for (let start = 0; start < pictures.length; start += rows) {
      const part = pictures.slice(start, start + rows)
      const pixels = new Float32Array(rows * 3 * pixelHeight * pixelWidth)
      part.forEach((picture, i) => {
        if (picture.width !== pixelWidth || picture.height !== pixelHeight) {
          fail(
            'mismatch',
            `a picture of ${picture.width}×${picture.height}`,
            `this model takes ${pixelWidth}×${pixelHeight}`,
          )
        }
        toPixels(picture, pixels, i)
      })
      const { mean } = await session.run({ pixels })
      out.set(
        (mean as Float32Array).subarray(0, part.length * size).map((value) => value * config.scaling_factor),
        start * size,
      )
    }
    return out
  }
}
