// Draws pictures of a base with one LoRA after another, in an engine process of its own, so that neither the kernel
// nor a cell that draws waits for it. The LoRA is exchanged beside the open UNet; one that changes more than that
// allows is fused, and then only the base and the latest mix are held open. A resting process is ended.
import { canBeLive, LiveFactors } from '../../../lib/diffusion/live-factors.ts'
import { type Applied, TextToImagePipeline } from '../../../lib/diffusion/pipeline.ts'
import type { SchedulerName } from '../../../lib/diffusion/schedulers/scheduler.ts'
import type { WeightDtype } from '../../../lib/diffusion/weights.ts'
import type { Lora } from '../../../lib/formats/lora.ts'
import { encodePng } from '../../../lib/formats/png.ts'
import { Engine, type Provider } from '../../../lib/runtime/index.ts'

export interface PreviewItem {
  prompt: string
  seed: number
}

export interface PreviewSettings {
  steps: number
  guidance: number
  rescale: number
  negativePrompt: string
  scheduler?: SchedulerName
}

export interface Base {
  /** The diffusers pipeline folder. */
  folder: string
  /** What it has been given already. */
  loras: Applied
  /** What draws. Default: the CPU. */
  device?: Provider
  /** How its frozen weights are kept. Default 'float32'. */
  dtype?: WeightDtype
}

/** Pictures drawn side by side: with guidance, the rows of the second smallest session. */
const together = 4
/** The process ends when nothing was drawn for so long, ms. */
const rest = 120_000

export class MixPreview {
  readonly #base: Base
  readonly #settings: PreviewSettings
  readonly #engine = new Engine()
  readonly #live: LiveFactors | undefined
  #plain: Promise<TextToImagePipeline> | undefined
  #fused: { mix: Lora; pipeline: Promise<TextToImagePipeline> } | undefined
  #idle: NodeJS.Timeout | undefined

  constructor(base: Base, experts: readonly Lora[], settings: PreviewSettings) {
    this.#base = base
    this.#settings = settings
    this.#live = experts.every(canBeLive) ? new LiveFactors(experts) : undefined
  }

  /** Whether mixes are exchanged in open sessions, not fused. */
  get live(): boolean {
    return this.#live !== undefined
  }

  /** The engine's process, while there is one. */
  get pid(): number | undefined {
    return this.#engine.pid
  }

  #open(more: Applied): Promise<TextToImagePipeline> {
    return TextToImagePipeline.load(this.#base.folder, {
      loras: [...this.#base.loras, ...more],
      live: this.#live,
      provider: this.#base.device,
      dtype: this.#base.dtype,
      open: (program, options) => this.#engine.open(program, { ...options, provider: this.#base.device }),
    })
  }

  async #pipelineFor(mix: Lora | undefined): Promise<TextToImagePipeline> {
    if (mix && !this.#live) {
      if (this.#fused?.mix === mix) return this.#fused.pipeline
      const before = this.#fused
      this.#fused = undefined
      await (await before?.pipeline)?.release()
      const pipeline = this.#open([{ lora: mix, weight: 1 }])
      this.#fused = { mix, pipeline }
      return pipeline
    }
    this.#live?.set(mix)
    this.#plain ??= this.#open([])
    this.#plain.catch(() => {
      this.#plain = undefined
    })
    return this.#plain
  }

  /**
   * PNGs of the items, a few at a time as they are done. Calls must not overlap.
   *
   * @param mix the base itself when undefined
   * @param onProgress is told the share that is done, 0 to 1
   * @throws SelmaError `stopped` within a sampling step of the signal; what drawing throws
   */
  async *draw(
    mix: Lora | undefined,
    items: readonly PreviewItem[],
    { signal, onProgress }: { signal: AbortSignal; onProgress: (share: number) => void },
  ): AsyncGenerator<Uint8Array[]> {
    clearTimeout(this.#idle)
    try {
      const pipeline = await this.#pipelineFor(mix)
      for (let start = 0; start < items.length; start += together) {
        const some = items.slice(start, start + together)
        const latents = await pipeline.sample(
          some.map(({ prompt }) => prompt),
          {
            ...this.#settings,
            seeds: some.map(({ seed }) => seed),
            signal,
            onProgress: (done, share) => onProgress((start + (done || share * some.length)) / items.length),
          },
        )
        yield await Promise.all((await pipeline.decode(latents)).map((picture) => encodePng(picture)))
      }
    } finally {
      clearTimeout(this.#idle)
      this.#idle = setTimeout(() => this.#engine.cancel(), rest)
      this.#idle.unref()
    }
  }

  /** Ends the process; what is being drawn fails with `stopped`. */
  close(): void {
    clearTimeout(this.#idle)
    this.#engine.cancel()
  }
}
