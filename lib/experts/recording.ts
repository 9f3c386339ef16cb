// A training run as a file, to be replayed elsewhere and compared number by number: `init.*` (the LoRA it starts from,
// PEFT's key names), `latents` [steps, batch, C, H, W], `noise` and `timesteps` [steps, batch] in one safetensors file,
// and `recording.json` beside it. PyTorch scripts write the same.
import { z } from 'zod'
import { fail } from '../base/errors.ts'
import { readJson, writeJson } from '../base/files.ts'
import { SafetensorsFile, type SafetensorsTensor, writeSafetensors } from '../formats/safetensors.ts'
import { dropoutSeeds, learningRateAt, sizeOf } from '../runtime/index.ts'
import type { Drawn } from './batches.ts'
import type { LoraGraph } from './lora-training.ts'
import { type ResolvedTrainOptions, trainOptions } from './options.ts'
import type { Bucket } from './prepare.ts'
import { recordingNotes } from './recording-place.ts'

const count = z.number().int().positive()
const number = z.number().positive()

const schema = z.looseObject({
  /** One a picture of the batch; or a list of them for every step. */
  prompts: z.union([z.array(z.string()).nonempty(), z.array(z.array(z.string()).nonempty()).nonempty()]),
  rank: count,
  alpha: number.nullish(),
  targets: z.union([z.array(z.string()).nonempty(), z.string()]),
  /** One, or one a step. */
  learningRate: z.union([number, z.array(z.number().nonnegative()).nonempty()]),
  betas: z.tuple([z.number().min(0).lt(1), z.number().min(0).lt(1)]).optional(),
  eps: number.optional(),
  weightDecay: z.number().nonnegative().optional(),
  maxGradNorm: number.nullish(),
  /** In pixels. */
  width: count,
  height: count,
  /** Switches of `selma train` beside these; absent in a recording of a plain run. */
  train: z.looseObject({}).optional(),
  /** Seeds of dropout masks, one a step. */
  dropoutSeeds: z
    .array(
      z
        .number()
        .int()
        .nonnegative()
        .max(dropoutSeeds - 1),
    )
    .optional(),
})

export interface Recording {
  /** By PEFT's key: `base_model.model.….lora_A.weight`. */
  init: Map<string, { shape: number[]; data: Float32Array }>
  /** Steps, pictures a step, and a picture's [channels, height, width]. */
  steps: number
  batch: number
  latent: [number, number, number]
  latents: Float32Array
  noise: Float32Array
  /** [steps · batch] */
  timesteps: Float32Array
  settings: z.output<typeof schema>
}

const prefix = 'base_model.model.'
/** Numbers of all recorded latents, at most: 2 GiB of float32. */
const LIMIT = 2 ** 29

/** @throws SelmaError `unsupported` for a run whose latents would not fit a recording */
export function checkRecordable(
  latent: readonly number[],
  { steps, batch, gradientAccumulationSteps: parts = 1 }: ResolvedTrainOptions,
): void {
  const most = Math.floor(LIMIT / (batch * parts * sizeOf(latent)))
  if (steps > most)
    fail('unsupported', `a recording of ${steps} steps`, `such steps fit up to ${most} times: record fewer`)
}

/**
 * What a run of `steps` was fed, as a recording.
 *
 * @param drawnAt a step's batch; asked for one after another, and not kept
 */
export function recordingOf(
  steps: number,
  drawnAt: (step: number) => Drawn,
  { latent, size }: Bucket,
  { graph, start, train }: { graph: LoraGraph; start: Float32Array; train: ResolvedTrainOptions },
): Recording {
  const batch = train.batch * (train.gradientAccumulationSteps ?? 1)
  const length = batch * sizeOf(latent)
  const [latents, noise] = [0, 1].map(() => new Float32Array(steps * length))
  const timesteps = new Float32Array(steps * batch)
  const prompts: string[][] = []
  const seeds: number[] = []
  for (let step = 0; step < steps; step++) {
    const drawn = drawnAt(step)
    latents.set(drawn.latents, step * length)
    noise.set(drawn.noise, step * length)
    timesteps.set(drawn.timesteps, step * batch)
    prompts.push(drawn.prompts)
    seeds.push(drawn.seed)
  }
  const same = prompts.every((each) => JSON.stringify(each) === JSON.stringify(prompts[0]))
  const rates = prompts.map((_, step) => learningRateAt(step, { ...train, final: train.finalRate }))
  const constant = rates.every((rate) => rate === rates[0])
  const { rank, alpha, targets, betas, eps, weightDecay, maxGradNorm, loraDropout } = train
  return {
    init: new Map(
      graph.layout.specs.map((spec) => [
        prefix + spec.name,
        { shape: [...spec.shape], data: graph.layout.view(start, spec) },
      ]),
    ),
    steps,
    batch,
    latent,
    latents,
    noise,
    timesteps,
    settings: {
      prompts: (same ? prompts[0] : prompts) as [string, ...string[]],
      rank,
      alpha: alpha ?? rank,
      targets: targets as [string, ...string[]],
      learningRate: constant ? rates[0] : (rates as [number, ...number[]]),
      betas,
      eps,
      weightDecay,
      maxGradNorm,
      width: size[1],
      height: size[0],
      train,
      ...(loraDropout ? { dropoutSeeds: seeds } : {}),
    },
  }
}

