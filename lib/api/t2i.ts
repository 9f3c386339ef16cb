// `T2I`: a text-to-image model as a notebook holds it. Immutable: `with()` gives another one.
// Interactive drawing goes through an engine process; making datasets and scoring are jobs.
import { fail } from '../base/errors.ts'
import { hashCheckpoint } from '../diffusion/checkpoint.ts'
import { TextToImagePipeline } from '../diffusion/pipeline.ts'
import type { SampleOptions, SizeConditioning } from '../diffusion/sample-options.ts'
import { schedulerNames } from '../diffusion/schedulers/scheduler.ts'
import { type WeightDtype, weightDtypes } from '../diffusion/weights.ts'
import { loadLora } from '../formats/lora-files.ts'
import type { Picture } from '../formats/picture.ts'
import { encodePng } from '../formats/png.ts'
import { ImageGrid } from '../plots/index.ts'
import { type Device, type Provider, resolveDevice } from '../runtime/index.ts'
import { callerSignal } from './caller.ts'
import { computedOn } from './computed-on.ts'
import { bundleOf, displaySymbol, type MimeBundle } from './display.ts'
import type { Expert } from './expert.ts'
import { findModel, type LoadOptions } from './find-model.ts'
import { sharedEngine } from './shared-engine.ts'
import { flatten, tellUse } from './used.ts'

export interface DrawOptions
  extends Pick<
    SampleOptions,
    | 'rescale'
    | 'negativePrompt'
    | 'scheduler'
    | 'clipSkip'
    | 'eta'
    | 'timestepSpacing'
    | 'rescaleBetasZeroSnr'
    | 'width'
    | 'height'
    | keyof SizeConditioning
  > {
  /** One seed, or one a prompt. Default 0. */
  seed?: number | readonly number[]
  /** Pictures a prompt: the second one has the seed + 1, and so on. Default 1. */
  perPrompt?: number
  /** Sampling steps. Default 20. */
  steps?: number
  /** Classifier-free guidance scale; 1 is none. Default 7.5. */
  guidance?: number
  /** The VAE in overlapping tiles. Default: for pictures of more than 1024 × 1024 pixels. */
  tiling?: boolean
  signal?: AbortSignal
}

/** Pictures that show themselves as a grid. */
export class Pictures {
  readonly pictures: readonly Picture[]
  readonly captions: readonly string[]
  /** Each picture's own seed. */
  readonly seeds?: readonly number[]
  readonly #title: string

  constructor(
    pictures: readonly Picture[],
    captions: readonly string[],
    title: string,
    seeds?: readonly number[],
  ) {
    this.pictures = pictures
    this.captions = captions
    this.seeds = seeds
    this.#title = title
  }

  /** PNG bytes of one picture (default: the first). */
  png(index = 0): Promise<Uint8Array> {
    return encodePng(
      this.pictures[index] ??
        fail('bad-input', `there is no picture ${index}`, `there are ${this.pictures.length}`),
    )
  }

  grid(): ImageGrid {
    return new ImageGrid(
      this.pictures.map((picture, i) => ({ picture, caption: this.captions[i] })),
      { title: this.#title },
    )
  }

  [displaySymbol](): Promise<MimeBundle> {
    return bundleOf(this.grid())
  }
}

/** Says which prompts were too long for the text encoder. */
function cutShort(pipeline: TextToImagePipeline, prompts: readonly string[]): string {
  const said = prompts.flatMap((text, i) => {
    const tokens = pipeline.truncatedTokens(text)
    return tokens > 0 ? [`${prompts.length > 1 ? `prompt ${i + 1}` : 'the prompt'} by ${tokens} tokens`] : []
  })
  const most = pipeline.tokenizer.maxLength
  return said.length > 0 ? `; cut to the ${most} tokens of the text encoder: ${said.join(', ')}` : ''
}

/** A model: a base, and LoRAs on it. */
export class T2I {
  /** Short name, with the LoRAs' names. */
  readonly name: string
  readonly base: string
  /** The diffusers pipeline folder. */
  readonly folder: string
  readonly loras: readonly { path: string; weight: number }[]
  /** Where it came from: the Hub, at which commit, or its cache. */
  readonly note: string | undefined
  /** The execution provider that draws, and that jobs of this model compute on. */
  readonly device: Provider
  /** How the base's frozen weights are kept in memory. */
  readonly dtype: WeightDtype
  /** A model that has not drawn for so long, ms, lets go of its sessions; `Infinity` for never. Default 5 minutes. */
  static idleAfter = 5 * 60_000
  #pipeline: Promise<TextToImagePipeline> | undefined
  readonly #drawing = new Set<Promise<unknown>>()
  #idle: NodeJS.Timeout | undefined

