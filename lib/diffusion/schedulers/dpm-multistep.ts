// DPM-Solver++ 2M: second-order multistep in log signal-to-noise, on predictions of the clean sample
// (algorithm_type 'dpmsolver++', solver_type 'midpoint'). Source: Lu et al. 2022 (DPM-Solver++),
// algorithm 2; diffusers, scheduling_dpmsolver_multistep.py.
import { readings } from './prediction.ts'
import type { Scheduler } from './sampler.ts'
import type { SchedulerConfig } from './scheduler-config.ts'
import { karrasSigmas, levelOf, sigmaAt, sigmaTable, timestepAt } from './sigmas.ts'
import { roundHalfEven, solverTimesteps } from './timesteps.ts'

function levels(config: SchedulerConfig, steps: number, table: Float64Array) {
  // λ = −log σ: timesteps with less than lambda_min_clipped are left out.
  const most = Math.exp(-(config.lambda_min_clipped ?? Number.NEGATIVE_INFINITY))
  const top = table.filter((sigma) => sigma <= most).length
  const timesteps = solverTimesteps(config, steps, config.timestep_spacing ?? 'linspace', top)
  if (!config.use_karras_sigmas)
    return { timesteps, sigmas: timesteps.map((timestep) => sigmaAt(table, timestep)) }
  const highest = config.sigma_max ?? table[table.length - 1]
  const sigmas = karrasSigmas(highest, config.sigma_min ?? table[0], steps)
  // As in diffusers, which rounds but for the cosine schedule, and then cuts fractions off.
  const whole = config.beta_schedule === 'squaredcos_cap_v2' ? Math.floor : roundHalfEven
  return { timesteps: sigmas.map((sigma) => whole(timestepAt(table, sigma))), sigmas }
}

/** DPM-Solver++ 2M for `steps` steps; spacing defaults to 'linspace', solver_order 1 is DDIM's step. */
export function dpmMultistep(config: SchedulerConfig, steps: number): Scheduler {
  const table = sigmaTable(config)
  const { timesteps, sigmas } = levels(config, steps, table)
  const final = config.final_sigmas_type === 'zero' ? 0 : table[0]
  const last = sigmas.length - 1
  const simpleLast =
    config.euler_at_final ||
    config.final_sigmas_type === 'zero' ||
    (config.lower_order_final && sigmas.length < 15)
  let previous = new Float32Array(0)
  return {
    timesteps,
    initNoiseSigma: 1,
    scaleModelInput: (sample) => sample,
    step(prediction, index, sample) {
      const sigma = sigmas[index]
      const next = sigmas[index + 1] ?? final
      const { signal, spread } = levelOf(sigma)
      const target = levelOf(next)
      const { clean } = readings(config, signal, spread)
      const keep = target.spread / spread
      const take = target.signal * (1 - next / sigma)
      const original = sample.map((x, i) => clean(x, prediction[i]))
      const earlier = previous
      previous = original
      if (config.solver_order === 1 || index === 0 || (index === last && simpleLast))
        return sample.map((x, i) => keep * x + take * original[i])
      // Half of h / h₀: the clean sample is extrapolated to the middle of the step.
      const ahead = Math.log(sigma / next) / Math.log(sigmas[index - 1] / sigma) / 2
      return sample.map((x, i) => keep * x + take * (original[i] + ahead * (original[i] - earlier[i])))
    },
  }
}
