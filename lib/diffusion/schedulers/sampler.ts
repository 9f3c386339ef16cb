// What a sampler is, and where it gets its noise. Which ones there are: scheduler.ts.
import { fail } from '../../base/errors.ts'
import type { SchedulerConfig } from './scheduler-config.ts'

/**
 * A sampler on its way from noise to one batch of samples, flat float32 of any shape. Steps are taken
 * once each, by index and in order: some samplers remember earlier predictions.
 */
export interface Scheduler {
  /** Timestep fed to the model at every step; there may be more of them than steps asked for (PNDM). */
  readonly timesteps: readonly number[]
  /** What standard normal noise is multiplied with at the start. */
  readonly initNoiseSigma: number
  /** The model's input at step `index`. */
  scaleModelInput(sample: Float32Array, index: number): Float32Array
  /** The sample after step `index`. */
  step(prediction: Float32Array, index: number, sample: Float32Array): Float32Array
}

/** Standard normals for a whole sample; called at most once a step. */
export type NoiseSource = (length: number) => Float32Array

export interface SchedulerOptions {
  /** Share of ancestral sampling's noise, 0 to 1; DDIM only. Default 0. */
  eta?: number
  /** In place of the config's `timestep_spacing`. */
  timestepSpacing?: NonNullable<SchedulerConfig['timestep_spacing']>
  /** In place of the config's `rescale_betas_zero_snr`. */
  rescaleBetasZeroSnr?: boolean
  /** Where samplers that add noise get it; the others do without. */
  noise?: NoiseSource
}

/** The source of noise, for a sampler that cannot do without. */
export function sourceOf(options: SchedulerOptions): NoiseSource {
  return options.noise ?? fail('bad-input', 'this scheduler adds noise, but has no source', 'pass { noise }')
}
