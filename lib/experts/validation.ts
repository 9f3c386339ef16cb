// The validation loss: on held-out pictures, with the same noise at every measurement, whatever training does, so that
// the losses of one run, and of different runs, compare.
import { Random } from '../base/random.ts'
import type { NoiseSchedule } from '../diffusion/schedulers/noise-schedule.ts'
import type { TextCondition } from '../diffusion/text-conditioner.ts'
import { LocalSession, type Program, type Provider } from '../runtime/index.ts'
import { drawBatch, feedsOf, type Tokenize } from './batches.ts'
import type { ResolvedTrainOptions } from './options.ts'
import type { Bucket, Prepared } from './prepare.ts'

export interface Held {
  /** Prepared without flips. */
  data: Prepared
  noise: NoiseSchedule
  empty: TextCondition
  tokenize: Tokenize
  options: ResolvedTrainOptions
  /** Default: the CPU's. */
  provider?: Provider
  /** The loss program of a bucket's shape. */
  program: (bucket: Bucket) => Program
}

const plain = { captionDropout: 0, timestepShift: 1 }

export class Validation {
  readonly #held: Held
  #loaded: { bucket: Bucket; session: LocalSession } | undefined

  constructor(held: Held) {
    this.#held = held
  }

  /** One session at a time; the only one there is stays. */
  async #session(bucket: Bucket): Promise<LocalSession> {
    if (this.#loaded?.bucket === bucket) return this.#loaded.session
    await this.release()
    const { program, provider } = this.#held
    const session = await LocalSession.create(program(bucket), { spinning: false, provider })
    this.#loaded = { bucket, session }
    return session
  }

  /** The mean loss with these factors. */
  async measure(parameters: Float32Array): Promise<number> {
    const { data, noise, empty, tokenize, options } = this.#held
    const root = new Random(options.seed).derive('validation')
    let total = 0
    let rounds = 0
    for (const [place, bucket] of data.buckets.entries()) {
      const session = await this.#session(bucket)
      await session.setState('parameters', parameters)
      const { members, latent } = bucket
      const stream = data.buckets.length === 1 ? root : root.derive('bucket', place)
      for (let round = 0; round * options.batch < members.length; round++) {
        // The last batch is filled up from the start.
        const examples = Array.from(
          { length: options.batch },
          (_, i) => data.examples[members[(round * options.batch + i) % members.length]],
        )
        const drawn = drawBatch(examples, latent, stream.derive(round), noise, empty, plain)
        const [feeds] = feedsOf(drawn, noise, options, { tokenize, training: false })
        const { loss } = await session.run(feeds)
        total += (loss as Float32Array)[0]
        rounds++
      }
    }
    return total / rounds
  }

  async release(): Promise<void> {
    const loaded = this.#loaded
    this.#loaded = undefined
    await loaded?.session.release()
  }
}
