// DDIM, with η times the noise of ancestral sampling added (none by default). Source: Song et al. 2021,
// equations 12 and 16; diffusers, scheduling_ddim.py.
import { alphasCumprod } from './noise-schedule.ts'
import { clipping, readings } from './prediction.ts'
import { type Scheduler, type SchedulerOptions, sourceOf } from './sampler.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import { roundHalfEven, spacedTimesteps } from './timesteps.ts'

/** DDIM for `steps` steps; spacing defaults to 'leading'. */
export function ddim(config: SchedulerConfig, steps: number, options: SchedulerOptions): Scheduler {
  const { eta = 0 } = options
  const source = eta > 0 ? sourceOf(options) : undefined
  const alphas = alphasCumprod(config)
  const timesteps = spacedTimesteps(config, steps, config.timestep_spacing ?? 'leading').map(roundHalfEven)
  const stride = Math.floor(config.num_train_timesteps / steps)
  const finalAlpha = (config.set_alpha_to_one ?? true) ? 1 : alphas[0]
  const clip = clipping(config)
  return {
    timesteps,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(prediction, index, sample) {
      const before = timesteps[index] - stride
      const alpha = alphas[timesteps[index]]
      const nextAlpha = before >= 0 ? alphas[before] : finalAlpha
      const variance = ((1 - nextAlpha) / (1 - alpha)) * (1 - alpha / nextAlpha)
      const deviation = eta * Math.sqrt(variance)
      const signal = Math.sqrt(nextAlpha)
      const spread = Math.sqrt(Math.max(0, 1 - nextAlpha - deviation ** 2))
      const { clean, noise } = readings(config, Math.sqrt(alpha), Math.sqrt(1 - alpha))
      const fresh = source && deviation > 0 ? source(sample.length) : undefined
      const out = new Float32Array(sample.length)
      for (let i = 0; i < out.length; i++) {
        out[i] = signal * clip(clean(sample[i], prediction[i])) + spread * noise(sample[i], prediction[i])
        if (fresh) out[i] += deviation * fresh[i]
      }
      return out
    },
  }
}
