// diffusers' scheduler_config.json: what is read of it, and which values each sampler can do. Fields
// that a sampler's class in diffusers does not have are ignored, as there; one that would change the
// picture and is not offered here is an error.
import { readFile } from 'node:fs/promises'
import { z } from 'zod'
import { fail } from '../../base/errors.ts'
import { fileError } from '../../base/files.ts'
import { parseConfig } from '../config.ts'

/** The parts of scheduler_config.json that are used here. Without a default: it depends on the class. */
export const schedulerConfig = z.object({
  _class_name: z.string().default('DDIMScheduler'),
  num_train_timesteps: z.number().int().positive().default(1000),
  beta_start: z.number().positive().default(0.0001),
  beta_end: z.number().positive().default(0.02),
  beta_schedule: z.enum(['linear', 'scaled_linear', 'squaredcos_cap_v2']).default('linear'),
  trained_betas: z.array(z.number()).nullish(),
  prediction_type: z.enum(['epsilon', 'v_prediction']).default('epsilon'),
  rescale_betas_zero_snr: z.boolean().default(false),
  timestep_spacing: z.enum(['leading', 'trailing', 'linspace']).optional(),
  timestep_type: z.string().nullish(),
  steps_offset: z.number().int().nonnegative().default(0),
  set_alpha_to_one: z.boolean().optional(),
  clip_sample: z.boolean().default(true),
  clip_sample_range: z.number().positive().default(1),
  thresholding: z.boolean().default(false),
  variance_type: z.string().nullish(),
  skip_prk_steps: z.boolean().default(false),
  use_karras_sigmas: z.boolean().nullish(),
  use_exponential_sigmas: z.boolean().nullish(),
  use_beta_sigmas: z.boolean().nullish(),
  use_lu_lambdas: z.boolean().nullish(),
  use_flow_sigmas: z.boolean().nullish(),
  interpolation_type: z.string().nullish(),
  sigma_min: z.number().positive().nullish(),
  sigma_max: z.number().positive().nullish(),
  final_sigmas_type: z.enum(['zero', 'sigma_min']).default('zero'),
  algorithm_type: z.string().nullish(),
  solver_order: z.number().int().positive().default(2),
  solver_type: z.string().nullish(),
  lower_order_final: z.boolean().default(true),
  euler_at_final: z.boolean().default(false),
  lambda_min_clipped: z.number().nullish(),
})
export type SchedulerConfig = z.infer<typeof schedulerConfig>
export type PredictionType = SchedulerConfig['prediction_type']

/** The samplers, as diffusers names their classes. */
export type SchedulerClass =
  | 'DDIMScheduler'
  | 'PNDMScheduler'
  | 'DDPMScheduler'
  | 'EulerDiscreteScheduler'
  | 'EulerAncestralDiscreteScheduler'
  | 'DPMSolverMultistepScheduler'

type Offered = Partial<Record<keyof SchedulerConfig, readonly unknown[]>>

const plainSigmas: Offered = { use_exponential_sigmas: [false], use_beta_sigmas: [false] }

/** Values that a class can do, where these are not all; null and absent are diffusers' defaults. */
const offered: Record<SchedulerClass, Offered> = {
  DDIMScheduler: { thresholding: [false] },
  DDPMScheduler: { thresholding: [false], variance_type: ['fixed_small'] },
  // Runge–Kutta warm-up is for unconditional models. diffusers' PNDM knows no zero terminal SNR: it
  // would sample such a model along the wrong schedule without a word.
  PNDMScheduler: { skip_prk_steps: [true], rescale_betas_zero_snr: [false] },
  EulerDiscreteScheduler: {
    ...plainSigmas,
    interpolation_type: ['linear'],
    timestep_type: ['discrete'],
  },
  EulerAncestralDiscreteScheduler: {},
  DPMSolverMultistepScheduler: {
    ...plainSigmas,
    use_lu_lambdas: [false],
    use_flow_sigmas: [false],
    thresholding: [false],
    variance_type: ['fixed_small', 'fixed_small_log', 'fixed_large', 'fixed_large_log'],
    solver_order: [1, 2],
    // What diffusers takes for the same thing, coming from DEIS or UniPC.
    algorithm_type: ['dpmsolver++', 'deis'],
    solver_type: ['midpoint', 'logrho', 'bh1', 'bh2'],
  },
}

/**
 * Refuses a config that asks `scheduler` for something it cannot do here.
 *
 * @throws SelmaError `unsupported`, naming the field, its value and the values that can be had
 */
export function checkOffered(config: SchedulerConfig, scheduler: SchedulerClass): void {
  for (const [field, values] of Object.entries(offered[scheduler])) {
    const value = config[field as keyof SchedulerConfig]
    if (value === null || value === undefined || values.includes(value)) continue
    const choices = values.map((choice) => JSON.stringify(choice)).join(' or ')
    fail(
      'unsupported',
      `${scheduler} with ${field} = ${JSON.stringify(value)} is not offered here`,
      `choose another scheduler, or have ${field} = ${choices} in scheduler_config.json`,
    )
  }
}

/**
 * Reads scheduler_config.json. diffusers writes `-Infinity` into it (lambda_min_clipped), which is no
 * JSON; it is read as null, the default.
 *
 * @throws SelmaError `bad-file`, or `unsupported` with the field for a value outside what is built here
 */
export async function readSchedulerConfig(path: string): Promise<SchedulerConfig> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw fileError(error, 'read', path)
  })
  const json = text.replace(/"(?:\\.|[^"\\])*"|-?\bInfinity\b|\bNaN\b/g, (found) =>
    found.startsWith('"') ? found : 'null',
  )
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (error) {
    fail('bad-file', `${path} is not JSON: ${(error as Error).message}`, undefined, error)
  }
  return parseConfig(schedulerConfig, value, path)
}
