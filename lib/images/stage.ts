// The job that turns prompts into an imagefolder: one picture a prompt, from a seed of its own, by
// the model that will be trained (or any other). Pictures that are there already are not made again.
import { join } from 'node:path'
import { z } from 'zod'
import { Random } from '../base/random.ts'
import { ImageFolderWriter } from '../data/imagefolder-writer.ts'
import { schedulerNames } from '../diffusion/schedulers/scheduler.ts'
import type { Picture } from '../formats/picture.ts'
import { encodePng } from '../formats/png.ts'
import { defineStage } from '../jobs/index.ts'
import { hashModel, modelSetting, openModel, withoutPaths } from '../shapes/model-setting.ts'
import { locateModel } from '../shapes/models.ts'
import { bestOf, checkReadable, choiceSchema } from './choose.ts'

const settings = z.strictObject({
  ...modelSetting,
  prompts: z
    .array(
      z.looseObject({ text: z.string().min(1), id: z.string().optional(), skill: z.string().optional() }),
    )
    .nonempty(),
  /** Sampling steps. Default 50, as in the paper. */
  steps: z.number().int().positive().default(50),
  /** Classifier-free guidance; the paper's 7.5 by default, 1 is none. */
  guidance: z.number().nonnegative().default(7.5),
  /** Guidance rescale φ. */
  rescale: z.number().min(0).max(1).default(0),
  negativePrompt: z.string().default(''),
  scheduler: z.enum(schedulerNames).optional(),
  seed: z.number().int().default(42),
  /** Pictures a prompt that are all kept (sampling seeds). */
  perPrompt: z.number().int().positive().default(1),
  /** Draw several pictures a prompt and keep the one a judge likes best; none by default. */
  choose: choiceSchema.optional(),
})
export type ImagesSettings = z.input<typeof settings>

export interface ImagesResult {
  /** Folder of pictures and metadata.jsonl, relative to the job's directory. */
  folder: string
  count: number
  /** Mean score of the kept pictures by the choosing judge, and of all candidates, where there was a choice. */
  chosen?: { judge: string; of: number; kept: number; all: number }
}

/** The sampling seed of a prompt's picture: follows from the root seed, the prompt's place and the candidate. */
export const pictureSeed = (root: Random, index: number, candidate: number): number =>
  root.derive('picture', index, candidate).bits()

const CHUNK = 32

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

export const imagesStage = defineStage({
  name: 'images',
  version: 1,
  settings,
  inputs: (options) => hashModel(options),
  identity: (options) => withoutPaths(options),
  async run(options, job): Promise<ImagesResult> {
    const { model, prompts, steps, guidance, rescale, negativePrompt, seed, perPrompt, choose } = options
    if (choose) checkReadable(prompts)
    const { name } = locateModel(model)
    const pipeline = await openModel(options)
    const root = new Random(seed)
    const writer = await ImageFolderWriter.open(join(job.dir, 'images'))
    const tasks = prompts.flatMap((prompt, index) =>
      Array.from({ length: perPrompt }, (_, sample) => ({ prompt, index, sample })),
    )
    const nameOf = (at: number): string => `${String(at).padStart(String(tasks.length - 1).length, '0')}.png`

    const draw = async (
      chunk: typeof tasks,
      candidate: number,
    ): Promise<{ pictures: Picture[]; seeds: number[] }> => {
      const seeds = chunk.map(({ index, sample }) =>
        pictureSeed(root, index, sample * (choose?.of ?? 1) + candidate),
      )
      const texts = chunk.map(({ prompt }) => prompt.text)
      const latents = await pipeline.sample(texts, {
        seeds,
        steps,
        guidance,
        rescale,
        negativePrompt,
        scheduler: options.scheduler,
        signal: job.signal,
      })
      return { pictures: await pipeline.decode(latents), seeds }
    }

    for (let start = 0; start < tasks.length; start += CHUNK) {
      const chunk = tasks.slice(start, start + CHUNK)
      if (chunk.some((_, i) => !writer.has(nameOf(start + i)))) {
        const rounds: Awaited<ReturnType<typeof draw>>[] = []
        for (let candidate = 0; candidate < (choose?.of ?? 1); candidate++)
          rounds.push(await draw(chunk, candidate))
        for (let i = 0; i < chunk.length; i++) {
          const { prompt, sample } = chunk[i]
          const candidates = rounds.map(({ pictures }) => pictures[i])
          const best = choose ? bestOf(candidates, prompt.text, choose, `${start + i}`) : undefined
          const pick = best?.index ?? 0
          if (writer.has(nameOf(start + i))) continue
          const { text, id, skill } = prompt
          await writer.add(await encodePng(candidates[pick]), {
            file_name: nameOf(start + i),
            text,
            ...(id === undefined ? {} : { id }),
            ...(skill === undefined ? {} : { skill }),
            sample,
            seed: rounds[pick].seeds[i],
            model: name,
            guidance,
            steps,
            // Every candidate's share of right answers: what the choice was made from.
            ...(best ? { scores: best.scores } : {}),
          })
        }
      }
      job.progress(Math.min(start + CHUNK, tasks.length), tasks.length, { unit: 'pictures' })
      await job.turn()
      job.throwIfStopped()
    }
    const records = await writer.finish()
    await pipeline.release()
    const result: ImagesResult = { folder: 'images', count: records.length }
    if (choose) {
      const scores = records.map((record) => record.scores as number[])
      result.chosen = {
        judge: bestOf.judgeName(choose),
        of: choose.of,
        kept: mean(scores.map((each) => Math.max(...each))),
        all: mean(scores.map(mean)),
      }
    }
    return result
  },
})
