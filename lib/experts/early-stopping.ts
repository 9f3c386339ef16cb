// Stopping when the validation loss no longer falls, and the weights it was lowest with. They lie in a file, so that a
// resumed run has them.
import { loadTrainerState, saveTrainerState } from '../runtime/index.ts'
import type { ResolvedTrainOptions } from './options.ts'

/** A validation loss. */
export interface Measured {
  step: number
  loss: number
}

export class EarlyStopping {
  readonly #patience: number | undefined
  readonly #threshold: number
  readonly #file: string
  readonly #state: { validation: readonly Measured[]; best?: Measured }

  /** @param state of the run, kept by its checkpoints; `best` is written here */
  constructor(
    options: Pick<ResolvedTrainOptions, 'earlyStoppingPatience' | 'earlyStoppingThreshold'>,
    file: string,
    state: { validation: readonly Measured[]; best?: Measured },
  ) {
    this.#patience = options.earlyStoppingPatience
    this.#threshold = options.earlyStoppingThreshold ?? 0
    this.#file = file
    this.#state = state
  }

  get best(): Measured | undefined {
    return this.#state.best
  }

  /** Whether so many measurements in a row were no better than the best. */
  get reached(): boolean {
    const { best, validation } = this.#state
    if (this.#patience === undefined || !best) return false
    return validation.filter(({ step }) => step > best.step).length >= this.#patience
  }

  /** Compares a measurement with the best, and keeps its weights if it is better. */
  async note(measured: Measured, parameters: Float32Array): Promise<void> {
    if (this.#patience === undefined) return
    const { best } = this.#state
    if (best && !(measured.loss < best.loss - this.#threshold)) return
    await saveTrainerState(this.#file, { step: measured.step, vectors: { parameters } })
    this.#state.best = measured
  }

  /** The best weights where there are any, else the last ones. */
  async pick(last: Float32Array): Promise<Float32Array> {
    return this.best ? (await loadTrainerState(this.#file)).vectors.parameters : last
  }
}
