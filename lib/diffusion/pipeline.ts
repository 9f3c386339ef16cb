// Text to pictures: tokenizer, text encoder, UNet under a sampler with classifier-free guidance,
// VAE decoder; and pictures to latents. Sessions open when first needed, in this process or where
// the given opener puts them. It knows nothing of skills, notebooks or files of pictures.
import { join } from 'node:path'
import { fail } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { Lora } from '../formats/lora.ts'
import type { Picture } from '../formats/picture.ts'
import { type Graph, LocalSession, type Session, sizeOf } from '../runtime/index.ts'
import { Builder, type Weights } from './builder.ts'
import { type Checkpoint, type Component, openCheckpoint } from './checkpoint.ts'
import { clipText } from './clip-text.ts'
import { guide } from './guidance.ts'
import { LatentCodec } from './latent-codec.ts'
import type { LiveFactors } from './live-factors.ts'
import { fuseLoras } from './lora-layers.ts'
import {
  makeScheduler,
  type NoiseSource,
  type Scheduler,
  type SchedulerName,
} from './schedulers/scheduler.ts'
import { type OpenSession, rowsFor, SessionPool } from './session-pool.ts'
import { loadTokenizer, type TextTokenizer } from './tokenizer.ts'
import { unet } from './unet.ts'
import { checkpointWeights } from './weights.ts'

export interface SampleOptions {
  /** One seed a prompt: the initial noise, and what the sampler adds, are drawn from it alone. */
  seeds: readonly number[]
  /** Sampling steps. Default 50. */
  steps?: number
  /** Classifier-free guidance scale; 1 is none. Default 7.5. */
  guidance?: number
  /** Guidance rescale φ in [0, 1]. Default 0. */
  rescale?: number
  /** Default ''. */
  negativePrompt?: string
  /** Default: the checkpoint's own. */
  scheduler?: SchedulerName
  /** Share of ancestral sampling's noise that DDIM adds, 0 to 1. Default 0. */
  eta?: number
  /** Initial noise [prompts, channels, h, w] in place of what the seeds give. */
  noise?: Float32Array
  /** Called after every sampling step of every batch with the pictures done and the share of the current batch. */
  onProgress?: (done: number, share: number) => void
  signal?: AbortSignal
}

/** LoRAs to add, each with its weight. */
export type Applied = readonly { lora: Lora; weight: number }[]

export class TextToImagePipeline {
  readonly checkpoint: Checkpoint
  readonly tokenizer: TextTokenizer
  readonly #pool: SessionPool
  readonly #codec: LatentCodec
  readonly #fused: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>
  readonly #live?: LiveFactors
  readonly #texts = new Map<string, Float32Array>()

  private constructor(
    checkpoint: Checkpoint,
    tokenizer: TextTokenizer,
    open: OpenSession,
    fused: ReadonlyMap<string, ReadonlyMap<string, Float32Array>>,
    live?: LiveFactors,
  ) {
    this.checkpoint = checkpoint
    this.tokenizer = tokenizer
    this.#pool = new SessionPool(open)
    this.#codec = new LatentCodec(checkpoint.vae, this.latentShape, this.#pool)
    this.#fused = fused
    this.#live = live
  }

