// Reading a model's prediction p for a sample x = √ᾱ·clean + √(1−ᾱ)·noise, number by number.
// Source: Salimans & Ho 2022, appendix D.
import { fail } from '../../base/errors.ts'
import type { SchedulerConfig } from './scheduler-config.ts'

type Reading = (sample: number, prediction: number) => number

/**
 * How to get clean sample and noise at a level of `signal` √ᾱ and `spread` √(1−ᾱ).
 *
 * @throws SelmaError `bad-input` for noise prediction where nothing but noise is left
 */
export function readings(
  config: SchedulerConfig,
  signal: number,
  spread: number,
): { clean: Reading; noise: Reading } {
  if (config.prediction_type === 'v_prediction')
    return { clean: (x, p) => signal * x - spread * p, noise: (x, p) => signal * p + spread * x }
  if (signal === 0)
    fail(
      'bad-input',
      'a model that predicts noise cannot start where there is nothing but noise',
      "with rescale_betas_zero_snr use timestep_spacing 'leading', or a model with v_prediction",
    )
  return { clean: (x, p) => (x - spread * p) / signal, noise: (_, p) => p }
}

/** Keeps clean samples within the config's range, where it asks for it. */
export function clipping(config: SchedulerConfig): (value: number) => number {
  if (!config.clip_sample) return (value) => value
  const limit = config.clip_sample_range
  return (value) => Math.min(limit, Math.max(-limit, value))
}
