// Noise schedules and samplers against diffusers, driven by the same made-up model.
import { describe, expect, it } from 'vitest'
import {
  alphasCumprod,
  NoiseSchedule,
  type SchedulerConfig,
  schedulerConfig,
  spacedTimesteps,
} from '../../lib/diffusion/schedulers/noise-schedule.ts'
import { makeScheduler, type SchedulerName } from '../../lib/diffusion/schedulers/scheduler.ts'
import { expectClose, Golden, goldenJson } from '../support/golden.ts'

interface Case {
  scheduler: string
  config: object
  steps: number
  init_noise_sigma: number
}

const golden = new Golden('schedulers')
const cases = goldenJson<Record<string, Case>>('schedulers')
const configOf = (name: string): SchedulerConfig =>
  schedulerConfig.parse({ ...cases[name].config, _class_name: cases[name].scheduler })
const expected = (name: string) => (key: string) => golden.numbers(`${name}.${key}`)

// diffusers computes all of this in float32, from float32 betas: over a thousand factors that is 1e-5 off.
const LIMIT = 1e-4

describe.each(Object.keys(cases).filter((name) => name.startsWith('ddpm.')))('%s', (name) => {
  const schedule = new NoiseSchedule(configOf(name))
  const [sample, noise] = ['sample', 'noise'].map((key) => golden.floats(`ddpm.${key}`))
  const timesteps = golden.numbers('ddpm.timesteps')

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

const samplers = Object.keys(cases).filter((name) => !name.startsWith('ddpm.'))

describe.each(samplers)('%s', (name) => {
  const scheduler = makeScheduler(configOf(name), cases[name].steps)

  it('visits the same timesteps', () => {
    expectClose(
      { timesteps: scheduler.timesteps, sigma: [scheduler.initNoiseSigma] },
      (key) => (key === 'sigma' ? [cases[name].init_noise_sigma] : golden.numbers(`${name}.timesteps`)),
      1e-6,
    )
  })

  it('follows the same trajectory', () => {
    let sample: Float32Array = golden.floats(`${name}.noise`).map((value) => value * scheduler.initNoiseSigma)
    const samples = [...sample]
    const inputs: number[] = []
    scheduler.timesteps.forEach((_, index) => {
      const input = scheduler.scaleModelInput(sample, index)
      inputs.push(...input)
      sample = scheduler.step(
        input.map((x) => 0.3 * x + 0.1 * Math.sin(x)),
        index,
        sample,
      )
      samples.push(...sample)
    })
    const found: Record<string, number[]> = golden.has(`${name}.model_inputs`)
      ? { samples, model_inputs: inputs }
      : { samples }
    expectClose(found, expected(name), LIMIT)
    // The last sample alone, too: an error there would hide behind the large first ones.
    const size = sample.length
    expectClose({ last: sample }, () => golden.numbers(`${name}.samples`).slice(-size), LIMIT)
  })
})

it('covers both samplers, both predictions and every spacing', () => {
  for (const sampler of ['ddim', 'euler'])
    for (const prediction of ['epsilon', 'v_prediction'])
      for (const spacing of ['leading', 'trailing', 'linspace'])
        expect(samplers).toContain(`${sampler}.${prediction}.${spacing}`)
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

describe('choosing a sampler', () => {
  const config = schedulerConfig.parse({ _class_name: 'EulerDiscreteScheduler' })

  it('goes by the checkpoint, unless one is named', () => {
    expect(makeScheduler(config, 10).initNoiseSigma).toBeGreaterThan(1)
    expect(makeScheduler(config, 10, 'ddim').initNoiseSigma).toBe(1)
  })

  it('names the choices', () => {
    const unknown = schedulerConfig.parse({ _class_name: 'PNDMScheduler' })
    const error = (name: string) =>
      expect.objectContaining({
        code: 'unsupported',
        message: `unknown scheduler "${name}"`,
        hint: 'choose one of ddim, euler',
      })
    expect(() => makeScheduler(unknown, 10)).toThrow(error('PNDMScheduler'))
    for (const name of ['heun', 'constructor', ''])
      expect(() => makeScheduler(config, 10, name as SchedulerName)).toThrow(error(name))
  })

  it.each([0, -1, 1.5, 1001, Number.NaN])('refuses %d steps', (steps) => {
    expect(() => makeScheduler(config, steps)).toThrow(`${steps} sampling steps`)
  })

  it('takes one step, or all of them', () => {
    for (const spacing of ['leading', 'trailing', 'linspace'] as const) {
      expect(spacedTimesteps(config, 1, spacing)).toHaveLength(1)
      const all = spacedTimesteps(config, 1000, spacing)
      expect([all[0], all[999]]).toEqual([999, 0])
    }
  })
})
