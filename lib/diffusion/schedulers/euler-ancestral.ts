// Euler steps to below the next level, and noise that brings them up to it. Source: k-diffusion's
// sample_euler_ancestral; diffusers, scheduling_euler_ancestral_discrete.py.
import { eulerLevels } from './euler.ts'
import { readings } from './prediction.ts'
import { type Scheduler, type SchedulerOptions, sourceOf } from './sampler.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import { levelOf } from './sigmas.ts'

/** Euler ancestral for `steps` steps; spacing defaults to 'linspace'. Draws noise at every step but the last. */
export function eulerAncestral(config: SchedulerConfig, steps: number, options: SchedulerOptions): Scheduler {
  const source = sourceOf(options)
  const { sigmas, ...rest } = eulerLevels(config, steps)
  return {
    ...rest,
    step(prediction, index, sample) {
      const sigma = sigmas[index]
      const next = sigmas[index + 1] ?? 0
      const up = (next * Math.sqrt(sigma ** 2 - next ** 2)) / sigma
      const down = next ** 2 / sigma
      const { signal, spread } = levelOf(sigma)
      const { noise } = readings(config, signal, spread)
      const fresh = up > 0 ? source(sample.length) : undefined
      return sample.map(
        (x, i) => x + (down - sigma) * noise(signal * x, prediction[i]) + (fresh ? up * fresh[i] : 0),
      )
    },
  }
}
