// Noise levels as σ = √((1−ᾱ)/ᾱ), the measure of Karras et al. 2022, for the samplers that step in it.
// Source: diffusers, scheduling_euler_discrete.py and scheduling_dpmsolver_multistep.py.
import { alphasCumprod } from './noise-schedule.ts'
import type { SchedulerConfig } from './scheduler-config.ts'

/** σ of every training timestep, ascending. */
export function sigmaTable(config: SchedulerConfig): Float64Array {
  const alphas = alphasCumprod(config)
  // diffusers keeps the last ᾱ above zero so that its sigma stays finite.
  if (config.rescale_betas_zero_snr) alphas[alphas.length - 1] = 2 ** -24
  return alphas.map((alpha) => Math.sqrt((1 - alpha) / alpha))
}

/** σ at a timestep, which may be a fraction. */
export function sigmaAt(table: Float64Array, timestep: number): number {
  const low = Math.min(Math.floor(timestep), table.length - 2)
  return table[low] + (table[low + 1] - table[low]) * (timestep - low)
}

/** The timestep of a σ: linear in log σ between those of the table, which bound it. */
export function timestepAt(table: Float64Array, sigma: number): number {
  const above = table.findIndex((value) => value > sigma)
  const low = Math.min(Math.max((above < 0 ? table.length : above) - 1, 0), table.length - 2)
  const [from, to] = [Math.log(table[low]), Math.log(table[low + 1])]
  return low + Math.min(1, Math.max(0, (Math.log(sigma) - from) / (to - from)))
}

/** Levels from `highest` to `lowest` with even steps of σ^(1/7) (Karras et al. 2022, equation 5). */
export function karrasSigmas(highest: number, lowest: number, steps: number): number[] {
  const [from, to] = [highest ** (1 / 7), lowest ** (1 / 7)]
  return Array.from(
    { length: steps },
    (_, i) => (from + (steps === 1 ? 0 : i / (steps - 1)) * (to - from)) ** 7,
  )
}

/** Signal and noise, √ᾱ and √(1−ᾱ), of a level. */
export function levelOf(sigma: number): { signal: number; spread: number } {
  const signal = 1 / Math.sqrt(sigma ** 2 + 1)
  return { signal, spread: sigma * signal }
}
