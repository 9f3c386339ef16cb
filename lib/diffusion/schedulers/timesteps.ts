// Which training timesteps a sampler visits: diffusers' three spacings (Lin et al. 2023, table 2), with
// numpy's arithmetic, since a timestep half way between two must be rounded to the same side.
import { fail } from '../../base/errors.ts'
import type { SchedulerConfig } from './scheduler-config.ts'

export type Spacing = NonNullable<SchedulerConfig['timestep_spacing']>

/** numpy's rounding: half to even. */
export function roundHalfEven(value: number): number {
  const low = Math.floor(value)
  if (value - low !== 0.5) return Math.round(value)
  return low % 2 === 0 ? low : low + 1
}

const ascending = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

/** numpy's linspace(0, last, count). */
function linspace(last: number, count: number): number[] {
  const stride = last / (count - 1)
  return ascending(count).map((i) => (i === 0 ? 0 : i === count - 1 ? last : i * stride))
}

/** numpy's arange(top, 0, −stride).round() − 1, but never the −1 that its rounding sometimes adds. */
function trailing(top: number, stride: number, most: number): number[] {
  const delta = top - stride - top
  const count = Math.min(most, Math.ceil(top / stride))
  return ascending(count).map((i) => roundHalfEven(top + i * delta) - 1)
}

function checkSteps(steps: number, total: number): void {
  if (!Number.isInteger(steps) || steps < 1 || steps > total)
    fail('bad-input', `${steps} sampling steps`, `give a whole number from 1 to ${total}`)
}

/** An offset may move the first timestep past the last one that the model was trained on. */
function checkRange(timesteps: number[], config: SchedulerConfig): number[] {
  const last = config.num_train_timesteps - 1
  if (timesteps[0] > last)
    fail(
      'bad-input',
      `${timesteps.length} sampling steps with steps_offset ${config.steps_offset} start at timestep ${timesteps[0]}`,
      `the last timestep is ${last}: take fewer steps`,
    )
  return timesteps
}

/**
 * The timesteps of all samplers but DPM-Solver's, descending; 'linspace' gives fractions.
 *
 * @throws SelmaError `bad-input` when there are not as many timesteps
 */
export function spacedTimesteps(config: SchedulerConfig, steps: number, spacing: Spacing): number[] {
  const total = config.num_train_timesteps
  checkSteps(steps, total)
  if (spacing === 'linspace') return linspace(total - 1, steps).reverse()
  if (spacing === 'trailing') return trailing(total, total / steps, steps)
  const stride = Math.floor(total / steps)
  const timesteps = ascending(steps).map((i) => i * stride + config.steps_offset)
  return checkRange(timesteps.reverse(), config)
}

/**
 * DPM-Solver's timesteps: those of one more step, without the lowest; below `top`, for very noisy ones
 * may be left out.
 *
 * @throws SelmaError `bad-input` when there are not as many timesteps
 */
export function solverTimesteps(
  config: SchedulerConfig,
  steps: number,
  spacing: Spacing,
  top: number,
): number[] {
  const total = config.num_train_timesteps
  checkSteps(steps, total)
  if (spacing === 'trailing') return trailing(top, total / steps, steps)
  const stride = Math.floor(top / (steps + 1))
  const points =
    spacing === 'linspace'
      ? linspace(top - 1, steps + 1).map(roundHalfEven)
      : ascending(steps + 1).map((i) => i * stride + config.steps_offset)
  const timesteps = checkRange(points.slice(1).reverse(), config)
  if (timesteps.some((timestep, i) => timestep === timesteps[i + 1]))
    fail('bad-input', `${steps} sampling steps visit a timestep twice`, `give fewer than ${steps}`)
  return timesteps
}
