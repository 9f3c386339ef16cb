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
import { saveLora } from '../formats/lora-files.ts'
import { defineStage } from '../jobs/index.ts'
import {
  emaDecayAt,
  learningRateAt,
  loadTrainerState,
  type Program,
  saveTrainerState,
  Trainer,
} from '../runtime/index.ts'
import { deviceSetting, dtypeSetting } from '../shapes/model-setting.ts'
import { locateModel } from '../shapes/models.ts'
import { drawBatch, feedsOf, type Tokenize } from './batches.ts'
import { planSteps } from './buckets.ts'
import { EarlyStopping, type Measured } from './early-stopping.ts'
import { asLora, baseMagnitudes, initialFactors } from './factors.ts'
import { loraGraph, loraLossProgram, loraTrainingProgram } from './lora-training.ts'
import { memoryPlan } from './memory.ts'
import { trainOptions } from './options.ts'
import { type Bucket, prepare } from './prepare.ts'
import { checkRecordable, recordingOf, saveRecording } from './recording.ts'
import { noiseFor, shapeFor } from './training-inputs.ts'
import { Validation } from './validation.ts'
import { watch, watching } from './watching.ts'

const plainSettings = z.strictObject({
  /** Embedded name or pipeline folder. */
  model: z.string(),
  /** Imagefolder with metadata.jsonl; or several, taken together. */
  data: z.union([z.string(), z.array(z.string()).nonempty()]),
  /** Imagefolder for the validation loss. */
  validation: z.string().optional(),
  /** Kept in the LoRA's metadata. */
  name: z.string().default('expert'),
  train: trainOptions.prefault({}),
  device: deviceSetting,
  dtype: dtypeSetting,
  /** Keep what the run was fed, to replay it elsewhere (`recording.safetensors` and `recording.json`). */
  record: z.boolean().optional(),
  /** Pictures to draw and a score to take on the way, for whoever watches; they change nothing, and are not hashed. */
  ...watching,
})

/** What would only be found out when all is trained is refused before there is a job. */
const settings = plainSettings.superRefine(({ train, validation, record }, context) => {
  const refuse = (name: string, message: string): void =>
    context.addIssue({ code: 'custom', path: ['train', name], message })
  if (train.earlyStoppingPatience !== undefined && !validation)
    refuse('earlyStoppingPatience', 'earlyStoppingPatience without validation pictures: give `validation`')
  if (record && train.aspectRatioBuckets)
    refuse('aspectRatioBuckets', 'a run with aspectRatioBuckets is not recorded: leave one of the two out')
})
export type TrainSettings = z.input<typeof settings>

export interface TrainResult {
  /** Folder of the LoRA, relative to the job's directory. */
  lora: string
  steps: number
  pictures: number
  /** Loss of every step. */
  losses: number[]
  validation: Measured[]
  /** With early stopping: the measurement whose weights the expert has. */
  best?: Measured
  /** Of the recording, relative to the job's directory. */
  recording?: string
}

/** Programs are built once a bucket: they point into the checkpoint's files, and are small. */
function once<Key>(build: (key: Key) => Program): (key: Key) => Program {
  const built = new Map<Key, Program>()
  return (key) => {
    const program = built.get(key) ?? build(key)
    built.set(key, program)
    return program
  }
}

