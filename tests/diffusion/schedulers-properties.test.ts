// What every sampler must do, whatever diffusers does: a model that knows the picture leads to it.
import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { alphasCumprod } from '../../lib/diffusion/schedulers/noise-schedule.ts'
import { makeScheduler, type SchedulerName } from '../../lib/diffusion/schedulers/scheduler.ts'
import { type SchedulerConfig, schedulerConfig } from '../../lib/diffusion/schedulers/scheduler-config.ts'
import { relativeError } from '../support/golden.ts'

const names = ['ddim', 'pndm', 'ddpm', 'euler', 'euler-ancestral', 'dpm++-2m', 'dpm++-2m-karras'] as const
const random = new Random(7)
const clean = random.normals(12)
const start = random.normals(12)
const source = (seed: number) => {
  const stream = new Random(seed)
  return (length: number) => stream.normals(length)
}

/** ᾱ at a timestep that may be a fraction: linear in σ between its neighbours, as the samplers have it. */
function alphaAt(alphas: Float64Array, timestep: number): number {
  const sigma = (t: number) => Math.sqrt((1 - alphas[t]) / alphas[t])
  const low = Math.min(Math.floor(timestep), alphas.length - 2)
  const level = sigma(low) + (sigma(low + 1) - sigma(low)) * (timestep - low)
  return 1 / (level ** 2 + 1)
}

/** Samples with a model that knows the picture: its prediction leads from any input straight to it. */
function sample(config: SchedulerConfig, name: SchedulerName, steps: number, eta = 0): Float32Array {
  const alphas = alphasCumprod(config)
  const scheduler = makeScheduler(config, steps, { name, eta, noise: source(3) })
  let latents: Float32Array = start.map((value) => value * scheduler.initNoiseSigma)
  scheduler.timesteps.forEach((timestep, index) => {
    const alpha = alphaAt(alphas, timestep)
    const [signal, spread] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)]
    const input = scheduler.scaleModelInput(latents, index)
    const prediction = input.map((x, i) => {
      const noise = (x - signal * clean[i]) / spread
      return config.prediction_type === 'epsilon' ? noise : signal * noise - spread * clean[i]
    })
    latents = scheduler.step(prediction, index, latents)
  })
  return latents
}

const base = { clip_sample: false, set_alpha_to_one: true, steps_offset: 1 }
const schedule = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' }

describe.each(names)('%s', (name) => {
  const cases = (['epsilon', 'v_prediction'] as const).flatMap((prediction) =>
    (['leading', 'trailing', 'linspace'] as const).flatMap((spacing) =>
      [1, 2, 4, 20].map((steps) => [prediction, spacing, steps] as const),
    ),
  )
  // PNDM mixes velocities of several levels, and its stride is not that between linspace timesteps.
  const exact = cases.filter(
    ([prediction, spacing, steps]) =>
      name !== 'pndm' || steps === 1 || (prediction === 'epsilon' && spacing !== 'linspace'),
  )
  it.each(exact)('finds the picture from %s over %s timesteps in %d steps', (prediction, spacing, steps) => {
    const choice = { prediction_type: prediction, timestep_spacing: spacing }
    const found = sample(schedulerConfig.parse({ ...base, ...schedule, ...choice }), name, steps)
    // The model is asked at a rounded timestep, the sampler is at a Karras level.
    expect(relativeError(found, clean)).toBeLessThan(name === 'dpm++-2m-karras' ? 0.05 : 1e-4)
  })

  it('takes a single step, and refuses none, too many and halves', () => {
    const config = schedulerConfig.parse({ ...base, num_train_timesteps: 40, steps_offset: 0 })
    const make = (steps: number) => makeScheduler(config, steps, { name, noise: source(1) })
    expect(make(1).timesteps).toHaveLength(1)
    for (const steps of [0, -1, 1.5, 41, Number.NaN])
      expect(() => make(steps)).toThrow(
        expect.objectContaining({
          code: 'bad-input',
          message: `${steps} sampling steps`,
          hint: 'give a whole number from 1 to 40',
        }),
      )
  })

  it('gives the same again, from a new sampler', () => {
    const config = schedulerConfig.parse(base)
    expect(sample(config, name, 8)).toEqual(sample(config, name, 8))
  })
})

describe('PNDM where it is not exact', () => {
  it.each([
    ['v_prediction', 'leading'],
    ['v_prediction', 'trailing'],
    ['epsilon', 'linspace'],
    ['v_prediction', 'linspace'],
  ])('comes to the picture from %s over %s timesteps in more steps', (prediction, spacing) => {
    const choice = { prediction_type: prediction, timestep_spacing: spacing }
    const config = schedulerConfig.parse({ ...base, ...schedule, ...choice })
    const error = (steps: number) => relativeError(sample(config, 'pndm', steps), clean)
    expect(error(50)).toBeLessThan(error(4) / 10)
    expect(error(50)).toBeLessThan(0.02)
  })
})

describe('DDIM with noise', () => {
  it.each([0.3, 1])('finds the picture with η %d', (eta) => {
    expect(relativeError(sample(schedulerConfig.parse(base), 'ddim', 20, eta), clean)).toBeLessThan(1e-4)
  })

  it('is DDPM at η 1', () => {
    const config = schedulerConfig.parse({ ...base, steps_offset: 0, timestep_spacing: 'leading' })
    const run = (name: SchedulerName, eta: number): Float32Array => {
      const scheduler = makeScheduler(config, 10, { name, eta, noise: source(5) })
      let latents = start
      for (let index = 0; index < 10; index++)
        latents = scheduler.step(
          latents.map((x) => 0.5 * x),
          index,
          latents,
        )
      return latents
    }
    expect(relativeError(run('ddim', 1), run('ddpm', 0))).toBeLessThan(1e-5)
    expect(relativeError(run('ddim', 0), run('ddpm', 0))).toBeGreaterThan(0.1)
  })
})

describe('zero terminal signal-to-noise ratio', () => {
  const zero = { ...base, rescale_betas_zero_snr: true, timestep_spacing: 'trailing' }
  it.each(names.filter((name) => name !== 'pndm'))('ends in finite numbers with %s', (name) => {
    const config = schedulerConfig.parse({ ...zero, prediction_type: 'v_prediction' })
    const scheduler = makeScheduler(config, 10, { name, noise: source(2) })
    let latents: Float32Array = start.map((value) => value * scheduler.initNoiseSigma)
    scheduler.timesteps.forEach((_, index) => {
      const input = scheduler.scaleModelInput(latents, index)
      latents = scheduler.step(
        input.map((x) => 0.5 * x),
        index,
        latents,
      )
    })
    expect(latents.every(Number.isFinite)).toBe(true)
  })

  it.each(['ddim', 'ddpm'] as const)('is nothing that %s can start a noise prediction from', (name) => {
    const scheduler = makeScheduler(schedulerConfig.parse(zero), 10, { name, noise: source(2) })
    expect(() => scheduler.step(start, 0, start)).toThrow('nothing but noise')
  })
})
