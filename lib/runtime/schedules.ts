// Learning-rate schedules as plain functions of the step; the rate is an input of the step's graph.
import { fail } from '../base/errors.ts'

export const schedules = ['constant', 'linear', 'cosine'] as const
export type ScheduleName = (typeof schedules)[number]

export interface ScheduleOptions {
  learningRate: number
  /** Steps in all. */
  steps: number
  /** Default 'constant'. */
  schedule?: ScheduleName
  /** Steps of linear warm-up from 0. Default 0. */
  warmup?: number
  /** Share of the rate that is left at the end (linear, cosine). Default 0. */
  final?: number
}

/** The learning rate of a step, counted from 0. */
export function learningRateAt(
  step: number,
  { learningRate, steps, schedule = 'constant', warmup = 0, final = 0 }: ScheduleOptions,
): number {
  if (!schedules.includes(schedule))
    fail('bad-input', `unknown schedule ${JSON.stringify(schedule)}`, `choose one of ${schedules.join(', ')}`)
  if (step < warmup) return (learningRate * (step + 1)) / warmup
  if (schedule === 'constant') return learningRate
  const done = Math.min(1, (step - warmup) / Math.max(1, steps - warmup))
  const left = schedule === 'linear' ? 1 - done : (1 + Math.cos(Math.PI * done)) / 2
  return learningRate * (final + (1 - final) * left)
}

/**
 * The decay of a moving average of weights at a step counted from 1: it follows the weights closely at first.
 * Source: diffusers 0.42, EMAModel.get_decay without warm-up.
 *
 * @param limit the decay it ends with. Default 0.9999
 */
export function emaDecayAt(step: number, limit = 0.9999): number {
  return step <= 1 ? 0 : Math.min(limit, step / (9 + step))
}
