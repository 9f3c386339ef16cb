// The job that trains one expert: a folder of pictures and captions in, a LoRA out. Checkpoints
// are exact: a run that is killed and goes on gives the same bytes as one that is not.
import { rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { fail } from '../base/errors.ts'
import { sha256 } from '../base/files.ts'
import { Random } from '../base/random.ts'
import { readImageFolder } from '../data/imagefolder.ts'
import { hashCheckpoint } from '../diffusion/checkpoint.ts'
import { TextToImagePipeline } from '../diffusion/pipeline.ts'
import { NoiseSchedule, trainingTimestep } from '../diffusion/schedulers/noise-schedule.ts'
import { saveLora } from '../formats/lora-files.ts'
import type { Picture } from '../formats/picture.ts'
import { decodePng } from '../formats/png.ts'
import { defineStage, type JobContext } from '../jobs/index.ts'
import {
  type Feeds,
  LocalSession,
  learningRateAt,
  loadTrainerState,
  saveTrainerState,
  sizeOf,
  Trainer,
} from '../runtime/index.ts'
import { locateModel } from '../shapes/models.ts'
import {
  asLora,
  type BatchShape,
  initialFactors,
  loraGraph,
  loraLossProgram,
  loraTrainingProgram,
} from './lora-training.ts'
import { type ResolvedTrainOptions, trainOptions } from './options.ts'
import { watch, watching } from './watching.ts'

const settings = z.strictObject({
  /** Embedded name or pipeline folder. */
  model: z.string(),
  /** Imagefolder with metadata.jsonl; or several, taken together. */
  data: z.union([z.string(), z.array(z.string()).nonempty()]),
  /** Imagefolder for the validation loss. */
  validation: z.string().optional(),
  /** Kept in the LoRA's metadata. */
  name: z.string().default('expert'),
  train: trainOptions.prefault({}),
  /** Pictures to draw and a score to take on the way, for whoever watches; they change nothing, and are not hashed. */
  ...watching,
})
export type TrainSettings = z.input<typeof settings>

export interface TrainResult {
  /** Folder of the LoRA, relative to the job's directory. */
  lora: string
  steps: number
  pictures: number
  /** Loss of every step. */
  losses: number[]
  validation: { step: number; loss: number }[]
}

/** Latents and text states of a dataset, in memory. */
interface Prepared {
  count: number
  latents: Float32Array
  texts: Float32Array[]
}

async function readFitting(path: string, pipeline: TextToImagePipeline): Promise<Picture> {
  const picture = await decodePng(path)
  const [, height, width] = pipeline.latentShape.map((size) => size * pipeline.scale)
  if (picture.width === width && picture.height === height) return picture
  return fail(
    'mismatch',
    `${path} is ${picture.width}×${picture.height} pixels, the model draws ${width}×${height}`,
    `scale or crop the pictures to ${width}×${height}`,
  )
}

async function prepare(
  pipeline: TextToImagePipeline,
  folders: readonly string[],
  job: JobContext,
): Promise<Prepared> {
  const parts: { dir: string; file: string; text: string }[] = []
  for (const folder of folders) {
    const { dir, records } = await readImageFolder(folder)
    parts.push(...records.map((record) => ({ dir, file: record.file_name, text: record.text })))
  }
  const size = sizeOf(pipeline.latentShape)
  const latents = new Float32Array(parts.length * size)
  for (let start = 0; start < parts.length; start += 64) {
    const chunk = parts.slice(start, start + 64)
    const pictures = await Promise.all(chunk.map(({ dir, file }) => readFitting(join(dir, file), pipeline)))
    latents.set(await pipeline.encode(pictures), start * size)
    job.progress(start + chunk.length, parts.length, { unit: 'pictures', note: 'encoding' })
    await job.turn()
    job.throwIfStopped()
  }
  return { count: parts.length, latents, texts: await pipeline.encodePrompts(parts.map(({ text }) => text)) }
}

/** One batch; everything in it follows from the seed and the step. */
function makeBatch(
  data: Prepared,
  indices: readonly number[],
  random: Random,
  noise: NoiseSchedule,
  empty: Float32Array,
  { captionDropout, timestepShift }: Pick<ResolvedTrainOptions, 'captionDropout' | 'timestepShift'>,
): Feeds {
  const size = data.latents.length / data.count
  const clean = new Float32Array(indices.length * size)
  const text = new Float32Array(indices.length * empty.length)
  const timesteps = new Float32Array(indices.length)
  indices.forEach((index, i) => {
    clean.set(data.latents.subarray(index * size, (index + 1) * size), i * size)
    text.set(random.chance(captionDropout) ? empty : data.texts[index], i * empty.length)
    timesteps[i] = trainingTimestep(random, timestepShift, noise.alphas.length)
  })
  const drawn = random.normals(clean.length)
  return {
    text,
    timesteps,
    sample: noise.addNoise(clean, drawn, timesteps),
    target: noise.target(clean, drawn, timesteps),
  }
}

/** The examples of a step: epoch after epoch in shuffled order. */
function indicesOf(step: number, batch: number, count: number, root: Random): number[] {
  const orders = new Map<number, number[]>()
  return Array.from({ length: batch }, (_, i) => {
    const at = step * batch + i
    const epoch = Math.floor(at / count)
    const order =
      orders.get(epoch) ??
      root.derive('epoch', epoch).shuffle(Array.from({ length: count }, (_, index) => index))
    orders.set(epoch, order)
    return order[at % count]
  })
}

/** How validation draws its examples, whatever training does: losses of different runs then compare. */
const plain = { captionDropout: 0, timestepShift: 1 }

async function validationLoss(
  session: LocalSession,
  parameters: Float32Array,
  data: Prepared,
  options: ResolvedTrainOptions,
  noise: NoiseSchedule,
  empty: Float32Array,
): Promise<number> {
  await session.setState('parameters', parameters)
  const root = new Random(options.seed).derive('validation')
  const rounds = Math.ceil(data.count / options.batch)
  let total = 0
  for (let round = 0; round < rounds; round++) {
    // The last batch is filled up from the start; every step sees the same noise, so that losses compare.
    const indices = Array.from({ length: options.batch }, (_, i) => (round * options.batch + i) % data.count)
    const { loss } = await session.run(makeBatch(data, indices, root.derive(round), noise, empty, plain))
    total += (loss as Float32Array)[0]
  }
  return total / rounds
}

export const trainStage = defineStage({
  name: 'train',
  version: 1,
  settings,
  async inputs({ model, data, validation }) {
    const folders = Array.isArray(data) ? data : [data]
    const hashes: Record<string, string> = { model: await hashCheckpoint(locateModel(model).folder) }
    hashes.data = sha256(
      (await Promise.all(folders.map(async (folder) => (await readImageFolder(folder)).hash))).join('\n'),
    )
    if (validation) hashes.validation = (await readImageFolder(validation)).hash
    return hashes
  },
  // The name is part of the result: it stands in the LoRA's metadata.
  identity: ({ train, name }) => ({ train, name }),
  async run({ model, data, validation, name, train, samples, dsg }, job): Promise<TrainResult> {
    const location = locateModel(model)
    const pipeline = await TextToImagePipeline.load(location.folder)
    const { checkpoint } = pipeline
    const folders = (Array.isArray(data) ? data : [data]).map((folder) => resolve(folder))
    const prepared = await prepare(pipeline, folders, job)
    const held = validation ? await prepare(pipeline, [resolve(validation)], job) : undefined
    const [empty] = await pipeline.encodePrompts([''])
    await pipeline.release()

    const width = checkpoint.textEncoder.config.hidden_size
    const shape: BatchShape = {
      batch: train.batch,
      latent: pipeline.latentShape,
      text: [empty.length / width, width],
    }
    const graph = loraGraph(checkpoint, shape, train)
    const root = new Random(train.seed)
    const trainer = await Trainer.create(
      loraTrainingProgram(checkpoint, shape, graph, train),
      graph.layout,
      initialFactors(graph.layout, train.rank, root.derive('init')),
    )
    const measure = held
      ? await LocalSession.create(loraLossProgram(checkpoint, shape, graph), { spinning: false })
      : undefined
    const noise = new NoiseSchedule(checkpoint.scheduler)
    const state = (await job.loadState<{
      file: string
      losses: number[]
      validation: TrainResult['validation']
    }>('training')) ?? { file: '', losses: [], validation: [] }
    if (state.file) await trainer.restore(await loadTrainerState(join(job.dir, state.file)))
    const save = async (): Promise<void> => {
      const file = `checkpoint-${trainer.steps}.safetensors`
      await saveTrainerState(join(job.dir, file), await trainer.snapshot())
      await job.saveState('training', { ...state, file })
      job.emit({ type: 'checkpoint', step: trainer.steps, path: file })
      // Only the one that the state names is ever read.
      if (state.file && state.file !== file) await rm(join(job.dir, state.file), { force: true })
      state.file = file
    }
    const metadata = { selma_expert: name, selma_base: location.name, selma_settings: JSON.stringify(train) }
    const lora = async () => asLora(graph, await trainer.vector('parameters'), train.rank, metadata)
    const draw = async (step: number): Promise<void> => {
      if (!samples && !dsg) return
      const { folder } = location
      await watch({ samples, dsg }, { folder, lora: step > 0 ? await lora() : undefined, step }, job)
    }
    if (trainer.steps === 0) await draw(0)
    const began = performance.now()
    const from = trainer.steps
    let drawing = 0
    for (let step = from; step < train.steps; step++) {
      const random = root.derive('step', step)
      const batch = makeBatch(
        prepared,
        indicesOf(step, train.batch, prepared.count, root),
        random,
        noise,
        empty,
        train,
      )
      const learningRate = learningRateAt(step, { ...train, final: train.finalRate })
      const { loss, gradientNorm } = await trainer.step(batch, { learningRate })
      if (!Number.isFinite(loss))
        fail(
          'bad-input',
          `the loss became ${loss} at step ${step + 1}`,
          `try a learning rate below ${train.learningRate}`,
        )
      state.losses.push(loss)
      const done = step + 1
      job.metrics(done, {
        loss,
        learningRate,
        gradientNorm,
        stepsPerSecond: ((done - from) * 1000) / (performance.now() - began - drawing),
        // Resident, bytes: native tensors are outside of the JavaScript heap.
        memory: process.memoryUsage.rss(),
      })
      job.progress(done, train.steps)
      if (measure && held && (done % train.validateEvery === 0 || done === train.steps)) {
        const value = await validationLoss(
          measure,
          await trainer.vector('parameters'),
          held,
          train,
          noise,
          empty,
        )
        state.validation.push({ step: done, loss: value })
        job.metrics(done, { validationLoss: value })
      }
      const saved = done % train.checkpointEvery === 0 && done < train.steps
      if (saved) await save()
      if (saved || done === train.steps) {
        const start = performance.now()
        await draw(done)
        drawing += performance.now() - start
      }
      await job.turn(save)
    }
    await saveLora(join(job.dir, 'lora'), await lora())
    await trainer.release()
    await measure?.release()
    return {
      lora: 'lora',
      steps: train.steps,
      pictures: prepared.count,
      losses: state.losses,
      validation: state.validation,
    }
  },
})
