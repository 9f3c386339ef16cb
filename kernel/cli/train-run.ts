// What `selma train` does; loaded when it is called.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { readImageFolder } from '../../lib/data/imagefolder.ts'
import {
  checkRecordingPath,
  recordingNotes,
  replayTraining,
  type TrainSettings,
  trainOptionNames,
  trainStage,
} from '../../lib/experts/index.ts'
import { resolveDevice } from '../../lib/runtime/index.ts'
import { modelArgument } from './inputs.ts'
import type { Answer, Context } from './perform.ts'
import { copyOf, publish, type Target, targetFor } from './publish.ts'
import { runStage } from './run-stage.ts'
import type { TrainCommandOptions } from './train.ts'

/** Mean of the losses from `start` to `end`. */
const mean = (losses: readonly number[]): number =>
  losses.reduce((sum, value) => sum + value, 0) / losses.length

/** `selma train --replay`. */
async function runReplay(file: string, options: TrainCommandOptions, context: Context): Promise<Answer> {
  const { model } = await modelArgument(options.model)
  const provider = await resolveDevice(options.device)
  const target = await targetFor(options.out, { force: options.force, inputs: [file] })
  const made = await mkdtemp(join(tmpdir(), 'selma-replay-'))
  try {
    const { losses, gradientNorms } = await replayTraining({
      model,
      replay: resolve(file),
      out: join(made, 'lora'),
      session: { provider },
      dtype: options.dtype,
      signal: context.signal,
      onStep: (step, loss, steps) =>
        context.progress.line(`step ${step}/${steps}: loss ${loss.toPrecision(6)}`),
    })
    const output = await publish(target, copyOf(join(made, 'lora')))
    const range = `loss ${losses[0].toPrecision(4)} → ${losses[losses.length - 1].toPrecision(4)}`
    return {
      text: `replayed ${losses.length} steps of ${file}, ${range}; PEFT folder in ${options.out}`,
      document: { out: target.path, output, losses, gradientNorms },
    }
  } finally {
    await rm(made, { recursive: true, force: true })
  }
}

/** The two places of a recording, seen to be free or ours. */
async function recordingTargets(path: string, force = false, inputs: readonly string[]): Promise<Target[]> {
  checkRecordingPath(path, { replace: force })
  return Promise.all([path, recordingNotes(path)].map((place) => targetFor(place, { force, inputs })))
}

export async function runTrain(options: TrainCommandOptions, context: Context): Promise<Answer> {
  if (options.replay) return runReplay(options.replay, options, context)
  const { data = [], validation, out, record } = options
  if (data.length === 0)
    fail('bad-input', 'there is no --data', 'name an imagefolder, or a recording: --replay')
  const { model } = await modelArgument(options.model)
  const folders = data.map((folder) => resolve(folder))
  for (const folder of [...folders, ...(validation ? [validation] : [])]) await readImageFolder(folder)
  const inputs = [...folders, ...(validation ? [validation] : [])]
  const target = await targetFor(out, { force: options.force, inputs })
  const kept = record ? await recordingTargets(record, options.force, [...inputs, out]) : []
  const train = Object.fromEntries(
    trainOptionNames.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  )
  const settings = {
    model,
    data: folders,
    name: options.name ?? basename(resolve(out)),
    validation: validation && resolve(validation),
    train,
    device: await resolveDevice(options.device),
    dtype: options.dtype,
    ...(record ? { record: true } : {}),
  } as TrainSettings
  const { job, result, origin, document } = await runStage(trainStage, settings, {
    fresh: options.fresh,
    context,
  })
  const state = await publish(target, copyOf(join(job.dir, result.lora)))
  if (record) {
    const made = join(job.dir, result.recording!)
    await publish(kept[0], copyOf(made))
    await publish(kept[1], copyOf(recordingNotes(made)))
  }
  const { losses } = result
  const tenth = Math.max(1, Math.floor(losses.length / 10))
  const first = mean(losses.slice(0, tenth)).toPrecision(4)
  const last = mean(losses.slice(-tenth)).toPrecision(4)
  const held = result.validation.at(-1)
  const note = held ? `, validation loss ${held.loss.toPrecision(4)}` : ''
  return {
    text: `expert in ${out}: ${result.steps} steps on ${result.pictures} pictures, loss ${first} → ${last}${note}, ${origin}`,
    document: { out: target.path, output: state, ...document, result },
  }
}