/** Writes `path` and the `recording.json` beside it. */
export async function saveRecording(path: string, recording: Recording): Promise<void> {
  const { init, steps, batch, latent, latents, noise, timesteps, settings } = recording
  const floats = (shape: number[], data: Float32Array): SafetensorsTensor => ({ dtype: 'F32', shape, data })
  const whole = BigInt64Array.from(timesteps, BigInt)
  await writeSafetensors(path, {
    ...Object.fromEntries([...init].map(([key, { shape, data }]) => [`init.${key}`, floats(shape, data)])),
    latents: floats([steps, batch, ...latent], latents),
    noise: floats([steps, batch, ...latent], noise),
    timesteps: { dtype: 'I64', shape: [steps, batch], data: whole },
  })
  await writeJson(recordingNotes(path), settings)
}

/** The prompts [batch] of all steps, or of each. */
export const promptLists = ({ prompts }: Recording['settings']): string[][] =>
  prompts.every((each) => typeof each === 'string') ? [prompts] : (prompts as string[][])

/** Reads a recording. @throws SelmaError `not-found`; `bad-file` saying what is missing or does not fit */
export async function loadRecording(path: string): Promise<Recording> {
  const notes = recordingNotes(path)
  const parsed = schema.safeParse(await readJson(notes))
  if (!parsed.success) return fail('bad-file', `${notes}: ${z.prettifyError(parsed.error)}`)
  const file = await SafetensorsFile.open(path)
  const missing = ['latents', 'noise', 'timesteps'].filter((name) => !file.has(name))
  if (missing.length > 0) fail('bad-file', `${path} has no ${missing.join(', ')}`)
  const { shape } = file.entry('latents')
  const [steps, batch, ...latent] = shape
  if (shape.length !== 5 || shape.includes(0))
    fail('bad-file', `${path}: latents has the shape [${shape}]`, '[steps, batch, channels, height, width]')
  for (const [name, wanted] of [
    ['noise', shape],
    ['timesteps', [steps, batch]],
  ] as const)
    if (String(file.entry(name).shape) !== String(wanted))
      fail('bad-file', `${path}: ${name} has the shape [${file.entry(name).shape}], not [${wanted}]`)
  const init: Recording['init'] = new Map()
  for (const key of file.names().filter((name) => name.startsWith('init.')))
    init.set(key.slice('init.'.length), { shape: file.entry(key).shape, data: await file.floats(key) })
  const { data } = await file.tensor('timesteps')
  const settings = parsed.data
  const { learningRate } = settings
  const lists = promptLists(settings)
  if (lists.some((list) => list.length !== batch) || (lists.length !== 1 && lists.length !== steps))
    fail('bad-file', `${notes}: prompts do not fit ${steps} steps of ${batch} pictures`)
  if (Array.isArray(learningRate) && learningRate.length !== steps)
    fail('bad-file', `${notes}: ${learningRate.length} learning rates for ${steps} steps`)
  return {
    init,
    steps,
    batch,
    latent: latent as [number, number, number],
    latents: await file.floats('latents'),
    noise: await file.floats('noise'),
    timesteps: Float32Array.from(data as ArrayLike<number | bigint>, Number),
    settings,
  }
}

/** The training options that a recording describes. @throws SelmaError `bad-file` */
export function optionsOf({ settings, batch, steps }: Recording): ResolvedTrainOptions {
  const { rank, alpha, targets, learningRate, betas, eps, weightDecay, maxGradNorm, train } = settings
  const plain = {
    rank,
    alpha: alpha ?? undefined,
    targets,
    learningRate: Array.isArray(learningRate) ? Math.max(...learningRate, Number.MIN_VALUE) : learningRate,
    betas,
    eps,
    weightDecay,
    // PyTorch's way of saying that nothing is clipped is not to call it.
    maxGradNorm: maxGradNorm ?? Number.MAX_VALUE,
    schedule: 'constant',
    warmup: 0,
    steps,
    captionDropout: 0,
    batch,
  }
  const parsed = trainOptions.safeParse(train === undefined ? plain : { ...train, steps })
  if (!parsed.success) return fail('bad-file', `recording.json: ${z.prettifyError(parsed.error)}`)
  const options = parsed.data
  const { gradientAccumulationSteps: parts = 1, loraDropout = 0 } = options
  if (batch % parts !== 0)
    fail(
      'bad-file',
      `recording.json: ${batch} pictures a step, in ${parts} parts (gradientAccumulationSteps)`,
    )
  const seeds = settings.dropoutSeeds?.length ?? 0
  if (loraDropout > 0 && seeds !== steps)
    fail('bad-file', `recording.json: ${seeds} dropoutSeeds for ${steps} steps with loraDropout`)
  return options
}
