// The job that turns prompts into an imagefolder: one picture a prompt, from a seed of its own, by
// the model that will be trained (or any other). Pictures that are there already are not made again.
import { join } from 'node:path'
import { z } from 'zod'
import { fail } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import { ImageFolderWriter } from '../data/imagefolder-writer.ts'
import { checkDrawing, drawnWith, drawSettings } from '../diffusion/draw-settings.ts'
import { schedulerNames } from '../diffusion/schedulers/scheduler.ts'
import type { Picture } from '../formats/picture.ts'
import { encodePng } from '../formats/png.ts'
import { defineStage } from '../jobs/index.ts'
import { hashModel, modelSetting, openModel, withoutPaths } from '../shapes/model-setting.ts'
import { locateModel } from '../shapes/models.ts'
import { Chooser, checkReadable, choiceSchema } from './choose.ts'

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
  /** Size, the sampler's settings, size conditioning, tiles of the VAE: as `draw` has them. */
  ...drawSettings,
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
  /**
   * Where there was a choice: mean score, by the choosing judge, of the kept pictures and of every kept prompt's
   * first one; pictures drawn for a kept prompt on average; prompts left out because no picture was good enough.
   */
  chosen?: { judge: string; of: number; kept: number; first: number; drawn: number; leftOut: number }
}

/** The sampling seed of a prompt's picture: follows from the root seed, the prompt's place and the candidate. */
export const pictureSeed = (root: Random, index: number, candidate: number): number =>
  root.derive('picture', index, candidate).bits()

/** Prompts between two saved states; more where some need few pictures and others many, so that batches stay full. */
const CHUNK = 32
const CHUNK_CHOSEN = 256

interface Drawn {
  picture: Picture
  seed: number
  /** Every candidate's share of right answers: what the choice was made from. */
  scores?: number[]
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

export const imagesStage = defineStage({
  name: 'images',
  version: 2,
  settings,
  // Seen before there is a job: what cannot be drawn is no job.
  async inputs(options) {
    await checkDrawing(locateModel(options.model).folder, options)
    return hashModel(options)
  },
  identity: (options) => withoutPaths(options),
  async run(options, job): Promise<ImagesResult> {
    const { model, prompts, steps, guidance, rescale, negativePrompt, seed, perPrompt, choose } = options
    if (choose) checkReadable(prompts)
    const { name } = locateModel(model)
    const hashes = await hashModel(options)
    const loras = options.loras.map(({ weight }, i) => ({ hash: hashes[`lora${i}`], weight }))
    const pipeline = await openModel(options)
    const root = new Random(seed)
    const chooser = choose && new Chooser(choose)
    const writer = await ImageFolderWriter.open(join(job.dir, 'images'))
    const tasks = prompts.flatMap((prompt, index) =>
      Array.from({ length: perPrompt }, (_, sample) => ({ prompt, index, sample })),
    )
    const drawn = drawnWith(options)
    const nameOf = (at: number): string => `${String(at).padStart(String(tasks.length - 1).length, '0')}.png`

    const draw = async (chunk: typeof tasks, candidate: number): Promise<Drawn[]> => {
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
        ...drawn,
      })
      const pictures = await pipeline.decode(latents, drawn)
      return pictures.map((picture, i) => ({ picture, seed: seeds[i] }))
    }

    // The first of the best. A candidate after a faultless one could not be chosen, so it is not drawn.
    const drawBest = async (chunk: typeof tasks, start: number, chooser: Chooser): Promise<Drawn[]> => {
      const best: Required<Drawn>[] = []
      let left = chunk.map((_, i) => i)
      for (let candidate = 0; candidate < chooser.choice.of && left.length; candidate++) {
        const made = await draw(
          left.map((i) => chunk[i]),
          candidate,
        )
        for (const [at, i] of left.entries()) {
          const score = chooser.score(made[at].picture, chunk[i].prompt.text, `${start + i}`, candidate)
          const scores = best[i]?.scores ?? []
          if (scores.every((earlier) => score > earlier)) best[i] = { ...made[at], scores }
          scores.push(score)
        }
        left = left.filter((i) => best[i].scores.at(-1)! < 1)
        await job.turn()
        job.throwIfStopped()
      }
      return best
    }

    const size = chooser ? CHUNK_CHOSEN : CHUNK
    let leftOut = 0
    for (let start = 0; start < tasks.length; start += size) {
      const chunk = tasks.slice(start, start + size)
      if (chunk.some((_, i) => !writer.has(nameOf(start + i)))) {
        const made = chooser ? await drawBest(chunk, start, chooser) : await draw(chunk, 0)
        for (const [i, { picture, seed, scores }] of made.entries()) {
          if (scores && Math.max(...scores) < choose!.least) {
            leftOut++
            continue
          }
          if (writer.has(nameOf(start + i))) continue
          const { prompt, sample } = chunk[i]
          const { text, id, skill } = prompt
          await writer.add(await encodePng(picture), {
            file_name: nameOf(start + i),
            text,
            ...(id === undefined ? {} : { id }),
            ...(skill === undefined ? {} : { skill }),
            sample,
            seed,
            model: name,
            ...(loras.length ? { loras } : {}),
            guidance,
            steps,
            ...(negativePrompt ? { negativePrompt } : {}),
            ...(options.scheduler ? { scheduler: options.scheduler } : {}),
            ...drawn,
            ...(scores ? { scores } : {}),
          })
        }
      }
      job.progress(Math.min(start + size, tasks.length), tasks.length, { unit: 'pictures' })
      await job.turn()
      job.throwIfStopped()
    }
    if (leftOut === tasks.length)
      fail(
        'bad-input',
        `choose.least ${choose!.least}: no picture of ${tasks.length} prompts is as good`,
        'lower it, or draw more of each',
      )
    const records = await writer.finish()
    await pipeline.release()
    const result: ImagesResult = { folder: 'images', count: records.length }
    if (chooser) {
      const scores = records.map((record) => record.scores as number[])
      result.chosen = {
        judge: chooser.judge,
        of: chooser.choice.of,
        kept: mean(scores.map((each) => Math.max(...each))),
        first: mean(scores.map(([first]) => first)),
        drawn: mean(scores.map((each) => each.length)),
        leftOut: tasks.length - records.length,
      }
    }
    return result
  },
})
