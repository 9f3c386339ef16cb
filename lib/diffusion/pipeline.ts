// Text to pictures: tokenizer, text encoder, UNet under a sampler with classifier-free guidance,
// VAE decoder; and pictures to latents. Sessions open when first needed, in this process or where
// the given opener puts them. It knows nothing of skills, notebooks or files of pictures.
import { join } from 'node:path'
import { fail } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { Lora } from '../formats/lora.ts'
import type { Picture } from '../formats/picture.ts'
import type { OpenSession, Provider, Session } from '../runtime/index.ts'
import { Builder } from './builder.ts'
import { type Checkpoint, openCheckpoint } from './checkpoint.ts'
import { guide } from './guidance.ts'
import { LatentCodec } from './latent-codec.ts'
import type { LiveFactors } from './live-factors.ts'
import { fuseLoras } from './lora-layers.ts'
import { checkSampling, latentSize, type SampleOptions, sizeIds } from './sample-options.ts'
import { makeScheduler, type NoiseSource, type Scheduler } from './schedulers/scheduler.ts'
import { openOn, picturesPerRun, SessionPool } from './session-pool.ts'
import {
  conditionFeeds,
  type TextCondition,
  TextConditioner,
  type TextPart,
  type TextTokens,
} from './text-conditioner.ts'
import { loadTokenizer, type TextTokenizer } from './tokenizer.ts'
import { unet } from './unet.ts'
import { checkpointWeights, type WeightDtype } from './weights.ts'

/** Size of pictures to decode or encode, in pixels. */
export interface PictureSize {
  /** Default: the size that the checkpoint was trained for. */
  width?: number
  height?: number
  /** The VAE in overlapping tiles. Default: for pictures of more than 1024 × 1024 pixels. */
  tiling?: boolean
}

/** LoRAs to add, each with its weight. */
export type Applied = readonly { lora: Lora; weight: number }[]

export class TextToImagePipeline {
  readonly checkpoint: Checkpoint
  readonly tokenizer: TextTokenizer
  readonly #pool: SessionPool
  readonly #codec: LatentCodec
  readonly #texts: TextConditioner
  readonly #fused: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>
  readonly #live?: LiveFactors

  private constructor(
    checkpoint: Checkpoint,
    texts: readonly TextPart[],
    open: OpenSession,
    fused: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>,
    live?: LiveFactors,
    provider?: Provider,
  ) {
    this.checkpoint = checkpoint
    this.tokenizer = texts[0].tokenizer
    this.#pool = new SessionPool(open, provider)
    this.#codec = new LatentCodec(checkpoint.vae, this.#pool)
    this.#texts = new TextConditioner(texts, this.#pool)
    this.#fused = fused
    this.#live = live
  }

  /**
   * Opens a diffusers pipeline folder, with LoRAs fused into UNet and text encoder where given, and `live` beside it.
   * `provider` is what computes (default: the CPU); an `open` of one's own must open on the same.
   *
   * @throws SelmaError `not-found`, `unsupported`, or `mismatch` when a LoRA does not fit
   */
  static async load(
    folder: string,
    options: {
      open?: OpenSession
      provider?: Provider
      loras?: Applied
      live?: LiveFactors
      dtype?: WeightDtype
    } = {},
  ): Promise<TextToImagePipeline> {
    const checkpoint = await openCheckpoint(folder, { dtype: options.dtype })
    const { unet, textEncoder, textEncoder2 } = checkpoint
    const encoders = {
      text_encoder: textEncoder,
      ...(textEncoder2 ? { text_encoder_2: textEncoder2 } : {}),
    }
    const { provider, open = openOn(provider), loras = [], live } = options
    const fused = new Map<string, ReadonlyMap<string, Float32Array>>()
    const components = ['unet', ...Object.keys(encoders)]
    for (const { lora } of loras) {
      const other = [...lora.layers.keys()].find((path) => !components.includes(path.split('.')[0]))
      if (other)
        fail(
          'unsupported',
          `the LoRA changes ${other}`,
          `only LoRAs of UNet and text encoder are used here: ${components.join(', ')}`,
        )
    }
    for (const [scope, { weights }] of Object.entries({ unet, ...encoders }))
      fused.set(scope, await fuseLoras(weights, scope, loras))
    const texts = await Promise.all(
      (['text_encoder', 'text_encoder_2'] as const).flatMap((name) => {
        const component = encoders[name]
        if (!component) return []
        const path = join(folder, name.replace('text_encoder', 'tokenizer'))
        return loadTokenizer(path, { maxLength: component.config.max_position_embeddings }).then(
          (tokenizer): TextPart => ({ name, component, tokenizer, replaced: fused.get(name) }),
        )
      }),
    )
    return new TextToImagePipeline(checkpoint, texts, open, fused, live, provider)
  }

