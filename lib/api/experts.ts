// Stages 3 and 4 as calls: experts trained on pictures, and their merge. Like prompts.ts, training has one form that
// waits and one that starts a job; merging takes a moment.
import { join } from 'node:path'
import { fail } from '../base/errors.ts'
import { sha256 } from '../base/files.ts'
import {
  checkRecordingPath,
  copyRecording,
  type TrainOptions,
  type TrainResult,
  type TrainSettings,
  trainStage,
} from '../experts/index.ts'
import { saveLora } from '../formats/lora-files.ts'
import { hashInput, type Job, jobsRoot } from '../jobs/index.ts'
import { merge as mergeLoras } from '../merging/index.ts'
import type { MergeOptions } from '../merging/options.ts'
import { type Device, resolveDevice } from '../runtime/index.ts'
import { begin, type CallOptions, call, type Where } from './call.ts'
import { computedOn } from './computed-on.ts'
import { origin } from './display.ts'
import { Expert } from './expert.ts'
import type { Dataset } from './images.ts'
import { pushExpert } from './push-expert.ts'
import type { T2I } from './t2i.ts'
import { flatten, hashed, tellUse } from './used.ts'

export interface ExpertOptions extends TrainOptions, Pick<TrainSettings, 'samples' | 'dsg'> {
  /** How the expert is called. Default 'expert'. */
  name?: string
  /** Pictures for the validation loss. */
  validation?: Dataset
  /** Where to keep what the run is fed: a safetensors file, and recording.json beside it (docs/training.md). */
  record?: string
  /** Where it is trained. Default: the model's device. */
  device?: Device
}

/** Of a training that is not waited for: what it was fed stays with the job. */
export interface StartedOptions extends Omit<ExpertOptions, 'record'> {
  /** Keep what the run is fed; the result's `recording` names the file in the job's directory. */
  record?: boolean
}

const trainSettings = async (
  model: T2I,
  data: Dataset | readonly Dataset[],
  options: StartedOptions,
): Promise<TrainSettings> => {
  const { name, validation, record, samples, dsg, device, ...train } = options
  if (model.loras.length > 0)
    fail('unsupported', `${model.name} has LoRAs already`, 'train on the base, and merge the experts')
  const folders = (Array.isArray(data) ? (data as readonly Dataset[]) : [data as Dataset]).map(
    ({ dir }) => dir,
  )
  return {
    model: model.base,
    data: folders as [string, ...string[]],
    name,
    validation: validation?.dir,
    samples,
    ...(record ? { record } : {}),
    dsg,
    train,
    ...computedOn(device ? await resolveDevice(device) : model.device, model.dtype),
  }
}

/** Stage 3. */
export const experts = {
  /** Trains one LoRA on one dataset, or on several mixed. */
  async train(
    model: T2I,
    data: Dataset | readonly Dataset[],
    options: ExpertOptions & CallOptions = {},
  ): Promise<Expert> {
    const { fresh, signal, onEvent, root, record, ...rest } = options
    const { name = 'expert' } = rest
    if (record) checkRecordingPath(record)
    const { job, result } = await call(
      trainStage,
      await trainSettings(model, data, { ...rest, record: Boolean(record) }),
      { fresh, root, signal, onEvent },
      async ({ dir }, { lora }) => ({ made: { kind: 'expert', ...(await hashed(name, join(dir, lora))) } }),
    )
    if (record) await copyRecording(join(job.dir, result.recording!), record)
    return new Expert(name, join(job.dir, result.lora), origin(job.cached), result)
  },
  start: async (
    model: T2I,
    data: Dataset | readonly Dataset[],
    { fresh, root, ...options }: StartedOptions & Where = {},
  ): Promise<Job<TrainResult>> =>
    begin(trainStage, await trainSettings(model, data, options), { fresh, root }),
  load: Expert.load,
  /** Uploads an expert to the Hub with a model card; HF_TOKEN says as whom. */
  push: pushExpert,
}

/**
 * Stage 4: one expert of several. Kept in a folder named by what went in, beside the jobs.
 *
 * @throws SelmaError for no experts, differing layers, unknown methods
 */
export async function merge(
  from: readonly Expert[],
  options: MergeOptions & { name?: string; root?: string } = {},
): Promise<Expert> {
  const { name = 'merged', root, ...rest } = options
  const loras = await Promise.all(from.map((expert) => expert.load()))
  const ids = from.map((expert) => expert.name)
  const merged = mergeLoras(loras, { ids, ...rest })
  // Another content, order or name gets another folder, so that a handle never changes under its owner.
  const contents = await Promise.all(from.map(({ path }) => hashInput(path)))
  const hash = sha256(JSON.stringify([contents, ids, name, rest]))
  const folder = join(jobsRoot(root), '..', 'merges', hash.slice(0, 16))
  await saveLora(folder, { ...merged, metadata: { ...merged.metadata, selma_expert: name } })
  await tellUse(async () => ({
    stage: 'merge',
    state: 'finished',
    when: new Date().toISOString(),
    settings: flatten({ experts: ids, name, method: 'average', ...rest }),
    defaults: { name: 'merged', method: 'average' },
    made: { kind: 'expert', ...(await hashed(name, folder)) },
  }))
  return new Expert(
    name,
    folder,
    `merged from ${from.map((expert) => expert.name).join(', ')} by ${rest.method ?? 'average'}`,
  )
}
