// Choosing a sampler: by name, by class, by the checkpoint's own config; and configs that ask for more
// than there is.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { imagesCommand } from '../../kernel/cli/images.ts'
import {
  makeScheduler,
  type SchedulerName,
  schedulerNames,
} from '../../lib/diffusion/schedulers/scheduler.ts'
import { readSchedulerConfig, schedulerConfig } from '../../lib/diffusion/schedulers/scheduler-config.ts'
import { temporaryFolder } from '../support/temporary.ts'

const noise = (length: number) => new Float32Array(length)

/** scheduler_config.json of Stable Diffusion 1.4, field by field. */
const sd14 = {
  _class_name: 'PNDMScheduler',
  _diffusers_version: '0.7.0.dev0',
  beta_end: 0.012,
  beta_schedule: 'scaled_linear',
  beta_start: 0.00085,
  num_train_timesteps: 1000,
  set_alpha_to_one: false,
  skip_prk_steps: true,
  steps_offset: 1,
  trained_betas: null,
  clip_sample: false,
}

describe('the name', () => {
  it('is the checkpoint’s own, unless one is given', () => {
    const config = schedulerConfig.parse({ _class_name: 'EulerDiscreteScheduler' })
    expect(makeScheduler(config, 10).initNoiseSigma).toBeGreaterThan(1)
    expect(makeScheduler(config, 10, { name: 'ddim' }).initNoiseSigma).toBe(1)
  })

  it('of Stable Diffusion 1.x is PNDM', () => {
    const { timesteps } = makeScheduler(schedulerConfig.parse(sd14), 50)
    expect(timesteps).toHaveLength(51)
    expect([...timesteps.slice(0, 4), timesteps[50]]).toEqual([981, 961, 961, 941, 1])
  })

  it('may be short or the class', () => {
    const config = schedulerConfig.parse(sd14)
    const pairs: [SchedulerName, SchedulerName][] = [
      ['ddim', 'DDIMScheduler'],
      ['pndm', 'PNDMScheduler'],
      ['ddpm', 'DDPMScheduler'],
      ['euler', 'EulerDiscreteScheduler'],
      ['euler-ancestral', 'EulerAncestralDiscreteScheduler'],
      ['dpm++-2m', 'DPMSolverMultistepScheduler'],
    ]
    const sample = Float32Array.of(1, -2, 3)
    for (const [short, long] of pairs) {
      const [a, b] = [short, long].map((name) => makeScheduler(config, 5, { name, noise }))
      expect(a.timesteps).toEqual(b.timesteps)
      expect(a.step(sample, 0, sample)).toEqual(b.step(sample, 0, sample))
    }
    expect(pairs.flat().concat('dpm++-2m-karras').sort()).toEqual([...schedulerNames].sort())
  })

  it('says what config leaves open: Karras levels, second order, no Runge–Kutta steps', () => {
    const karras = schedulerConfig.parse({
      _class_name: 'DPMSolverMultistepScheduler',
      use_karras_sigmas: true,
      solver_order: 3,
    })
    const plain = makeScheduler(karras, 10, { name: 'dpm++-2m' }).timesteps
    expect(plain).toEqual([999, 899, 799, 699, 599, 500, 400, 300, 200, 100])
    expect(makeScheduler(karras, 10, { name: 'dpm++-2m-karras' }).timesteps).not.toEqual(plain)
    const own = schedulerConfig.parse({ ...karras, solver_order: 2 })
    expect(makeScheduler(own, 10).timesteps).toEqual(
      makeScheduler(own, 10, { name: 'dpm++-2m-karras' }).timesteps,
    )
    expect(makeScheduler(schedulerConfig.parse({}), 10, { name: 'pndm' }).timesteps).toHaveLength(11)
  })

  it('is one of those that there are', () => {
    const hint =
      'choose one of ddim, pndm, ddpm, euler, euler-ancestral, dpm++-2m, dpm++-2m-karras, DDIMScheduler, ' +
      'PNDMScheduler, DDPMScheduler, EulerDiscreteScheduler, EulerAncestralDiscreteScheduler, ' +
      'DPMSolverMultistepScheduler'
    const error = (name: string) =>
      expect.objectContaining({ code: 'unsupported', message: `unknown scheduler "${name}"`, hint })
    const unknown = schedulerConfig.parse({ _class_name: 'LCMScheduler' })
    expect(() => makeScheduler(unknown, 10)).toThrow(error('LCMScheduler'))
    expect(makeScheduler(unknown, 10, { name: 'ddim' }).timesteps).toHaveLength(10)
    for (const name of ['heun', 'constructor', ''])
      expect(() => makeScheduler(unknown, 10, { name: name as SchedulerName })).toThrow(error(name))
  })

  it('is offered by the command line, too', async () => {
    const { Command } = await import('commander')
    const program = new Command()
    imagesCommand(program)
    const option = program.commands[0].options.find(({ long }) => long === '--scheduler')
    expect(option?.argChoices).toEqual(schedulerNames.filter((name) => !name.endsWith('Scheduler')))
  })
})