export const trainStage = defineStage({
  name: 'train',
  version: 2,
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
  identity: ({ train, name, record, device, dtype }) => ({
    train,
    name,
    ...(record ? { record } : {}),
    device,
    dtype,
  }),
  async run(
    { model, data, validation, name, train, record, samples, dsg, device, dtype },
    job,
  ): Promise<TrainResult> {
    const location = locateModel(model)
    const pipeline = await TextToImagePipeline.load(location.folder, { provider: device, dtype })
    const { checkpoint } = pipeline
    if (record) checkRecordable(pipeline.latentShape, train)
    const folders = (Array.isArray(data) ? data : [data]).map((folder) => resolve(folder))
    const prepared = await prepare(pipeline, folders, train, job)
    const held = validation
      ? await prepare(pipeline, [resolve(validation)], { ...train, randomFlip: false }, job)
      : undefined
    const [empty] = await pipeline.encodeConditions([''])
    await pipeline.release()

    const tokenize: Tokenize = (prompt) => pipeline.tokens(prompt)
    const parts = train.gradientAccumulationSteps ?? 1
    const shapeOf = ({ latent }: Bucket) => shapeFor(checkpoint, empty, latent, train.batch)
    const graph = loraGraph(checkpoint, shapeOf(prepared.buckets[0]), train)
    const root = new Random(train.seed)
    const noise = noiseFor(checkpoint, train)
    const members = prepared.buckets.map((bucket) => bucket.members)
    const plan = planSteps(members, train.batch * parts, root)
    const batchOf = (step: number) => {
      const { bucket, indices } = plan(step)
      const examples = indices.map((index) => prepared.examples[index])
      const { latent } = prepared.buckets[bucket]
      return { bucket, drawn: drawBatch(examples, latent, root.derive('step', step), noise, empty, train) }
    }
    const state = (await job.loadState<{
      file: string
      losses: number[]
      validation: Measured[]
      best?: Measured
    }>('training')) ?? { file: '', losses: [], validation: [] }
    const magnitudes = train.useDora ? await baseMagnitudes(checkpoint, graph) : undefined
    const start = initialFactors(graph.layout, root.derive('init'), magnitudes)
    const programOf = once((bucket: number) =>
      loraTrainingProgram(checkpoint, shapeOf(prepared.buckets[bucket]), graph, train, device),
    )
    let loaded = plan(state.losses.length).bucket
    const trainer = await Trainer.create(programOf(loaded), graph.layout, start, {
      ...memoryPlan(checkpoint, train).session,
      provider: device,
    })
    const measure = held
      ? new Validation({
          data: held,
          noise,
          empty,
          tokenize,
          options: train,
          provider: device,
          program: once((bucket: Bucket) =>
            loraLossProgram(checkpoint, shapeOf(bucket), graph, train, device),
          ),
        })
      : undefined
    if (state.file) await trainer.restore(await loadTrainerState(join(job.dir, state.file)))
    const stopping = new EarlyStopping(train, join(job.dir, 'best.safetensors'), state)
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
    const weights = () => trainer.vector(train.useEma ? 'ema' : 'parameters')
    const draw = async (step: number): Promise<void> => {
      if (!samples && !dsg) return
      const { folder } = location
      const lora = step > 0 ? asLora(graph, await weights(), metadata) : undefined
      await watch({ samples, dsg }, { folder, lora, step, device, dtype }, job)
    }
    if (trainer.steps === 0) await draw(0)
    const began = performance.now()
    const from = trainer.steps
    let drawing = 0
    for (let step = from; step < train.steps && !stopping.reached; step++) {
      const { bucket, drawn } = batchOf(step)
      if (bucket !== loaded) {
        await trainer.exchange(programOf(bucket))
        loaded = bucket
      }
      const learningRate = learningRateAt(step, { ...train, final: train.finalRate })
      const { loss, gradientNorm } = await trainer.step(feedsOf(drawn, noise, train, { tokenize, parts }), {
        learningRate,
        emaDecay: emaDecayAt(step + 1, train.emaDecay),
      })
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
      if (measure && (done % train.validateEvery === 0 || done === train.steps)) {
        const parameters = await weights()
        const value = await measure.measure(parameters)
        state.validation.push({ step: done, loss: value })
        await stopping.note({ step: done, loss: value }, parameters)
        job.metrics(done, { validationLoss: value })
      }
      const last = done === train.steps || stopping.reached
      const saved = done % train.checkpointEvery === 0 && !last
      if (saved) await save()
      if (saved || last) {
        const start = performance.now()
        await draw(done)
        drawing += performance.now() - start
      }
      await job.turn(save)
    }
    await saveLora(join(job.dir, 'lora'), asLora(graph, await stopping.pick(await weights()), metadata))
    const steps = trainer.steps
    await trainer.release()
    await measure?.release()
    const result: TrainResult = {
      lora: 'lora',
      steps,
      pictures: prepared.examples.length,
      losses: state.losses,
      validation: state.validation,
      ...(stopping.best ? { best: stopping.best } : {}),
    }
    if (!record) return result
    const recording = recordingOf(steps, (step) => batchOf(step).drawn, prepared.buckets[0], {
      graph,
      start,
      train,
    })
    await saveRecording(join(job.dir, 'recording', 'recording.safetensors'), recording)
    return { ...result, recording: 'recording/recording.safetensors' }
  },
})
