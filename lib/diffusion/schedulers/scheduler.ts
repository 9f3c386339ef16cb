// Choosing a sampler by its diffusers class or short name.
import { fail } from '../../base/errors.ts'
import { ddim } from './ddim.ts'
import { ddpm } from './ddpm.ts'
import { dpmMultistep } from './dpm-multistep.ts'
import { euler } from './euler.ts'
import { eulerAncestral } from './euler-ancestral.ts'
import { pndm } from './pndm.ts'
import type { Scheduler, SchedulerOptions } from './sampler.ts'
import { checkOffered, type SchedulerClass, type SchedulerConfig } from './scheduler-config.ts'

export type { NoiseSource, Scheduler, SchedulerOptions } from './sampler.ts'

type Maker = (config: SchedulerConfig, steps: number, options: SchedulerOptions) => Scheduler

const classes: Record<SchedulerClass, Maker> = {
  DDIMScheduler: ddim,
  PNDMScheduler: pndm,
  DDPMScheduler: ddpm,
  EulerDiscreteScheduler: euler,
  EulerAncestralDiscreteScheduler: eulerAncestral,
  DPMSolverMultistepScheduler: dpmMultistep,
}

const spacings: readonly unknown[] = ['leading', 'trailing', 'linspace']

interface Preset {
  is: SchedulerClass
  /** What the name says, whatever the checkpoint's config does. */
  settings?: Partial<SchedulerConfig>
}

const secondOrder: Partial<SchedulerConfig> = {
  algorithm_type: 'dpmsolver++',
  solver_order: 2,
  solver_type: 'midpoint',
}

const presets = {
  ddim: { is: 'DDIMScheduler' },
  pndm: { is: 'PNDMScheduler', settings: { skip_prk_steps: true } },
  ddpm: { is: 'DDPMScheduler' },
  euler: { is: 'EulerDiscreteScheduler' },
  'euler-ancestral': { is: 'EulerAncestralDiscreteScheduler' },
  'dpm++-2m': { is: 'DPMSolverMultistepScheduler', settings: { ...secondOrder, use_karras_sigmas: false } },
  'dpm++-2m-karras': {
    is: 'DPMSolverMultistepScheduler',
    settings: { ...secondOrder, use_karras_sigmas: true },
  },
} as const satisfies Record<string, Preset>

/** Samplers by short name, or by diffusers' class. */
export type SchedulerName = keyof typeof presets | SchedulerClass
/** All that can be chosen: short names, then classes. */
export const schedulerNames = [...Object.keys(presets), ...Object.keys(classes)] as SchedulerName[]

function find(name: string): Preset {
  if (Object.hasOwn(presets, name)) return presets[name as keyof typeof presets]
  if (Object.hasOwn(classes, name)) return { is: name as SchedulerClass }
  return fail(
    'unsupported',
    `unknown scheduler ${JSON.stringify(name)}`,
    `choose one of ${schedulerNames.join(', ')}`,
  )
}

/**
 * A sampler by name, or the one that the checkpoint names; either way with the settings of the
 * checkpoint's config that it knows, as diffusers' `from_config` has it.
 *
 * @throws SelmaError `unsupported` for an unknown name, or a config that asks for what is not offered;
 * `bad-input` for steps or eta out of range, or when noise is needed and there is no source of it
 */
export function makeScheduler(
  config: SchedulerConfig,
  steps: number,
  options: SchedulerOptions & { name?: SchedulerName } = {},
): Scheduler {
  const { name = config._class_name, eta = 0 } = options
  const { is, settings } = find(name)
  const { timestepSpacing: spacing, rescaleBetasZeroSnr: zeroSnr } = options
  if (spacing !== undefined && !spacings.includes(spacing))
    fail('bad-input', `timestepSpacing ${JSON.stringify(spacing)}`, `choose one of ${spacings.join(', ')}`)
  const asked = {
    ...config,
    ...settings,
    ...(spacing === undefined ? {} : { timestep_spacing: spacing }),
    ...(zeroSnr === undefined ? {} : { rescale_betas_zero_snr: zeroSnr }),
  }
  checkOffered(asked, is)
  if (!(eta >= 0 && eta <= 1)) fail('bad-input', `eta ${eta}`, 'give 0 for none, up to 1')
  if (eta > 0 && is !== 'DDIMScheduler') fail('bad-input', `eta ${eta} with ${is}`, 'only DDIM has it')
  return classes[is](asked, steps, options)
}
