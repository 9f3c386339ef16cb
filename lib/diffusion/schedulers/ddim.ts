// DDIM without added noise (η = 0). Source: Song et al. 2021; diffusers, scheduling_ddim.py.
import { alphasCumprod, roundHalfEven, type SchedulerConfig, spacedTimesteps } from './noise-schedule.ts'
import type { Scheduler } from './scheduler.ts'

/** DDIM for `steps` steps; spacing defaults to 'leading'. */
export function ddim(config: SchedulerConfig, steps: number): Scheduler {
  const alphas = alphasCumprod(config)
  const timesteps = spacedTimesteps(config, steps, config.timestep_spacing ?? 'leading').map(roundHalfEven)
  const stride = Math.floor(config.num_train_timesteps / steps)
  const finalAlpha = config.set_alpha_to_one ? 1 : alphas[0]
  return {
    timesteps,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(prediction, index, sample) {
      const before = timesteps[index] - stride
      const alpha = alphas[timesteps[index]]
      const nextAlpha = before >= 0 ? alphas[before] : finalAlpha
      const [a, s] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)]
      const [nextA, nextS] = [Math.sqrt(nextAlpha), Math.sqrt(1 - nextAlpha)]
      const limit = config.clip_sample ? config.clip_sample_range : Number.POSITIVE_INFINITY
      const velocity = config.prediction_type === 'v_prediction'
      const out = new Float32Array(sample.length)
      for (let i = 0; i < out.length; i++) {
        const x = sample[i]
        const p = prediction[i]
        const original = velocity ? a * x - s * p : (x - s * p) / a
        const noise = velocity ? a * p + s * x : p
        out[i] = nextA * Math.min(limit, Math.max(-limit, original)) + nextS * noise
      }
      return out
    },
  }
}