  private constructor(
    base: string,
    folder: string,
    name: string,
    loras: readonly { path: string; weight: number }[],
    device: Provider,
    dtype: WeightDtype,
    note?: string,
  ) {
    this.base = base
    this.folder = folder
    this.name = name
    this.loras = loras
    this.note = note
    this.device = device
    this.dtype = dtype
  }

  /**
   * Opens a model: 'shapes' or 'shapes-weak' (embedded), a diffusers pipeline folder, or by its name on the Hugging
   * Face Hub, e.g. `T2I.load('stable-diffusion-v1-5/stable-diffusion-v1-5', { variant: 'fp16' })`. From the Hub only
   * the files that are needed are downloaded, into the cache that Python uses; offline what is cached is used.
   *
   * `device` says where it computes, and its jobs: 'cpu' (default, or what `$SELMA_DEVICE` says), 'cuda', 'webgpu', or
   * 'auto' for the best that works here.
   *
   * `dtype: 'float16'` keeps the frozen weights in half precision, half the memory; they are widened where they are
   * used, and all is computed in float32, LoRA and optimiser too. Weights that are wider in their file are rounded.
   *
   * @throws SelmaError `not-found` with the valid names; `bad-input` for a name, revision or variant that cannot be;
   *   `unsupported` for models that are no Stable Diffusion 1.x, 2.x or XL; `io` when the Hub is not reached; `engine` when the
   *   device that was asked for does not work, with what is missing
   */
  static async load(
    model: string,
    options: LoadOptions & { device?: Device; dtype?: WeightDtype } = {},
  ): Promise<T2I> {
    const { device, dtype = 'float32', ...rest } = options
    if (!weightDtypes.includes(dtype))
      fail('bad-input', `dtype ${JSON.stringify(dtype)}`, `choose one of ${weightDtypes.join(', ')}`)
    const provider = await resolveDevice(device)
    const { name, base, folder, note } = await findModel(model, rest)
    await tellUse(async () => ({
      stage: 'load',
      state: 'finished',
      when: new Date().toISOString(),
      base: { name, hash: await hashCheckpoint(folder) },
    }))
    return new T2I(base, folder, name, [], provider, dtype, note)
  }

  /**
   * This model with an expert added: W + weight · ΔW. `name` is how tables call the result.
   *
   * @throws SelmaError `bad-input` for a weight that is no number
   */
  with(expert: Expert, options: { weight?: number; name?: string } = {}): T2I {
    const { weight = 1, name } = options
    if (!Number.isFinite(weight))
      fail('bad-input', `weight ${weight}`, 'give a number; 1 is the whole expert')
    const suffix = weight === 1 ? expert.name : `${expert.name} × ${weight}`
    const loras = [...this.loras, { path: expert.path, weight }]
    const { base, folder, device, dtype, note } = this
    return new T2I(base, folder, name ?? `${this.name} + ${suffix}`, loras, device, dtype, note)
  }