  /** Pixels of a picture's side for one latent: 8 for Stable Diffusion. */
  get scale(): number {
    return this.#codec.scale
  }

  /** [channels, height, width] of one picture's latents. */
  get latentShape(): [number, number, number] {
    const { in_channels: channels, sample_size: size } = this.checkpoint.unet.config
    return [channels, size, size]
  }

  /** [height, width] of the latents of a picture of so many pixels. */
  #sizeOf(size: PictureSize): [number, number] {
    const { sample_size: usual, block_out_channels: levels } = this.checkpoint.unet.config
    const unit = this.scale * 2 ** (levels.length - 1)
    return latentSize(size, { unit, scale: this.scale, usual: [usual, usual] })
  }

  /** What each prompt is to the UNet: text states, and of Stable Diffusion XL the pooled text; kept. */
  encodeConditions(prompts: readonly string[]): Promise<TextCondition[]> {
    return this.#texts.encode(prompts)
  }

  /** A prompt as each text encoder gets it. */
  tokens(prompt: string): TextTokens[] {
    return this.#texts.tokens(prompt)
  }

  /** How many tokens of a prompt do not fit into the text encoder, and are left out. */
  truncatedTokens(prompt: string): number {
    return this.#texts.truncated(prompt)
  }

  /** The negative prompt as the UNet gets it. */
  async #negative(prompt: string): Promise<TextCondition> {
    const [condition] = await this.#texts.encode([prompt])
    if (prompt !== '' || !this.checkpoint.forceZerosForEmptyPrompt) return condition
    const zeros = (like: Float32Array): Float32Array => new Float32Array(like.length)
    return { states: zeros(condition.states), pooled: condition.pooled && zeros(condition.pooled) }
  }

  async #unet(rows: number, [height, width]: readonly [number, number], pooled?: number): Promise<Session> {
    const { config, weights } = this.checkpoint.unet
    const session = await this.#pool.get(`unet-${rows}-${height}x${width}`, (graph) => {
      const lora = this.#live?.branch(graph)
      const frozen = checkpointWeights(graph, weights, { scope: 'unet', replaced: this.#fused.get('unet') })
      const inputs = {
        sample: graph.input('sample', [rows, config.in_channels, height, width]),
        timesteps: graph.input('timesteps', [rows]),
        text: graph.input('text', [rows, this.tokenizer.maxLength, config.cross_attention_dim]),
        added: pooled
          ? { pooled: graph.input('pooled', [rows, pooled]), sizes: graph.input('sizes', [rows, 6]) }
          : undefined,
      }
      graph.output('prediction', unet(new Builder(graph, frozen, { lora }), config, inputs))
      lora?.check()
    })
    await this.#live?.fill(session)
    return session
  }

  /** The noise that a seed starts from. */
  initialNoise(seed: number, size: PictureSize = {}): Float32Array {
    const [height, width] = this.#sizeOf(size)
    return new Random(seed).derive('latents').normals(this.latentShape[0] * height * width)
  }

  /**
   * Final latents [prompts, channels, h, w] of prompts, scaled as the UNet sees them.
   *
   * @throws SelmaError `bad-input` for settings out of range, `stopped` when the signal aborts
   */
  async sample(prompts: readonly string[], options: SampleOptions): Promise<Float32Array> {
    const { seeds, steps = 50, guidance = 7.5, rescale = 0, negativePrompt = '', noise } = options
    const { onProgress, signal, scheduler: name, eta, timestepSpacing, rescaleBetasZeroSnr } = options
    checkSampling(prompts, options)
    const place = this.#sizeOf(options)
    const size = this.latentShape[0] * place[0] * place[1]
    const pixels = [place[0] * this.scale, place[1] * this.scale] as const
    const sizes = sizeIds(options, pixels, this.checkpoint.textEncoder2 !== undefined)
    const samplerFor = (from: readonly number[]): Scheduler =>
      makeScheduler(this.checkpoint.scheduler, steps, {
        ...{ name, eta, timestepSpacing, rescaleBetasZeroSnr },
        noise: addedNoise(from, size),
      })
    samplerFor([]) // Before anything is computed: are the settings valid?
    if (noise && noise.length !== prompts.length * size)
      fail(
        'mismatch',
        `initial noise of ${noise.length} numbers`,
        `${prompts.length} × [${[this.latentShape[0], ...place]}] is needed`,
      )
    const guided = guidance !== 1
    const perRun = picturesPerRun(prompts.length, place[0] * place[1], guided ? 2 : 1)
    const rows = perRun * (guided ? 2 : 1)
    const texts = await this.#texts.encode(prompts, options.clipSkip)
    const empty = guided ? await this.#negative(negativePrompt) : undefined
    const session = await this.#unet(rows, place, texts[0]?.pooled?.length)
    const out = new Float32Array(prompts.length * size)
    for (let start = 0; start < prompts.length; start += perRun) {
      const count = Math.min(perRun, prompts.length - start)
      const scheduler = samplerFor(seeds.slice(start, start + count))
      const own = texts.slice(start, start + count)
      const fixed = conditionFeeds(own, empty, perRun, sizes)
      let latents: Float32Array = new Float32Array(perRun * size)
      for (let i = 0; i < count; i++)
        latents.set(
          noise?.subarray((start + i) * size, (start + i + 1) * size) ??
            this.initialNoise(seeds[start + i], options),
          i * size,
        )
      latents = latents.map((value) => value * scheduler.initNoiseSigma)
      for (let index = 0; index < scheduler.timesteps.length; index++) {
        if (signal?.aborted)
          fail('stopped', `sampling was stopped after ${start} of ${prompts.length} pictures`)
        const input = scheduler.scaleModelInput(latents, index)
        const sample = new Float32Array(rows * size)
        sample.set(input, 0)
        if (guided) sample.set(input, perRun * size)
        const timesteps = new Float32Array(rows).fill(scheduler.timesteps[index])
        const { prediction } = await session.run({ sample, timesteps, ...fixed })
        const told = prediction as Float32Array
        const half = perRun * size
        const used = guided
          ? guide(told.subarray(0, half), told.subarray(half), size, guidance, rescale)
          : told
        latents = scheduler.step(used, index, latents)
        onProgress?.(start, (index + 1) / scheduler.timesteps.length)
      }
      out.set(latents.subarray(0, count * size), start * size)
      onProgress?.(start + count, 0)
    }
    return out
  }

  /** Latents, scaled as the UNet sees them, to pixels [n, 3, H, W], about [-1, 1]. */
  decodeToPixels(latents: Float32Array, size: PictureSize = {}): Promise<Float32Array> {
    return this.#codec.decodeToPixels(latents, { size: this.#sizeOf(size), tiling: size.tiling })
  }

  /** Latents to 8-bit pictures. */
  decode(latents: Float32Array, size: PictureSize = {}): Promise<Picture[]> {
    return this.#codec.decode(latents, { size: this.#sizeOf(size), tiling: size.tiling })
  }

  /** Pictures to latents, scaled as the UNet sees them: the mean of the encoder's distribution. */
  encode(pictures: readonly Picture[], size: PictureSize = {}): Promise<Float32Array> {
    return this.#codec.encode(pictures, { size: this.#sizeOf(size), tiling: size.tiling })
  }

  /** Closes the sessions; the pipeline opens them again when used. */
  release(): Promise<void> {
    return this.#pool.release()
  }
}

/** What samplers add on their way: a stream for each picture, whatever is drawn beside it. */
function addedNoise(seeds: readonly number[], size: number): NoiseSource {
  const streams = seeds.map((seed) => new Random(seed).derive('sampler'))
  return (length) => {
    const out = new Float32Array(length)
    streams.forEach((stream, i) => {
      out.set(stream.normals(size), i * size)
    })
    return out
  }
}