describe('noise and η', () => {
  const config = schedulerConfig.parse({})
  it.each([
    ['ddpm', 0],
    ['euler-ancestral', 0],
    ['ddim', 0.5],
  ] as const)('%s with η %d needs a source', (name, eta) => {
    expect(() => makeScheduler(config, 10, { name, eta })).toThrow('this scheduler adds noise')
    expect(makeScheduler(config, 10, { name, eta, noise }).timesteps).toHaveLength(10)
  })

  it('is η for DDIM only, from 0 to 1', () => {
    for (const eta of [-0.1, 1.1, Number.NaN])
      expect(() => makeScheduler(config, 10, { eta, noise })).toThrow(`eta ${eta}`)
    expect(() => makeScheduler(config, 10, { name: 'euler', eta: 0.5, noise })).toThrow(
      expect.objectContaining({ message: 'eta 0.5 with EulerDiscreteScheduler', hint: 'only DDIM has it' }),
    )
  })
})

describe('a config', () => {
  it.each([
    ['DDIMScheduler', 'thresholding', true],
    ['DDPMScheduler', 'thresholding', true],
    ['DDPMScheduler', 'variance_type', 'learned_range'],
    ['DDPMScheduler', 'variance_type', 'fixed_large'],
    ['PNDMScheduler', 'rescale_betas_zero_snr', true],
    ['EulerDiscreteScheduler', 'use_exponential_sigmas', true],
    ['EulerDiscreteScheduler', 'use_beta_sigmas', true],
    ['EulerDiscreteScheduler', 'interpolation_type', 'log_linear'],
    ['EulerDiscreteScheduler', 'timestep_type', 'continuous'],
    ['DPMSolverMultistepScheduler', 'thresholding', true],
    ['DPMSolverMultistepScheduler', 'solver_order', 3],
    ['DPMSolverMultistepScheduler', 'solver_type', 'heun'],
    ['DPMSolverMultistepScheduler', 'algorithm_type', 'sde-dpmsolver++'],
    ['DPMSolverMultistepScheduler', 'variance_type', 'learned'],
    ['DPMSolverMultistepScheduler', 'use_exponential_sigmas', true],
    ['DPMSolverMultistepScheduler', 'use_beta_sigmas', true],
    ['DPMSolverMultistepScheduler', 'use_lu_lambdas', true],
    ['DPMSolverMultistepScheduler', 'use_flow_sigmas', true],
  ])('for %s with %s %s is refused, naming the field', (name, field, value) => {
    const config = schedulerConfig.parse({ skip_prk_steps: true, _class_name: name })
    expect(makeScheduler(config, 10, { noise }).timesteps.length).toBeGreaterThanOrEqual(10)
    expect(() => makeScheduler({ ...config, [field]: value }, 10, { noise })).toThrow(
      expect.objectContaining({
        code: 'unsupported',
        message: `${name} with ${field} = ${JSON.stringify(value)} is not offered here`,
        hint: expect.stringContaining(`have ${field} = `),
      }),
    )
  })

  it('for PNDM must do without Runge–Kutta steps, which are diffusers’ default', () => {
    const config = schedulerConfig.parse({ _class_name: 'PNDMScheduler' })
    expect(() => makeScheduler(config, 10)).toThrow('skip_prk_steps = false')
  })

  it('may hold what another class alone knows', () => {
    const config = schedulerConfig.parse({ thresholding: true, solver_type: 'heun', skip_prk_steps: false })
    expect(makeScheduler(config, 10, { name: 'euler' }).timesteps).toHaveLength(10)
  })

  it('is told apart by prediction, schedule and spacing when it is read', () => {
    for (const [field, value] of [
      ['prediction_type', 'sample'],
      ['beta_schedule', 'sigmoid'],
      ['timestep_spacing', 'even'],
      ['final_sigmas_type', 'half'],
    ])
      expect(schedulerConfig.safeParse({ [field]: value }).error?.issues[0].path).toEqual([field])
  })

  it('has as many betas as timesteps', () => {
    const config = schedulerConfig.parse({ trained_betas: [0.1, 0.2] })
    expect(() => makeScheduler(config, 1)).toThrow('2 trained_betas for 1000 timesteps')
  })

  it('cannot start past the last timestep, nor visit one twice', () => {
    const offset = schedulerConfig.parse({ steps_offset: 1 })
    expect(() => makeScheduler(offset, 1000)).toThrow('start at timestep 1000')
    const solver = schedulerConfig.parse({ _class_name: 'DPMSolverMultistepScheduler' })
    expect(makeScheduler(solver, 999).timesteps).toHaveLength(999)
    for (const spacing of ['leading', 'linspace'] as const)
      expect(() => makeScheduler({ ...solver, timestep_spacing: spacing }, 1000)).toThrow(
        'visit a timestep twice',
      )
  })
})

describe('scheduler_config.json', () => {
  const read = async (text: string) => {
    const path = join(await temporaryFolder(), 'scheduler_config.json')
    await writeFile(path, text)
    return readSchedulerConfig(path)
  }

  it('may say -Infinity, which diffusers writes', async () => {
    const config = await read(
      '{"_class_name": "DPMSolverMultistepScheduler", "lambda_min_clipped": -Infinity, "note": "to \\"-Infinity\\" NaN"}',
    )
    expect(config.lambda_min_clipped).toBe(null)
    expect(makeScheduler(config, 4).timesteps).toEqual([999, 749, 500, 250])
  })

  it('is named where it is broken or asks for what cannot be', async () => {
    await expect(read('{"a": ')).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('scheduler_config.json is not JSON'),
    })
    await expect(read('{"prediction_type": "sample"}')).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('prediction_type = "sample"'),
    })
    await expect(readSchedulerConfig(join(await temporaryFolder(), 'none.json'))).rejects.toMatchObject({
      name: 'SelmaError',
      message: expect.stringContaining('none.json'),
    })
  })
})
