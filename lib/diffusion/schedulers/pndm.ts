// PNDM as Stable Diffusion uses it: linear multistep (PLMS) from the first step on, without Runge–Kutta
// steps; the second timestep is visited twice instead. Source: Liu et al. 2022, equations 9 and 12;
// diffusers, scheduling_pndm.py.
import { alphasCumprod } from './noise-schedule.ts'
import { readings } from './prediction.ts'
import type { Scheduler } from './sampler.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import { roundHalfEven, spacedTimesteps } from './timesteps.ts'

/** Adams–Bashforth weights for one to four predictions, the newest first. */
const weights = [
  [1],
  [3 / 2, -1 / 2],
  [23 / 12, -16 / 12, 5 / 12],
  [55 / 24, -59 / 24, 37 / 24, -9 / 24],
] as const

/** PNDM for `steps` steps, which ask the model once more than that; spacing defaults to 'leading'. */
export function pndm(config: SchedulerConfig, steps: number): Scheduler {
  const alphas = alphasCumprod(config)
  const spaced = spacedTimesteps(config, steps, config.timestep_spacing ?? 'leading').map(roundHalfEven)
  const timesteps = [...spaced.slice(0, 2), ...spaced.slice(1)]
  const stride = Math.floor(config.num_train_timesteps / steps)
  const finalAlpha = config.set_alpha_to_one ? 1 : alphas[0]
  /** Newest first. */
  let predictions: Float32Array[] = []
  let start = new Float32Array(0)

  /** Equation 9: the sample at ᾱ = `to` from the one at `from`. */
  const transfer = (sample: Float32Array, mixed: Float32Array, from: number, to: number): Float32Array => {
    const { noise } = readings(config, Math.sqrt(from), Math.sqrt(1 - from))
    const keep = Math.sqrt(to / from)
    const take = (to - from) / (from * Math.sqrt(1 - to) + Math.sqrt(from * (1 - from) * to))
    return sample.map((x, i) => keep * x - take * noise(x, mixed[i]))
  }

  return {
    timesteps,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(prediction, index, sample) {
      const timestep = timesteps[index]
      const [from, before] = index === 1 ? [timestep + stride, timestep] : [timestep, timestep - stride]
      const nextAlpha = before >= 0 ? alphas[before] : finalAlpha
      if (index === 1) {
        // The first step once more, with the mean of the predictions at both its ends.
        const mean = prediction.map((value, i) => (value + predictions[0][i]) / 2)
        return transfer(start, mean, alphas[from], nextAlpha)
      }
      if (index === 0) {
        predictions = []
        start = Float32Array.from(sample)
      }
      predictions = [Float32Array.from(prediction), ...predictions.slice(0, 3)]
      const factors = weights[predictions.length - 1]
      const mixed = prediction.map((_, i) =>
        factors.reduce<number>((sum, factor, k) => sum + factor * predictions[k][i], 0),
      )
      return transfer(sample, mixed, alphas[from], nextAlpha)
    },
  }
}
