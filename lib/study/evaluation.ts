// The job that scores a model: pictures of a question set from fixed seeds, put to a judge, kept as
// rows. Pictures are kept too, so that a failed question can be looked at beside its picture.
import { join } from 'node:path'
import { z } from 'zod'
import { fail, type SelmaError } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import { ImageFolderWriter } from '../data/imagefolder-writer.ts'
import type { QuestionSet } from '../data/question.ts'
import { checkDrawing, drawnWith, drawSettings } from '../diffusion/draw-settings.ts'
import { schedulerNames } from '../diffusion/schedulers/scheduler.ts'
import { decodePng, encodePng } from '../formats/png.ts'
import { defineStage } from '../jobs/index.ts'
import { evaluatePictures, type PictureToJudge } from '../metrics/evaluate.ts'
import { writeAnswerRows, writePictureRows } from '../metrics/rows.ts'
import { inspectPicture } from '../shapes/inspect.ts'
import { answerQuestion, shapesJudge } from '../shapes/judge.ts'
import { hashModel, modelSetting, openModel, withoutPaths } from '../shapes/model-setting.ts'
import { locateModel } from '../shapes/models.ts'
import { parseCaption } from '../shapes/parse-caption.ts'
import type { SceneReading } from '../shapes/read-picture.ts'

const question = z.looseObject({
  itemId: z.string(),
  id: z.number(),
  question: z.string(),
  dependencies: z.array(z.number()),
  category: z.string(),
  categoryDetailed: z.string(),
  tuple: z.string(),
})

const settings = z.strictObject({
  ...modelSetting,
  /** How the model is called in rows and tables. */
  name: z.string().min(1),
  /** Training seed, for rows that are compared over several. */
  trainingSeed: z.number().int().optional(),
  questions: z.looseObject({
    name: z.string(),
    items: z
      .array(
        z.looseObject({
          id: z.string(),
          text: z.string(),
          skill: z.string().optional(),
          questions: z.array(question),
        }),
      )
      .nonempty(),
  }),
  /** Sampling seeds; every prompt gets a picture of each. */
  seeds: z.array(z.number().int()).nonempty().default([0]),
  guidance: z.number().nonnegative().default(7.5),
  rescale: z.number().min(0).max(1).default(0),
  steps: z.number().int().positive().default(20),
  /** Default: the empty one. */
  negativePrompt: z.string().optional(),
  /** Default: the checkpoint's own. */
  scheduler: z.enum(schedulerNames).optional(),
  /** Size, the sampler's settings, size conditioning, tiles of the VAE: as `draw` has them. */
  ...drawSettings,
  /** The judge: the embedded world's reader, wrong at a known rate. */
  judge: z
    .strictObject({ errorRate: z.number().min(0).max(0.5).default(0), seed: z.number().int().default(0) })
    .prefault({}),
})
export type EvaluationSettings = z.input<typeof settings>

export interface EvaluationResult {
  /** JSONL of per-picture and per-question rows, relative to the job's directory. */
  pictureRows: string
  answerRows: string
  /** Imagefolder of the pictures. */
  images: string
  count: number
}

const CHUNK = 32

/** The judge and the inspection read captions and questions of the embedded world: refused before anything is drawn. */
function checkReadable({ name, items }: QuestionSet): void {
  const nothing: SceneReading = {
    background: 'unreadable',
    objects: [],
    blobs: [],
    unreadable: true,
    confidence: 0,
  }
  for (const { id, text, questions } of items) {
    try {
      parseCaption(text)
      for (const question of questions) answerQuestion(question, nothing)
    } catch (error) {
      const { message, hint } = error as SelmaError
      fail('bad-input', `${name}, item ${id}: ${message}`, hint, error)
    }
  }
}

export const evaluateStage = defineStage({
  name: 'evaluate',
  version: 1,
  settings,
  // Seen before there is a job: what cannot be drawn is no job.
  async inputs(options) {
    await checkDrawing(locateModel(options.model).folder, options)
    return hashModel(options)
  },
  identity: (options) => withoutPaths(options),
  async run(options, job): Promise<EvaluationResult> {
    const { name, trainingSeed, seeds, guidance, rescale, steps, negativePrompt, scheduler } = options
    const drawn = { ...drawnWith(options), negativePrompt, scheduler }
    const questions = options.questions as unknown as QuestionSet
    const ids = new Set(questions.items.map(({ id }) => id))
    if (ids.size !== questions.items.length) fail('bad-input', `${questions.name} names an item twice`)
    checkReadable(questions)
    const pipeline = await openModel(options)
    const writer = await ImageFolderWriter.open(join(job.dir, 'images'))
    const tasks = seeds.flatMap((seed) => questions.items.map((item, index) => ({ item, index, seed })))
    const fileOf = ({ index, seed }: (typeof tasks)[number]): string =>
      `${String(index).padStart(5, '0')}-s${seed}.png`
    for (let start = 0; start < tasks.length; start += CHUNK) {
      const chunk = tasks.slice(start, start + CHUNK)
      // A chunk is drawn as a whole again: another batch size would give other last bits.
      if (chunk.every((task) => writer.has(fileOf(task)))) continue
      // The same prompt and seed start from the same noise in every model: comparisons are paired.
      const noiseSeeds = chunk.map(({ item, seed }) => new Random(seed).derive('evaluate', item.id).bits())
      const latents = await pipeline.sample(
        chunk.map(({ item }) => item.text),
        { seeds: noiseSeeds, steps, guidance, rescale, signal: job.signal, ...drawn },
      )
      const pictures = await pipeline.decode(latents, drawn)
      for (let i = 0; i < chunk.length; i++) {
        const { item, seed } = chunk[i]
        if (writer.has(fileOf(chunk[i]))) continue
        await writer.add(await encodePng(pictures[i]), {
          file_name: fileOf(chunk[i]),
          text: item.text,
          id: item.id,
          skill: item.skill ?? '',
          sample: seed,
          seed: noiseSeeds[i],
        })
      }
      job.progress(writer.size, tasks.length, { unit: 'pictures' })
      await job.turn()
      job.throwIfStopped()
    }
    await writer.finish()
    await pipeline.release()
    async function* kept(): AsyncGenerator<PictureToJudge> {
      for (const task of tasks) {
        yield {
          itemId: task.item.id,
          seed: task.seed,
          picture: await decodePng(join(writer.dir, fileOf(task))),
        }
      }
    }
    const { pictures, answers } = await evaluatePictures({
      pictures: kept(),
      questions,
      judge: shapesJudge(options.judge),
      model: name,
      trainingSeed,
      guidance,
      seeds,
      inspect: inspectPicture,
    })
    await writePictureRows(join(job.dir, 'pictures.jsonl'), pictures)
    await writeAnswerRows(join(job.dir, 'answers.jsonl'), answers)
    return {
      pictureRows: 'pictures.jsonl',
      answerRows: 'answers.jsonl',
      images: 'images',
      count: pictures.length,
    }
  },
})
