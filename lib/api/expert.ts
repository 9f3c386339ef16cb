// A LoRA expert, or a merge of several, as a notebook holds it: a name and a folder.
import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Lora } from '../formats/lora.ts'
import { loadLora } from '../formats/lora-files.ts'
import { loraStats } from '../merging/index.ts'
import { type Figure, lossChart } from '../plots/index.ts'
import { bundleOf, displaySymbol, type MimeBundle } from './display.ts'
import { hubName } from './find-model.ts'
import { fetchLora, type HubLoraOptions } from './hub-lora.ts'
import { tellOpened } from './used.ts'

export interface TrainingRecord {
  losses: readonly number[]
  validation: readonly { step: number; loss: number }[]
}

export class Expert {
  readonly name: string
  /** Folder (or file) of the LoRA. */
  readonly path: string
  /** Where it came from, in words: trained, merged, loaded; computed or cached. */
  readonly note: string
  readonly training?: TrainingRecord

  constructor(name: string, path: string, note: string, training?: TrainingRecord) {
    this.name = name
    this.path = path
    this.note = note
    this.training = training
  }

  /**
   * A LoRA from a folder or file in diffusers', PEFT's or kohya's layout, or from the Hub by its name
   * (`organisation/name`, `organisation/name@revision`); a folder goes before the Hub.
   *
   * @throws SelmaError `bad-file`, `not-found`; `io` when the Hub is not reached
   */
  static async load(path: string, options: { name?: string } & HubLoraOptions = {}): Promise<Expert> {
    const { name: given, ...hub } = options
    const remote = hubName.test(path) && !existsSync(resolve(path))
    const { at, note } = remote ? await fetchLora(path, hub) : { at: path, note: `loaded from ${path}` }
    const lora = await loadLora(at)
    const name = given ?? lora.metadata.selma_expert ?? path.split(/[\\/]/).pop() ?? path
    await tellOpened('expert', name, at)
    return new Expert(name, at, note)
  }

  load(): Promise<Lora> {
    return loadLora(this.path)
  }

  /** The training loss, and the validation loss where it was measured. */
  lossChart(): Figure | undefined {
    if (!this.training) return undefined
    const { losses, validation } = this.training
    const measured = validation.map(({ loss }) => loss)
    return lossChart([
      { name: this.name, steps: losses.map((_, i) => i + 1), values: losses },
      ...(measured.length > 0
        ? [
            {
              name: 'validation',
              steps: validation.map(({ step }) => step),
              values: measured,
              smoothed: measured,
            },
          ]
        : []),
    ])
  }

  async [displaySymbol](): Promise<MimeBundle> {
    const lora = await this.load()
    const ranks = [...new Set([...lora.layers.values()].map(({ down }) => down.shape[0]))].join(', ')
    const text = `Expert ${this.name}: ${lora.layers.size} layers, rank ${ranks}, ${this.note}`
    const figure = this.lossChart()
    return figure ? { ...(await bundleOf(figure)), 'text/plain': text } : { 'text/plain': text }
  }

  /** Frobenius norm of ΔW by layer. */
  async stats(): Promise<ReturnType<typeof loraStats>> {
    return loraStats(await this.load())
  }
}