  /**
   * Opens a diffusers pipeline folder, with LoRAs fused into UNet and text encoder where given, and `live` beside it.
   *
   * @throws SelmaError `not-found`, `unsupported`, or `mismatch` when a LoRA does not fit
   */
  static async load(
    folder: string,
    options: { open?: OpenSession; loras?: Applied; live?: LiveFactors } = {},
  ): Promise<TextToImagePipeline> {
    const checkpoint = await openCheckpoint(folder)
    const tokenizer = await loadTokenizer(join(folder, 'tokenizer'), {
      maxLength: checkpoint.textEncoder.config.max_position_embeddings,
    })
    for (const { lora } of options.loras ?? []) {
      const other = [...lora.layers.keys()].find((path) => !/^(unet|text_encoder)\./.test(path))
      if (other)
        fail('unsupported', `the LoRA changes ${other}`, 'only LoRAs of UNet and text encoder are used here')
    }
    const fused = new Map(
      await Promise.all(
        (['unet', 'text_encoder'] as const).map(async (scope) => {
          const { weights } = scope === 'unet' ? checkpoint.unet : checkpoint.textEncoder
          return [scope, await fuseLoras(weights.path, scope, options.loras ?? [])] as const
        }),
      ),
    )
    return new TextToImagePipeline(
      checkpoint,
      tokenizer,
      options.open ?? LocalSession.create,
      fused,
      options.live,
    )
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

  #weights<T>(graph: Graph, component: Component<T>, scope: string): Weights {
    return checkpointWeights(graph, component.weights, {
      scope,
      replaced: this.#fused.get(scope),
    })
  }

