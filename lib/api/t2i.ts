// `T2I`: a text-to-image model as a notebook holds it. Immutable: `with()` gives another one.
// Interactive drawing goes through an engine process; making datasets and scoring are jobs.
import { fail } from '../base/errors.ts'
import { hashCheckpoint } from '../diffusion/checkpoint.ts'
import { TextToImagePipeline } from '../diffusion/pipeline.ts'
import { type SchedulerName, schedulerNames } from '../diffusion/schedulers/scheduler.ts'
import { loadLora } from '../formats/lora-files.ts'
import type { Picture } from '../formats/picture.ts'
import { encodePng } from '../formats/png.ts'
import { ImageGrid } from '../plots/index.ts'
import { Engine } from '../runtime/index.ts'
import { locateModel } from '../shapes/models.ts'
import { callerSignal } from './caller.ts'
import { bundleOf, displaySymbol, type MimeBundle } from './display.ts'
import type { Expert } from './expert.ts'
import { flatten, tellUse } from './used.ts'

export interface DrawOptions {
  /** One seed, or one a prompt. Default 0. */
  seed?: number | readonly number[]
  /** Sampling steps. Default 20. */
  steps?: number
  /** Classifier-free guidance scale; 1 is none. Default 7.5. */
  guidance?: number
  /** Guidance rescale φ in [0, 1]. Default 0. */
  rescale?: number
  negativePrompt?: string
  /** A short name such as 'ddim', or diffusers' class name; default the model's own. */
  scheduler?: SchedulerName
  signal?: AbortSignal
}

/** Pictures that show themselves as a grid. */
export class Pictures {
  readonly pictures: readonly Picture[]
  readonly captions: readonly string[]
  readonly #title: string

  constructor(pictures: readonly Picture[], captions: readonly string[], title: string) {
    this.pictures = pictures
    this.captions = captions
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

let engine: Engine | undefined
const sharedEngine = (): Engine => {
  engine ??= new Engine()
  return engine
}

/** A model: a base, and LoRAs on it. */
export class T2I {
  /** Short name, with the LoRAs' names. */
  readonly name: string
  readonly base: string
  /** The diffusers pipeline folder. */
  readonly folder: string
  readonly loras: readonly { path: string; weight: number }[]
  #pipeline: Promise<TextToImagePipeline> | undefined

  private constructor(
    base: string,
    folder: string,
    name: string,
    loras: readonly { path: string; weight: number }[],
  ) {
    this.base = base
    this.folder = folder
    this.name = name
    this.loras = loras
  }

  /**
   * Opens a model: 'shapes' or 'shapes-weak' (embedded), or a diffusers pipeline folder.
   *
   * @throws SelmaError `not-found` with the valid names
   */
  static async load(nameOrFolder: string): Promise<T2I> {
    const { name, folder } = locateModel(nameOrFolder)
    await tellUse(async () => ({
      stage: 'load',
      state: 'finished',
      when: new Date().toISOString(),
      base: { name, hash: await hashCheckpoint(folder) },
    }))
    return new T2I(nameOrFolder, folder, name, [])
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
    return new T2I(this.base, this.folder, name ?? `${this.name} + ${suffix}`, [
      ...this.loras,
      { path: expert.path, weight },
    ])
  }

  #load(): Promise<TextToImagePipeline> {
    this.#pipeline ??= (async () => {
      const loras = await Promise.all(
        this.loras.map(async ({ path, weight }) => ({ lora: await loadLora(path), weight })),
      )
      return TextToImagePipeline.load(this.folder, {
        loras,
        open: (program, options) => sharedEngine().open(program, options),
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
    const { seed = 0, steps = 20, signal = callerSignal(), ...rest } = options
    const prompts = Array.isArray(prompt) ? [...prompt] : [prompt as string]
    if (prompts.length === 0 || prompts.some((text) => typeof text !== 'string'))
      fail('bad-input', 'there is no prompt', "give a text, e.g. draw('three red squares')")
    if (rest.scheduler && !schedulerNames.includes(rest.scheduler))
      fail('unsupported', `unknown scheduler ${rest.scheduler}`, `choose one of ${schedulerNames.join(', ')}`)
    const seeds = typeof seed === 'number' ? prompts.map(() => seed) : [...seed]
    const pipeline = await this.#load()
    const cancel = (): void => sharedEngine().cancel()
    signal?.addEventListener('abort', cancel, { once: true })
    try {
      const latents = await pipeline.sample(prompts, { seeds, steps, signal, ...rest })
      const pictures = await pipeline.decode(latents)
      await tellUse(() => ({
        stage: 'draw',
        state: 'finished',
        when: new Date().toISOString(),
        settings: flatten({ model: this.name, prompts, guidance: 7.5, rescale: 0, ...rest, seed, steps }),
        defaults: { seed: 0, steps: 20, guidance: 7.5, rescale: 0 },
      }))
      return new Pictures(
        pictures,
        prompts,
        `${this.name}, guidance ${rest.guidance ?? 7.5}, ${steps} steps, seed ${[...new Set(seeds)].join(', ')}`,
      )
    } finally {
      signal?.removeEventListener('abort', cancel)
    }
  }

  [displaySymbol](): MimeBundle {
    const from = this.base === this.name ? '' : ` (${this.base})`
    return { 'text/plain': `T2I ${this.name}${from}` }
  }
}
