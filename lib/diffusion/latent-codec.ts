// Between pictures and the latents that the UNet sees: the VAE with its scaling factor, in batches, or in tiles.
import { fail } from '../base/errors.ts'
import type { Picture } from '../formats/picture.ts'
import type { Graph } from '../runtime/index.ts'
import { Builder } from './builder.ts'
import type { Component } from './checkpoint.ts'
import type { VaeConfig } from './config.ts'
import { fromPixels, toPixels } from './pixels.ts'
import { picturesPerRun, type SessionPool } from './session-pool.ts'
import { inTiles, type Planes } from './tiles.ts'
import { vaeDecode, vaeEncode } from './vae.ts'
import { checkpointWeights } from './weights.ts'

export interface CodecOptions {
  /** [height, width] of one picture's latents. */
  size: readonly [number, number]
  /** Overlapping tiles of the VAE's `sample_size`. Default: for pictures of more than 1024 × 1024 pixels. */
  tiling?: boolean
}

const MOST_PIXELS = 1024 * 1024
const MOST_ROWS = 32

export class LatentCodec {
  readonly #vae: Component<VaeConfig>
  readonly #pool: SessionPool

  constructor(vae: Component<VaeConfig>, pool: SessionPool) {
    this.#vae = vae
    this.#pool = pool
  }

  /** Pixels of a picture's side for one latent: 8 for Stable Diffusion. */
  get scale(): number {
    return 2 ** (this.#vae.config.block_out_channels.length - 1)
  }

  #tiled({ size: [height, width], tiling }: CodecOptions): boolean {
    return tiling ?? height * width * this.scale ** 2 > MOST_PIXELS
  }

  #builder(graph: Graph): Builder {
    return new Builder(graph, checkpointWeights(graph, this.#vae.weights, { scope: 'vae' }))
  }

  /** One run of the decoder: unscaled latents [rows, latent, height, width] to pixels. */
  async #decode(latents: Float32Array, rows: number, height: number, width: number): Promise<Float32Array> {
    const { config } = this.#vae
    const session = await this.#pool.get(
      `decode-${rows}-${height}x${width}`,
      (graph) => {
        const input = graph.input('latents', [rows, config.latent_channels, height, width])
        graph.output('pixels', vaeDecode(this.#builder(graph), config, input))
      },
      { spinning: false },
    )
    return (await session.run({ latents })).pixels as Float32Array
  }

  /** One run of the encoder: pixels [rows, 3, height, width] to unscaled latents. */
  async #encode(pixels: Float32Array, rows: number, height: number, width: number): Promise<Float32Array> {
    const session = await this.#pool.get(
      `encode-${rows}-${height}x${width}`,
      (graph) => {
        const input = graph.input('pixels', [rows, 3, height, width])
        graph.output('mean', vaeEncode(this.#builder(graph), this.#vae.config, input).mean)
      },
      { spinning: false },
    )
    return (await session.run({ pixels })).mean as Float32Array
  }

  /** Pictures one after another, in batches or in tiles; sizes are those of one picture in and out. */
  async #each(
    input: Float32Array,
    from: Omit<Planes, 'data'>,
    outLength: number,
    options: CodecOptions,
    kind: 'decode' | 'encode',
  ): Promise<Float32Array> {
    const run = (batch: Float32Array, rows: number, height: number, width: number) =>
      kind === 'decode' ? this.#decode(batch, rows, height, width) : this.#encode(batch, rows, height, width)
    const length = from.channels * from.height * from.width
    const count = input.length / length
    if (!Number.isInteger(count))
      fail(
        'mismatch',
        `${input.length} numbers to ${kind}`,
        `a picture of that size is ${from.channels}×${from.height}×${from.width}`,
      )
    const out = new Float32Array(count * outLength)
    if (this.#tiled(options)) {
      const { sample_size: pixels, latent_channels: latent } = this.#vae.config
      const sides = [Math.floor(pixels / this.scale), pixels]
      const [size, outSize] = kind === 'decode' ? sides : sides.reverse()
      const [channels, factor] = kind === 'decode' ? [3, this.scale] : [latent, 1 / this.scale]
      for (let i = 0; i < count; i++) {
        const planes = { ...from, data: input.subarray(i * length, (i + 1) * length) }
        const whole = await inTiles(planes, { size, outSize }, async (tile) => ({
          data: Float32Array.from(await run(tile.data, 1, tile.height, tile.width)),
          channels,
          height: tile.height * factor,
          width: tile.width * factor,
        }))
        out.set(whole.data, i * outLength)
      }
      return out
    }
    const positions = options.size[0] * options.size[1]
    const rows = Math.min(MOST_ROWS, picturesPerRun(count, positions))
    for (let start = 0; start < count; start += rows) {
      const part = input.subarray(start * length, Math.min(count, start + rows) * length)
      const batch = new Float32Array(rows * length)
      batch.set(part)
      const result = await run(batch, rows, from.height, from.width)
      out.set(result.subarray(0, (part.length / length) * outLength), start * outLength)
    }
    return out
  }

  /** Latents, scaled as the UNet sees them, to pixels [n, 3, H, W], about [-1, 1]. */
  decodeToPixels(latents: Float32Array, options: CodecOptions): Promise<Float32Array> {
    const { scaling_factor: factor, latent_channels: channels } = this.#vae.config
    const [height, width] = options.size
    const unscaled = latents.map((value) => value / factor)
    const area = 3 * height * width * this.scale ** 2
    return this.#each(unscaled, { channels, height, width }, area, options, 'decode')
  }

  /** Latents to 8-bit pictures. */
  async decode(latents: Float32Array, options: CodecOptions): Promise<Picture[]> {
    const pixels = await this.decodeToPixels(latents, options)
    const [height, width] = options.size.map((side) => side * this.scale)
    return Array.from({ length: pixels.length / (3 * height * width) }, (_, i) =>
      fromPixels(pixels, i, width, height),
    )
  }

  /** Pixels [n, 3, H, W] in [-1, 1] to latents, scaled as the UNet sees them: the mean of the distribution. */
  async encodePixels(pixels: Float32Array, options: CodecOptions): Promise<Float32Array> {
    const { scaling_factor: factor, latent_channels: latent } = this.#vae.config
    const [height, width] = options.size
    const from = { channels: 3, height: height * this.scale, width: width * this.scale }
    const means = await this.#each(pixels, from, latent * height * width, options, 'encode')
    return means.map((value) => value * factor)
  }

  /** Pictures to latents, scaled as the UNet sees them: the mean of the encoder's distribution. */
  async encode(pictures: readonly Picture[], options: CodecOptions): Promise<Float32Array> {
    const [height, width] = options.size.map((side) => side * this.scale)
    const pixels = new Float32Array(pictures.length * 3 * height * width)
    pictures.forEach((picture, i) => {
      if (picture.width !== width || picture.height !== height)
        fail(
          'mismatch',
          `a picture of ${picture.width}×${picture.height}`,
          `this model takes ${width}×${height}`,
        )
      toPixels(picture, pixels, i)
    })
    return this.encodePixels(pixels, options)
  }
}
