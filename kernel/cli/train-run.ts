// What `selma train` does; loaded when it is called.
import { basename, join, resolve } from 'node:path'
import { readImageFolder } from '../../lib/data/imagefolder.ts'
import { type TrainSettings, trainOptionNames, trainStage } from '../../lib/experts/index.ts'
import { modelArgument } from './inputs.ts'
import type { Answer, Context } from './perform.ts'
import { copyOf, publish, targetFor } from './publish.ts'
import { runStage } from './run-stage.ts'
import type { TrainCommandOptions } from './train.ts'

/** Mean of the losses from `start` to `end`. */
const mean = (losses: readonly number[]): number =>
  losses.reduce((sum, value) => sum + value, 0) / losses.length

export async function runTrain(options: TrainCommandOptions, context: Context): Promise<Answer> {
  const { data, validation, out } = options
  const { model } = await modelArgument(options.model)
  const folders = data.map((folder) => resolve(folder))
  for (const folder of [...folders, ...(validation ? [validation] : [])]) await readImageFolder(folder)
  const target = await targetFor(out, {
    force: options.force,
    inputs: [...folders, ...(validation ? [validation] : [])],
  })
  const train = Object.fromEntries(
    trainOptionNames.filter((key) => options[key] !== undefined).map((key) => [key, options[key]]),
  )
  const settings = {
    model,
    data: folders,
    name: options.name ?? basename(resolve(out)),
    validation: validation && resolve(validation),
    train,
  } as TrainSettings
  const { job, result, origin, document } = await runStage(trainStage, settings, {
    fresh: options.fresh,
    context,
  })
  const state = await publish(target, copyOf(join(job.dir, result.lora)))
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
