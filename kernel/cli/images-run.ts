// What `selma images` does; loaded when it is called.
import { join } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { type ImagesSettings, imagesStage } from '../../lib/images/index.ts'
import type { ImagesOptions } from './images.ts'
import { checkCaptions, modelArgument, readLoras, readPrompts } from './inputs.ts'
import type { Answer, Context } from './perform.ts'
import { copyOf, publish, targetFor } from './publish.ts'
import { runStage } from './run-stage.ts'

export async function runImages(options: ImagesOptions, context: Context): Promise<Answer> {
  const { steps, guidance, rescale, negativePrompt, scheduler, seed, perPrompt, chooseOf } = options
  const { model } = await modelArgument(options.model)
  const prompts = await readPrompts(options.prompts)
  const loras = await readLoras(options.lora)
  const inputs = [options.prompts, ...loras.map(({ path }) => path)]
  const target = await targetFor(options.out, { force: options.force, inputs })
  if (chooseOf === undefined && options.judgeError > 0)
    fail('bad-input', '--judge-error without --choose-of', 'say of how many pictures the judge chooses')
  if (chooseOf !== undefined) checkCaptions(prompts)
  const settings = {
    model,
    loras: loras.map(({ path, weight }) => ({ path, weight })),
    prompts: prompts.map(({ record }) => record),
    steps,
    guidance,
    rescale,
    negativePrompt,
    scheduler,
    seed,
    perPrompt,
    choose: chooseOf && {
      of: chooseOf,
      errorRate: options.judgeError,
      seed: options.judgeSeed,
      least: options.chooseLeast,
    },
  } as ImagesSettings
  const { job, result, origin, document } = await runStage(imagesStage, settings, {
    fresh: options.fresh,
    context,
  })
  const state = await publish(target, copyOf(join(job.dir, result.folder)))
  const { chosen } = result
  const note = chosen
    ? `; ${chosen.judge} kept the best of up to ${chosen.of} (share right ${chosen.kept.toFixed(3)}, of the first ${chosen.first.toFixed(3)}; ${chosen.leftOut} left out)`
    : ''
  return {
    text: `${result.count} pictures in ${options.out}, ${origin}${note}`,
    document: { out: target.path, output: state, ...document, result },
  }
}
