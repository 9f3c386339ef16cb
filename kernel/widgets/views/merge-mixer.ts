// The merge mixer: weights and a method in the page, and at once what the merge draws beside the base. It merges and
// draws one set of settings at a time, always the latest; what was drawn before is shown at once.
import { SelmaError } from '../../../lib/base/errors.ts'
import type { Lora } from '../../../lib/formats/lora.ts'
import { loadLora } from '../../../lib/formats/lora-files.ts'
import { type Expert, merge, type T2I } from '../../../lib/index.ts'
import { checkExperts } from '../../../lib/merging/index.ts'
import {
  type MergeMixerAnswer,
  type MergeMixerMessage,
  type MergeMixerState,
  type MixSettings,
  mergeMixerMessage,
} from '../../../lib/messages/views/merge-mixer.ts'
import { DISPLAY } from '../../display/formatters.ts'
import type { MimeBundle } from '../../outputs.ts'
import { brief } from './brief.ts'
import { PictureCache } from './merge-mixer-cache.ts'
import { holdsExpert, saveMix } from './merge-mixer-files.ts'
import { expertNumbersOf } from './merge-mixer-numbers.ts'
import { type MergeMixerOptions, resolveMixer } from './merge-mixer-options.ts'
import { mixPicture } from './merge-mixer-picture.ts'
import { MixPreview, type PreviewItem, type PreviewSettings } from './merge-mixer-preview.ts'
import { checkedSettings, largestRank, mergeGently, mergeOptions, mixName } from './merge-mixer-settings.ts'
import { View } from './view.ts'

export type { MergeMixerOptions }

const progressEvery = 150

export class MergeMixer extends View<MergeMixerState, MergeMixerMessage, MergeMixerAnswer> {
  readonly #base: T2I
  readonly #experts: readonly Expert[]
  readonly #items: readonly PreviewItem[]
  readonly #name: string
  readonly #root?: string
  readonly #ready: Promise<void>
  readonly #cache = new PictureCache()
  readonly #closing = new AbortController()
  readonly #basePictures: Uint8Array[] = []
  #settings: MixSettings
  #loras: Lora[] = []
  #preview: MixPreview | undefined
  #largest = 1
  /** A page has asked for pictures, or a cell. */
  #awake = false
  #halting = new AbortController()
  #working: Promise<void> | undefined
  #mixing = new AbortController()
  #told = 0

  constructor(base: T2I, experts: readonly Expert[], options: MergeMixerOptions) {
    const { items, settings, drawing, state } = resolveMixer(base, experts, options)
    super({ name: 'merge-mixer', messages: mergeMixerMessage, state })
    this.#base = base
    this.#experts = [...experts]
    this.#items = items
    this.#settings = settings
    this.#name = options.name ?? 'mixed'
    this.#root = options.root
    this.#ready = this.#open(drawing)
    this.#ready.catch((error) => this.#show(error))
  }

