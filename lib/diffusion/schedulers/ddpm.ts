// Ancestral sampling with the smaller variance, that of the posterior ('fixed_small'). Source: Ho et
// al. 2020, equations 6 and 7; diffusers, scheduling_ddpm.py.
import { alphasCumprod } from './noise-schedule.ts'
import { clipping, readings } from './prediction.ts'
import { type Scheduler, type SchedulerOptions, sourceOf } from './sampler.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import { roundHalfEven, spacedTimesteps } from './timesteps.ts'

/** DDPM for `steps` steps; spacing defaults to 'leading'. Draws noise at every step but timestep 0's. */
export function ddpm(config: SchedulerConfig, steps: number, options: SchedulerOptions): Scheduler {
  const source = sourceOf(options)
  const alphas = alphasCumprod(config)
  const timesteps = spacedTimesteps(config, steps, config.timestep_spacing ?? 'leading').map(roundHalfEven)
  const clip = clipping(config)
  return {
    timesteps,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(prediction, index, sample) {
      const alpha = alphas[timesteps[index]]
      const nextAlpha = index + 1 < steps ? alphas[timesteps[index + 1]] : 1
      const beta = 1 - alpha / nextAlpha
      const fromClean = (Math.sqrt(nextAlpha) * beta) / (1 - alpha)
      const fromSample = (Math.sqrt(alpha / nextAlpha) * (1 - nextAlpha)) / (1 - alpha)
      const deviation = Math.sqrt(((1 - nextAlpha) / (1 - alpha)) * beta)
      const { clean } = readings(config, Math.sqrt(alpha), Math.sqrt(1 - alpha))
      const fresh = deviation > 0 ? source(sample.length) : undefined
      const out = new Float32Array(sample.length)
      for (let i = 0; i < out.length; i++) {
        out[i] = fromClean * clip(clean(sample[i], prediction[i])) + fromSample * sample[i]
        if (fresh) out[i] += deviation * fresh[i]
      }
      return out
    },
  }
}
