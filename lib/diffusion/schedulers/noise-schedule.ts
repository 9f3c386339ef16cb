// The forward process: betas, cumulative alphas, adding noise, and what the model is asked to
// predict. Source: Ho et al. 2020; Salimans & Ho 2022 (v); Lin et al. 2023 (zero terminal SNR);
// diffusers, schedulers/scheduling_ddpm.py.

import { fail } from '../../base/errors.ts'
import type { Random } from '../../base/random.ts'
import type { SchedulerConfig } from './scheduler-config.ts'

export { type PredictionType, type SchedulerConfig, schedulerConfig } from './scheduler-config.ts'

function betasOf(config: SchedulerConfig): number[] {
  const { num_train_timesteps: count, beta_start: start, beta_end: end } = config
  if (config.trained_betas) {
    const { length } = config.trained_betas
    if (length === count) return config.trained_betas
    fail('mismatch', `${length} trained_betas for ${count} timesteps`, 'there must be one a timestep')
  }
  const line = (from: number, to: number, i: number) => from + ((to - from) * i) / (count - 1)
  const steps = Array.from({ length: count }, (_, i) => i)
  if (config.beta_schedule === 'linear') return steps.map((i) => line(start, end, i))
  if (config.beta_schedule === 'scaled_linear')
    return steps.map((i) => line(Math.sqrt(start), Math.sqrt(end), i) ** 2)
  const alphaBar = (t: number) => Math.cos(((t + 0.008) / 1.008) * (Math.PI / 2)) ** 2
  return steps.map((i) => Math.min(1 - alphaBar((i + 1) / count) / alphaBar(i / count), 0.999))
}

/** ᾱ of every timestep: the share of signal variance that is left. */
export function alphasCumprod(config: SchedulerConfig): Float64Array {
  const betas = betasOf(config)
  const out = new Float64Array(betas.length)
  let product = 1
  for (let i = 0; i < betas.length; i++) {
    product *= 1 - betas[i]
    out[i] = product
  }
  if (!config.rescale_betas_zero_snr) return out
  const first = Math.sqrt(out[0])
  const last = Math.sqrt(out[out.length - 1])
  return out.map((value) => (((Math.sqrt(value) - last) * first) / (first - last)) ** 2)
}

/**
 * A training timestep, 0 to `count` − 1: uniform at a shift of 1, more often noisy above it. Where things go is
 * decided at high noise. Source: Esser et al. 2024, section 5.3.2 (their resolution shift, on discrete timesteps).
 */
export function trainingTimestep(random: Random, shift = 1, count = 1000): number {
  if (shift === 1) return random.int(0, count - 1)
  const u = random.float()
  return Math.min(count - 1, Math.floor(((shift * u) / (1 + (shift - 1) * u)) * count))
}

/** What training needs of the forward process, per example of `size` numbers. */
export class NoiseSchedule {
  readonly config: SchedulerConfig
  readonly alphas: Float64Array

  constructor(config: SchedulerConfig) {
    this.config = config
    this.alphas = alphasCumprod(config)
  }

  #alpha(timestep: number): number {
    return (
      this.alphas[timestep] ??
      fail('bad-input', `timestep ${timestep}`, `give 0 to ${this.alphas.length - 1}`)
    )
  }

  /** √ᾱ·x + √(1−ᾱ)·noise for a batch; `timesteps[i]` belongs to example i. */
  addNoise(x: Float32Array, noise: Float32Array, timesteps: ArrayLike<number>): Float32Array {
    return this.#mix(x, noise, timesteps, (alpha) => [Math.sqrt(alpha), Math.sqrt(1 - alpha)])
  }

  /** √ᾱ·noise − √(1−ᾱ)·x: the velocity (diffusers' get_velocity). */
  velocity(x: Float32Array, noise: Float32Array, timesteps: ArrayLike<number>): Float32Array {
    return this.#mix(x, noise, timesteps, (alpha) => [-Math.sqrt(1 - alpha), Math.sqrt(alpha)])
  }

  /** What the model should predict. */
  target(x: Float32Array, noise: Float32Array, timesteps: ArrayLike<number>): Float32Array {
    return this.config.prediction_type === 'epsilon' ? noise : this.velocity(x, noise, timesteps)
  }

  #mix(
    x: Float32Array,
    noise: Float32Array,
    timesteps: ArrayLike<number>,
    factors: (alpha: number) => [number, number],
  ): Float32Array {
    const size = x.length / timesteps.length
    const out = new Float32Array(x.length)
    for (let i = 0; i < timesteps.length; i++) {
      const [signal, spread] = factors(this.#alpha(timesteps[i]))
      for (let j = i * size; j < (i + 1) * size; j++) out[j] = signal * x[j] + spread * noise[j]
    }
    return out
  }
}
