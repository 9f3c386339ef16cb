// Euler steps along the probability-flow ODE in sigma space. Source: Karras et al. 2022,
// algorithm 2 without churn; diffusers, scheduling_euler_discrete.py.
import { alphasCumprod, roundHalfEven, type SchedulerConfig, spacedTimesteps } from './noise-schedule.ts'
import type { Scheduler } from './scheduler.ts'

/** Euler for `steps` steps; spacing defaults to 'linspace'. */
export function euler(config: SchedulerConfig, steps: number): Scheduler {
  const spacing = config.timestep_spacing ?? 'linspace'
  const spaced = spacedTimesteps(config, steps, spacing)
  const timesteps = spacing === 'linspace' ? spaced : spaced.map(roundHalfEven)
  const alphas = alphasCumprod(config)
  // diffusers keeps the last ᾱ above zero so that its sigma stays finite.
  if (config.rescale_betas_zero_snr) alphas[alphas.length - 1] = 2 ** -24
  const table = alphas.map((alpha) => Math.sqrt((1 - alpha) / alpha))
  const sigmas = timesteps.map((t) => {
    const low = Math.min(Math.floor(t), table.length - 2)
    return table[low] + (table[low + 1] - table[low]) * (t - low)
  })
  sigmas.push(0)
  const highest = Math.max(...sigmas)
  return {
    timesteps,
    initNoiseSigma: spacing === 'leading' ? Math.sqrt(highest ** 2 + 1) : highest,
    scaleModelInput: (sample, index) => sample.map((value) => value / Math.sqrt(sigmas[index] ** 2 + 1)),
    step(prediction, index, sample) {
      const sigma = sigmas[index]
      const delta = sigmas[index + 1] - sigma
      const velocity = config.prediction_type === 'v_prediction'
      const scale = -sigma / Math.sqrt(sigma ** 2 + 1)
      const out = new Float32Array(sample.length)
      for (let i = 0; i < out.length; i++) {
        const x = sample[i]
        const original = velocity ? prediction[i] * scale + x / (sigma ** 2 + 1) : x - sigma * prediction[i]
        out[i] = x + ((x - original) / sigma) * delta
      }
      return out
    },
  }
}
