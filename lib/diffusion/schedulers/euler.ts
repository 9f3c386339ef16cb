// Euler steps along the probability-flow ODE in σ. Source: Karras et al. 2022, algorithm 2 without
// churn; diffusers, scheduling_euler_discrete.py.
import { readings } from './prediction.ts'
import type { Scheduler } from './sampler.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import { karrasSigmas, levelOf, sigmaAt, sigmaTable, timestepAt } from './sigmas.ts'
import { roundHalfEven, spacedTimesteps } from './timesteps.ts'

/** What both Euler samplers share: timesteps, their σ, how samples start and what the model sees. */
export function eulerLevels(
  config: SchedulerConfig,
  steps: number,
): { timesteps: number[]; sigmas: number[] } & Pick<Scheduler, 'initNoiseSigma' | 'scaleModelInput'> {
  const spacing = config.timestep_spacing ?? 'linspace'
  const spaced = spacedTimesteps(config, steps, spacing)
  const timesteps = spacing === 'linspace' ? spaced : spaced.map(roundHalfEven)
  const table = sigmaTable(config)
  return withSigmas(
    timesteps,
    timesteps.map((timestep) => sigmaAt(table, timestep)),
    spacing === 'leading',
  )
}

function withSigmas(timesteps: number[], sigmas: number[], leading: boolean): ReturnType<typeof eulerLevels> {
  const highest = Math.max(...sigmas)
  return {
    timesteps,
    sigmas,
    initNoiseSigma: leading ? Math.sqrt(highest ** 2 + 1) : highest,
    scaleModelInput(sample, index) {
      const { signal } = levelOf(sigmas[index])
      return sample.map((value) => value * signal)
    },
  }
}

/** Euler for `steps` steps; spacing defaults to 'linspace'. */
export function euler(config: SchedulerConfig, steps: number): Scheduler {
  const table = sigmaTable(config)
  const spaced = eulerLevels(config, steps)
  let levels = spaced
  if (config.use_karras_sigmas) {
    const highest = config.sigma_max ?? spaced.sigmas[0]
    const lowest = config.sigma_min ?? spaced.sigmas[steps - 1]
    const sigmas = karrasSigmas(highest, lowest, steps)
    levels = withSigmas(
      sigmas.map((sigma) => timestepAt(table, sigma)),
      sigmas,
      config.timestep_spacing === 'leading',
    )
  }
  const { sigmas, ...rest } = levels
  const final = config.final_sigmas_type === 'zero' ? 0 : table[0]
  return {
    ...rest,
    step(prediction, index, sample) {
      const { signal, spread } = levelOf(sigmas[index])
      const { noise } = readings(config, signal, spread)
      const delta = (sigmas[index + 1] ?? final) - sigmas[index]
      return sample.map((x, i) => x + delta * noise(signal * x, prediction[i]))
    },
  }
}
