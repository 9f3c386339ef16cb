// Noise schedules and samplers against diffusers, driven by the same made-up model and the same noise.
import { describe, expect, it } from 'vitest'
import {
  alphasCumprod,
  NoiseSchedule,
  type SchedulerConfig,
  schedulerConfig,
} from '../../lib/diffusion/schedulers/noise-schedule.ts'
import { makeScheduler } from '../../lib/diffusion/schedulers/scheduler.ts'
import {
  roundHalfEven,
  type Spacing,
  solverTimesteps,
  spacedTimesteps,
} from '../../lib/diffusion/schedulers/timesteps.ts'
import { expectClose, Golden, goldenJson } from '../support/golden.ts'

interface Case {
  scheduler?: string
  config: object
  steps: number
  eta: number
  init_noise_sigma: number
}

const golden = new Golden('schedulers')
const cases = goldenJson<Record<string, Case>>('schedulers')
const configOf = (name: string): SchedulerConfig =>
  schedulerConfig.parse({ ...cases[name].config, _class_name: cases[name].scheduler })
const expected = (name: string) => (key: string) => golden.numbers(`${name}.${key}`)
const LIMIT = 1e-5

const schedules = Object.keys(cases).filter((name) => name.startsWith('schedule.'))
const samplers = Object.keys(cases).filter((name) => !name.startsWith('schedule.'))

describe.each(schedules)('%s', (name) => {
  const schedule = new NoiseSchedule(configOf(name))
  const [sample, noise] = ['sample', 'noise'].map((key) => golden.floats(`schedule.${key}`))
  const timesteps = golden.numbers('schedule.timesteps')

  it('keeps the share of signal', () => {
    expectClose({ alphas_cumprod: alphasCumprod(configOf(name)) }, expected(name), LIMIT)
  })

  it('ends in pure noise only at zero terminal signal-to-noise ratio', () => {
    const last = schedule.alphas[999]
    if (name.endsWith('zero-snr')) expect(last).toBe(0)
    else expect(last).toBeGreaterThan(0)
  })

  it('adds noise and gives the velocity', () => {
    expectClose(
      {
        add_noise: schedule.addNoise(sample, noise, timesteps),
        get_velocity: schedule.velocity(sample, noise, timesteps),
      },
      expected(name),
      LIMIT,
    )
  })
})

it.each(samplers)('%s follows the same trajectory', (name) => {
  const { steps, eta, init_noise_sigma: sigma } = cases[name]
  const draws = golden.floats('draws')
  let drawn = 0
  const scheduler = makeScheduler(configOf(name), steps, {
    eta,
    noise: (length) => draws.subarray(drawn++ * length, drawn * length),
  })
  let sample: Float32Array = golden.floats('noise').map((value) => value * scheduler.initNoiseSigma)
  const samples = [...sample]
  scheduler.timesteps.forEach((timestep, index) => {
    const input = scheduler.scaleModelInput(sample, index)
    const prediction = input.map((x) => 0.3 * x + 0.1 * Math.sin(x + timestep / 200))
    sample = scheduler.step(prediction, index, sample)
    samples.push(...sample)
  })
  const size = sample.length
  const reference: Record<string, number[]> = {
    timesteps: golden.numbers(`${name}.timesteps`),
    sigma: [sigma],
    samples: golden.numbers(`${name}.samples`),
    // By itself, too: an error there would hide behind the large first ones.
    last: golden.numbers(`${name}.samples`).slice(-size),
  }
  expectClose(
    { timesteps: scheduler.timesteps, sigma: [scheduler.initNoiseSigma], samples, last: sample },
    (key) => reference[key],
    LIMIT,
  )
})

it('is tried with every sampler, both predictions and every spacing', () => {
  for (const sampler of ['ddim', 'pndm', 'ddpm', 'euler', 'euler-ancestral', 'dpm'])
    for (const prediction of ['epsilon', 'v_prediction'])
      for (const choice of ['leading', 'trailing', 'linspace', 'linear', 'squaredcos_cap_v2'])
        expect(samplers).toContain(`${sampler}.${prediction}.${choice}`)
})

describe('timesteps', () => {
  const keys = golden.names('spacing.')
  it.each(keys)('%s are those of numpy', (key) => {
    const [, kind, spacing, count] = key.split('.')
    const config = schedulerConfig.parse({ steps_offset: 1 })
    const steps = Number(count)
    const found =
      kind === 'solver'
        ? solverTimesteps(config, steps, spacing as Spacing, 1000)
        : spacedTimesteps(config, steps, spacing as Spacing).map(roundHalfEven)
    expect(found).toEqual(golden.numbers(key))
  })

  it('are whole, descending and in range for every count', () => {
    const config = schedulerConfig.parse({})
    for (const spacing of ['leading', 'trailing', 'linspace'] as const)
      for (let steps = 1; steps <= 1000; steps++) {
        const found = spacedTimesteps(config, steps, spacing).map(roundHalfEven)
        expect(found).toHaveLength(steps)
        expect(found.every((t, i) => t >= 0 && t < (found[i - 1] ?? 1000))).toBe(true)
      }
  })
})

describe('what training asks the model for', () => {
  const clean = Float32Array.of(1, 2)
  const noise = Float32Array.of(3, 4)
  it('is the noise, or the velocity', () => {
    const epsilon = new NoiseSchedule(schedulerConfig.parse({}))
    expect(epsilon.target(clean, noise, [10])).toEqual(noise)
    const velocity = new NoiseSchedule(schedulerConfig.parse({ prediction_type: 'v_prediction' }))
    expect(velocity.target(clean, noise, [10])).toEqual(velocity.velocity(clean, noise, [10]))
    expect(velocity.target(clean, noise, [10])).not.toEqual(noise)
  })

  it.each([-1, 1000, 0.5])('exists for no timestep %d', (timestep) => {
    const schedule = new NoiseSchedule(schedulerConfig.parse({}))
    expect(() => schedule.addNoise(clean, noise, [timestep])).toThrow(
      expect.objectContaining({ code: 'bad-input', hint: 'give 0 to 999' }),
    )
  })
})