  async #open(drawing: PreviewSettings): Promise<void> {
    this.#loras = await Promise.all(this.#experts.map((expert) => expert.load()))
    checkExperts(
      this.#loras,
      this.#experts.map(({ name }) => name),
    )
    this.#largest = largestRank(this.#loras)
    checkedSettings(this.#settings, this.#loras.length, this.#largest)
    const loras = await Promise.all(
      this.#base.loras.map(async ({ path, weight }) => ({ lora: await loadLora(path), weight })),
    )
    this.#preview = new MixPreview(
      { folder: this.#base.folder, loras, device: this.#base.device, dtype: this.#base.dtype },
      this.#loras,
      drawing,
    )
    this.share({ largestRank: this.#largest })
    if (this.#closing.signal.aborted) return
    expertNumbersOf(this.#loras, this.#closing.signal)
      .then((numbers) => this.share({ numbers }))
      .catch((error) => this.#closing.signal.aborted || this.#show(error))
  }

  /** Says why there are no pictures, for as long as that holds. */
  #show(error: unknown): void {
    const message = brief(error instanceof Error ? error.message : String(error), 500)
    const hint = error instanceof SelmaError && error.hint ? brief(error.hint, 500) : null
    this.share({ problem: { message, hint }, work: null })
  }

  /** The settings that the page shows. */
  get mixed(): MixSettings {
    return structuredClone(this.#settings)
  }

  /** The mix as an expert, as `merge` gives it. */
  get expert(): Promise<Expert> {
    return this.#merged(this.#name)
  }

  async #merged(name: string): Promise<Expert> {
    await this.#ready
    return merge(this.#experts, { ...mergeOptions(this.#settings), name, root: this.#root })
  }

  /**
   * Changes the settings; the page follows, and what is being drawn for others is stopped.
   *
   * @throws SelmaError `bad-input` for settings that the method refuses
   */
  mix(change: Partial<MixSettings>): void {
    const largest = this.#preview ? this.#largest : Infinity
    const next = checkedSettings({ ...this.#settings, ...change }, this.#experts.length, largest)
    this.#settings = next
    const mixId = mixName(next)
    this.share({
      settings: next,
      mixId,
      mixDone: this.#cache.get(mixId)?.length ?? 0,
      problem: null,
    })
    this.#mixing.abort()
    if (this.#halting.signal.aborted) this.#halting = new AbortController()
    this.#wake()
  }

  /** Waits until everything is drawn that the settings ask for, or cannot be. */
  async drawn(): Promise<void> {
    await this.#ready
    this.#awake = true
    this.#wake()
    while (this.#working) await this.#working
  }

  #wake(): void {
    if (!this.#awake || this.#working || this.#closing.signal.aborted) return
    this.#working = this.#work().finally(() => {
      this.#working = undefined
    })
  }

  /** Draws what is missing, the base first, until nothing is. */
  async #work(): Promise<void> {
    for (;;) {
      const settings = this.#settings
      const name = mixName(settings)
      const ofBase = this.#basePictures.length < this.#items.length
      const done = ofBase ? this.#basePictures : this.#cache.open(name)
      const halts = [this.#closing.signal, this.#halting.signal]
      if (done.length === this.#items.length || halts.some(({ aborted }) => aborted)) break
      this.#mixing = new AbortController()
      // The base is drawn to the end whatever the settings: every mix is shown beside it.
      const signal = AbortSignal.any(ofBase ? halts : [...halts, this.#mixing.signal])
      try {
        let mix: Lora | undefined
        if (!ofBase) {
          this.share({ work: { what: 'merge', share: 0 } })
          mix = await mergeGently(
            this.#loras,
            { ids: this.#experts.map((expert) => expert.name), ...mergeOptions(settings) },
            signal,
          )
        }
        await this.#draw(mix, done, name, signal)
      } catch (error) {
        // Of other settings than those wanted now, or on its way out: nothing to be told.
        if (!signal.aborted) {
          this.#show(error)
          break
        }
      }
    }
    if (!this.#closing.signal.aborted) this.share({ work: null })
  }

  async #draw(mix: Lora | undefined, done: Uint8Array[], name: string, signal: AbortSignal): Promise<void> {
    const what = mix ? 'mix' : 'base'
    const before = done.length
    const onProgress = (share: number) => {
      const now = performance.now()
      if (now - this.#told < progressEvery && share < 1) return
      this.#told = now
      const all = this.#items.length
      this.share({ work: { what, share: (before + share * (all - before)) / all } })
    }
    this.share({ work: { what, share: before / this.#items.length } })
    for await (const some of this.#preview!.draw(mix, this.#items.slice(before), { signal, onProgress })) {
      done.push(...some)
      if (!mix) this.share({ baseDone: done.length })
      else if (name === mixName(this.#settings)) this.share({ mixDone: done.length })
    }
  }

  protected override async receive(message: MergeMixerMessage): Promise<void> {
    await this.#ready
    if (message.kind === 'open') {
      this.#awake = true
      this.#wake()
    } else if (message.kind === 'pictures') for (const id of message.ids) this.#sendPicture(id)
    else if (message.kind === 'mix') this.mix(message.settings)
    else if (message.kind === 'halt') {
      this.#halting.abort()
    } else await this.#saveFor(message)
  }

  async #saveFor({ folder, name, overwrite }: Extract<MergeMixerMessage, { kind: 'save' }>): Promise<void> {
    const answer = { version: 1, folder: brief(folder, 1_000) } as const
    if (!overwrite && (await holdsExpert(folder))) return this.tell({ ...answer, kind: 'exists' })
    await this.save(folder, { name, overwrite })
    this.tell({ ...answer, kind: 'saved' })
  }

  /**
   * Saves the mix into a folder, as a LoRA in diffusers' layout.
   *
   * @param folder made if missing, relative to the working directory
   * @param options.overwrite replace an expert that is there; default false
   * @throws SelmaError `bad-input` when there is one, or the folder is one of the mixed experts'; `io`
   */
  async save(
    folder: string,
    { name = this.#name, overwrite = false }: { name?: string; overwrite?: boolean } = {},
  ): Promise<Expert> {
    const made = await saveMix(await this.#merged(name), folder, {
      name,
      overwrite,
      keep: [...this.#experts, ...this.#base.loras].map(({ path }) => path),
    })
    this.share({ saved: brief(folder, 1_000) })
    return made
  }

  #sendPicture(id: string): void {
    const [of, at] = id.split(':')
    const bytes = (of === 'base' ? this.#basePictures : this.#cache.get(of))?.[Number(at)]
    const answer = { version: 1, kind: 'picture', id, mime: 'image/png' } as const
    if (bytes) this.tell(answer, [bytes])
    else this.tell({ ...answer, missing: 'there is no such picture' })
  }

  /** Stops drawing and ends the engine's process. */
  override close(): void {
    this.#closing.abort()
    this.#preview?.close()
    this.#cache.clear()
    super.close()
  }

  override toString(): string {
    const { method, weights } = this.#settings
    const mixed = this.#experts.map(({ name }, at) => `${brief(name, 80)} × ${+weights[at].toFixed(4)}`)
    return `Merge mixer on ${brief(this.#base.name, 80)}: ${mixed.join(', ')}, by ${method}`
  }

  override async [DISPLAY](): Promise<MimeBundle> {
    await this.#ready.catch(() => {})
    return super[DISPLAY]()
  }

  protected override async picture(): Promise<Uint8Array | undefined> {
    return mixPicture({
      base: this.#base.name,
      experts: this.#experts.map(({ name }) => name),
      settings: this.#settings,
      items: this.#items,
      basePictures: this.#basePictures,
      mixPictures: this.#cache.get(mixName(this.#settings)) ?? [],
    })
  }
}

/**
 * Mixes experts by hand: a slider an expert, the merge method, and at every change what the merge draws.
 *
 * @param base the model that the experts were trained on
 * @param experts at least one; they must adapt the same layers
 * @throws SelmaError `bad-input` without experts or prompts, or for settings that the method refuses
 */
export function mergeMixer(base: T2I, experts: readonly Expert[], options: MergeMixerOptions): MergeMixer {
  return new MergeMixer(base, experts, options)
}