  /** Text states [tokens · width] of each prompt; kept for the next time. */
  async encodePrompts(prompts: readonly string[]): Promise<Float32Array[]> {
    const { textEncoder } = this.checkpoint
    const tokens = this.tokenizer.maxLength
    const missing = [...new Set(prompts)].filter((prompt) => !this.#texts.has(prompt))
    const size = tokens * textEncoder.config.hidden_size
    for (let start = 0; start < missing.length; start += 64) {
      const chunk = missing.slice(start, start + 64)
      const rows = rowsFor(chunk.length)
      const session = await this.#pool.get(
        `text-${rows}`,
        (graph) => {
          const ids = graph.input('ids', [rows, tokens], 'int64')
          graph.output(
            'states',
            clipText(
              new Builder(graph, this.#weights(graph, textEncoder, 'text_encoder')),
              textEncoder.config,
              ids,
            ).lastHiddenState,
          )
        },
        { spinning: false },
      )
      const ids = new BigInt64Array(rows * tokens)
      chunk.forEach((prompt, i) => {
        ids.set(this.tokenizer.encode(prompt).ids.map(BigInt), i * tokens)
      })
      const { states } = await session.run({ ids })
      chunk.forEach((prompt, i) => {
        this.#texts.set(prompt, (states as Float32Array).slice(i * size, (i + 1) * size))
      })
    }
    return prompts.map((prompt) => this.#texts.get(prompt)!)
  }

  async #unet(rows: number): Promise<Session> {
    const { config } = this.checkpoint.unet
    const [channels, height, width] = this.latentShape
    const session = await this.#pool.get(`unet-${rows}`, (graph) => {
      const lora = this.#live?.branch(graph)
      const sample = graph.input('sample', [rows, channels, height, width])
      const timesteps = graph.input('timesteps', [rows])
      const text = graph.input('text', [rows, this.tokenizer.maxLength, config.cross_attention_dim])
      graph.output(
        'prediction',
        unet(new Builder(graph, this.#weights(graph, this.checkpoint.unet, 'unet'), { lora }), config, {
          sample,
          timesteps,
          text,
        }),
      )
      lora?.check()
    })
    await this.#live?.fill(session)
    return session
  }

  /** The noise that a seed starts from. */
  initialNoise(seed: number): Float32Array {
    return new Random(seed).derive('latents').normals(sizeOf(this.latentShape))
  }

  /** What samplers add on their way: a stream for each picture, whatever is drawn beside it. */
  #addedNoise(seeds: readonly number[]): NoiseSource {
    const streams = seeds.map((seed) => new Random(seed).derive('sampler'))
    const size = sizeOf(this.latentShape)
    return (length) => {
      const out = new Float32Array(length)
      streams.forEach((stream, i) => {
        out.set(stream.normals(size), i * size)
      })
      return out
    }
  }

  /**
   * Final latents [prompts, channels, h, w] of prompts, scaled as the UNet sees them.
   *
   * @throws SelmaError `bad-input` for settings out of range, `stopped` when the signal aborts
   */
  async sample(prompts: readonly string[], options: SampleOptions): Promise<Float32Array> {
    const {
      seeds,
      steps = 50,
      guidance = 7.5,
      rescale = 0,
      negativePrompt = '',
      scheduler: name,
      eta,
      noise,
      onProgress,
      signal,
    } = options
    if (seeds.length !== prompts.length)
      fail('bad-input', `${prompts.length} prompts, but ${seeds.length} seeds`, 'give one seed a prompt')
    if (!(guidance >= 0 && guidance < 1000))
      fail('bad-input', `guidance ${guidance}`, 'give 1 for none, or a scale such as 7.5')
    if (!(rescale >= 0 && rescale <= 1)) fail('bad-input', `guidance rescale ${rescale}`, 'give 0 to 1')
    const samplerFor = (from: readonly number[]): Scheduler =>
      makeScheduler(this.checkpoint.scheduler, steps, { name, eta, noise: this.#addedNoise(from) })
    samplerFor([]) // Before anything is computed: are the settings valid?
    const size = sizeOf(this.latentShape)
    if (noise && noise.length !== prompts.length * size)
      fail(
        'mismatch',
        `initial noise of ${noise.length} numbers`,
        `${prompts.length} × [${this.latentShape}] is needed`,
      )
    const guided = guidance !== 1
    const rows = rowsFor(prompts.length * (guided ? 2 : 1))
    const perRun = guided ? rows / 2 : rows
    const texts = await this.encodePrompts(prompts)
    const [empty] = guided ? await this.encodePrompts([negativePrompt]) : [undefined]
    const session = await this.#unet(rows)
    const out = new Float32Array(prompts.length * size)
    for (let start = 0; start < prompts.length; start += perRun) {
      const count = Math.min(perRun, prompts.length - start)
      const scheduler = samplerFor(seeds.slice(start, start + count))
      const text = new Float32Array(rows * texts[0].length)
      let latents: Float32Array = new Float32Array(perRun * size)
      for (let i = 0; i < count; i++) {
        text.set(texts[start + i], (guided ? perRun + i : i) * texts[0].length)
        if (empty) text.set(empty, i * empty.length)
        const first =
          noise?.subarray((start + i) * size, (start + i + 1) * size) ?? this.initialNoise(seeds[start + i])
        latents.set(first, i * size)
      }
      latents = latents.map((value) => value * scheduler.initNoiseSigma)
      for (let index = 0; index < scheduler.timesteps.length; index++) {
        if (signal?.aborted)
          fail('stopped', `sampling was stopped after ${start} of ${prompts.length} pictures`)
        const input = scheduler.scaleModelInput(latents, index)
        const sample = new Float32Array(rows * size)
        sample.set(input, 0)
        if (guided) sample.set(input, perRun * size)
        const timesteps = new Float32Array(rows).fill(scheduler.timesteps[index])
        const prediction = (await session.run({ sample, timesteps, text })).prediction as Float32Array
        const half = perRun * size
        const used = guided
          ? guide(prediction.subarray(0, half), prediction.subarray(half), size, guidance, rescale)
          : prediction
        latents = scheduler.step(used, index, latents)
        onProgress?.(start, (index + 1) / scheduler.timesteps.length)
      }
      out.set(latents.subarray(0, count * size), start * size)
      onProgress?.(start + count, 0)
    }
    return out
  }

  /** Latents, scaled as the UNet sees them, to pixels [n, 3, H, W], about [-1, 1]. */
  decodeToPixels(latents: Float32Array): Promise<Float32Array> {
    return this.#codec.decodeToPixels(latents)
  }

  /** Latents to 8-bit pictures. */
  decode(latents: Float32Array): Promise<Picture[]> {
    return this.#codec.decode(latents)
  }

  /** Pictures to latents, scaled as the UNet sees them: the mean of the encoder's distribution. */
  encode(pictures: readonly Picture[]): Promise<Float32Array> {
    return this.#codec.encode(pictures)
  }

  /** Closes the sessions; the pipeline opens them again when used. */
  release(): Promise<void> {
    return this.#pool.release()
  }
}