  #load(): Promise<TextToImagePipeline> {
    this.#pipeline ??= (async () => {
      const loras = await Promise.all(
        this.loras.map(async ({ path, weight }) => ({ lora: await loadLora(path), weight })),
      )
      return TextToImagePipeline.load(this.folder, {
        loras,
        provider: this.device,
        dtype: this.dtype,
        open: (program, options) => sharedEngine().open(program, { ...options, provider: this.device }),
      })
    })()
    this.#pipeline.catch(() => {
      this.#pipeline = undefined
    })
    return this.#pipeline
  }

  /**
   * Draws a prompt, or several; the result shows itself.
   *
   * @throws SelmaError `bad-input` for settings out of range, `stopped` when the signal aborts
   */
  async draw(prompt: string | readonly string[], options: DrawOptions = {}): Promise<Pictures> {
    clearTimeout(this.#idle)
    const drawing = this.#draw(prompt, options)
    this.#drawing.add(drawing)
    try {
      return await drawing
    } finally {
      this.#drawing.delete(drawing)
      if (this.#drawing.size === 0) this.#rest()
    }
  }

  /** Lets go of the sessions when nothing is drawn for a while; does not keep the process alive for it. */
  #rest(): void {
    clearTimeout(this.#idle)
    const { idleAfter } = T2I
    // A longer delay than timers can hold would be none at all.
    if (idleAfter >= 2 ** 31) return
    this.#idle = setTimeout(() => void this.release().catch(() => {}), idleAfter)
    this.#idle.unref()
  }

  /**
   * Lets go of the sessions and their memory, when what is being drawn is done; the next drawing opens them again. The
   * engine's process ends with the last session of all models.
   */
  async release(): Promise<void> {
    clearTimeout(this.#idle)
    await Promise.allSettled(this.#drawing)
    const pipeline = await this.#pipeline?.catch(() => undefined)
    // Somebody draws again.
    if (this.#drawing.size > 0) return
    this.#pipeline = undefined
    await pipeline?.release()
    sharedEngine().endIfIdle()
  }

  async #draw(prompt: string | readonly string[], options: DrawOptions): Promise<Pictures> {
    const { seed = 0, steps = 20, perPrompt = 1, tiling, signal = callerSignal(), ...rest } = options
    const texts = Array.isArray(prompt) ? [...prompt] : [prompt as string]
    if (texts.length === 0 || texts.some((text) => typeof text !== 'string'))
      fail('bad-input', 'there is no prompt', "give a text, e.g. draw('three red squares')")
    if (rest.scheduler && !schedulerNames.includes(rest.scheduler))
      fail('unsupported', `unknown scheduler ${rest.scheduler}`, `choose one of ${schedulerNames.join(', ')}`)
    if (!Number.isInteger(perPrompt) || perPrompt < 1)
      fail('bad-input', `perPrompt ${perPrompt}`, 'give a whole number of pictures, 1 or more')
    const first = typeof seed === 'number' ? texts.map(() => seed) : [...seed]
    if (first.length !== texts.length)
      fail(
        'bad-input',
        `${texts.length} prompts, but ${first.length} seeds`,
        'give one seed, or one a prompt',
      )
    const each = <T>(make: (index: number, at: number) => T): T[] =>
      texts.flatMap((_, index) => Array.from({ length: perPrompt }, (_, at) => make(index, at)))
    const prompts = each((index) => texts[index])
    const seeds = each((index, at) => first[index] + at)
    const pipeline = await this.#load()
    const cancel = (): void => sharedEngine().cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      const latents = await pipeline.sample(prompts, { seeds, steps, signal, ...rest })
      const pictures = await pipeline.decode(latents, { ...rest, tiling })
      await tellUse(() => ({
        stage: 'draw',
        state: 'finished',
        when: new Date().toISOString(),
        settings: flatten({
          ...{ model: this.name, prompts: texts, guidance: 7.5, rescale: 0 },
          ...{ ...rest, seed, steps, perPrompt },
          ...computedOn(this.device, this.dtype),
        }),
        defaults: { seed: 0, steps: 20, guidance: 7.5, rescale: 0, perPrompt: 1 },
      }))
      return new Pictures(
        pictures,
        prompts,
        `${this.name}, guidance ${rest.guidance ?? 7.5}, ${steps} steps, seed ${[...new Set(seeds)].join(', ')}${cutShort(pipeline, texts)}`,
        seeds,
      )
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  [displaySymbol](): MimeBundle {
    const from = this.base === this.name ? '' : ` (${this.base})`
    const on = this.device === 'cpu' ? '' : ` on ${this.device}`
    return { 'text/plain': `T2I ${this.name}${from}${on}${this.note ? `: ${this.note}` : ''}` }
  }
}
