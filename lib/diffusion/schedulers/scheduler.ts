// What a sampler is, and choosing one by its diffusers class or short name.
import { fail } from '../../base/errors.ts'
import { ddim } from './ddim.ts'
import { euler } from './euler.ts'
import type { SchedulerConfig } from './noise-schedule.ts'

/** A sampler set to a number of steps. Samples are flat float32 of any shape; steps go by index. */
export interface Scheduler {
  /** Timestep fed to the model at every step. */
  readonly timesteps: readonly number[]
  /** What standard normal noise is multiplied with at the start. */
  readonly initNoiseSigma: number
  /** The model's input at step `index`. */
  scaleModelInput(sample: Float32Array, index: number): Float32Array
  /** The sample after step `index`. */
  step(prediction: Float32Array, index: number, sample: Float32Array): Float32Array
}

const makers = { ddim, euler }
/** Samplers by name. */
export type SchedulerName = keyof typeof makers
export const schedulerNames = Object.keys(makers) as SchedulerName[]

/** A sampler by name, or the one that the checkpoint names. */
export function makeScheduler(config: SchedulerConfig, steps: number, name?: SchedulerName): Scheduler {
  const classes: Record<string, SchedulerName> = { DDIMScheduler: 'ddim', EulerDiscreteScheduler: 'euler' }
  const chosen = name ?? classes[config._class_name]
  if (!chosen || !Object.hasOwn(makers, chosen)) {
    fail(
      'unsupported',
      `unknown scheduler ${JSON.stringify(name ?? config._class_name)}`,
      `choose one of ${schedulerNames.join(', ')}`,
    )
  }
  return makers[chosen](config, steps)
}
