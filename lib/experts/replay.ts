// Replaying a recorded training run: the same start, latents, noise and timesteps, whatever machine or program they were
// recorded on. For comparing numbers; nothing is checkpointed.
import { join } from 'node:path'
import { fail } from '../base/errors.ts'
import { TextToImagePipeline } from '../diffusion/pipeline.ts'
import type { WeightDtype } from '../diffusion/weights.ts'
import { splitComponent } from '../formats/lora.ts'
import { saveLora } from '../formats/lora-files.ts'
import { emaDecayAt, type SessionOptions, sizeOf, Trainer } from '../runtime/index.ts'
import { locateModel } from '../shapes/models.ts'
import { feedsOf } from './batches.ts'
import { asLora, baseMagnitudes } from './factors.ts'
import { type LoraGraph, loraGraph, loraTrainingProgram } from './lora-training.ts'
import { memoryPlan } from './memory.ts'
import { loadRecording, optionsOf, promptLists, type Recording } from './recording.ts'
import { noiseFor, shapeFor } from './training-inputs.ts'

export interface ReplaySettings {
  /** Embedded name or pipeline folder. */
  model: string
  /** The recording's safetensors file; `recording.json` lies beside it. */
  replay: string
  /** Folder for the final LoRA, as PEFT has it; where text encoder factors are trained, they go into `text_encoder/`. */
  out: string
  /** How sessions are opened. */
  session?: SessionOptions
  /** How frozen weights are kept. Default 'float32'. */
  dtype?: WeightDtype
  onStep?: (step: number, loss: number, steps: number) => void
  signal?: AbortSignal
}

export interface ReplayResult {
  losses: number[]
  /** 2-norms of the gradients before clipping. */
  gradientNorms: number[]
}

/** A key of PEFT, or of a model with an adapter, by its name in the layout. */
const layoutName = (key: string): string =>
  key
    .replace(/^base_model\.model\./, '')
    .replace(/^unet\./, '')
    .replace(/\.(lora_[AB]|lora_magnitude_vector)\.default(?=\.|$)/, '.$1')
    .replace(/\.lora_magnitude_vector\.weight$/, '.lora_magnitude_vector')

function initialVector(
  { layout }: LoraGraph,
  { init }: Recording,
  magnitudes: ReadonlyMap<string, Float32Array>,
): Float32Array {
  const given = new Map([...init].map(([key, tensor]) => [layoutName(key), { key, ...tensor }]))
  const unknown = [...given].filter(([name]) => !layout.get(name)).map(([, { key }]) => `init.${key}`)
  if (unknown.length > 0)
    fail(
      'mismatch',
      `the recording starts from layers that are not trained: ${unknown.slice(0, 10).join(', ')}`,
      'its targets name others, or it is of another model',
    )
  return layout.pack(({ name, shape }) => {
    const found = given.get(name)
    if (!found)
      return magnitudes.get(name) ?? fail('mismatch', `the recording has no init.base_model.model.${name}`)
    // PEFT writes axes of size 1 around a convolution's magnitude and behind its B.
    const plain = (sizes: readonly number[]): string => String(sizes.filter((size) => size !== 1))
    if (plain(found.shape) !== plain(shape))
      fail('mismatch', `init.${found.key} has the shape [${found.shape}], the model asks for [${shape}]`)
    return found.data
  })
}

/**
 * Trains as recorded, and saves the final LoRA.
 *
 * @throws SelmaError `not-found`, `bad-file`; `mismatch` when recording and model do not fit; `stopped`
 */
export async function replayTraining(settings: ReplaySettings): Promise<ReplayResult> {
  const { model, replay, out, session, dtype, onStep, signal } = settings
  const recording = await loadRecording(replay)
  const options = optionsOf(recording)
  const { steps, batch, latent, settings: recorded } = recording
  const { name, folder } = locateModel(model)
  const pipeline = await TextToImagePipeline.load(folder, { provider: session?.provider, dtype })
  const { checkpoint, scale } = pipeline
  const wanted = [checkpoint.unet.config.in_channels, recorded.height / scale, recorded.width / scale]
  if (String(latent) !== String(wanted))
    fail(
      'mismatch',
      `${replay} has latents of [${latent}]`,
      `${recorded.width}×${recorded.height} are [${wanted}]`,
    )
  const lists = promptLists(recorded)
  const known = new Map<string, Awaited<ReturnType<typeof pipeline.encodeConditions>>[number]>()
  const distinct = [...new Set(lists.flat())]
  for (const [i, text] of (await pipeline.encodeConditions(distinct)).entries()) known.set(distinct[i], text)
  await pipeline.release()

  const parts = options.gradientAccumulationSteps ?? 1
  const shape = shapeFor(checkpoint, known.get(distinct[0])!, latent, batch / parts)
  const graph = loraGraph(checkpoint, shape, options)
  const noise = noiseFor(checkpoint, options)
  const magnitudes = options.useDora ? await baseMagnitudes(checkpoint, graph) : new Map()
  const start = initialVector(graph, recording, magnitudes)
  const trainer = await Trainer.create(
    loraTrainingProgram(checkpoint, shape, graph, options, session?.provider),
    graph.layout,
    start,
    { ...memoryPlan(checkpoint, options).session, ...session },
  )
  const result: ReplayResult = { losses: [], gradientNorms: [] }
  const size = batch * sizeOf(latent)
  const row = <T extends Float32Array>(data: T, step: number, length: number): Float32Array =>
    data.slice(step * length, (step + 1) * length)
  try {
    for (let step = 0; step < steps; step++) {
      if (signal?.aborted) fail('stopped', `the replay was stopped at step ${step} of ${steps}`)
      const own = lists[lists.length === 1 ? 0 : step]
      const drawn = {
        prompts: own,
        texts: own.map((prompt) => known.get(prompt)!),
        latents: row(recording.latents, step, size),
        noise: row(recording.noise, step, size),
        timesteps: row(recording.timesteps, step, batch),
        sizes: own.flatMap(() => [recorded.height, recorded.width, 0, 0, recorded.height, recorded.width]),
        seed: recorded.dropoutSeeds?.[step] ?? 0,
      }
      const rate = recorded.learningRate
      const { loss, gradientNorm } = await trainer.step(
        feedsOf(drawn, noise, options, { tokenize: (prompt) => pipeline.tokens(prompt), parts }),
        {
          learningRate: Array.isArray(rate) ? rate[step] : rate,
          emaDecay: emaDecayAt(step + 1, options.emaDecay),
        },
      )
      result.losses.push(loss)
      result.gradientNorms.push(gradientNorm)
      onStep?.(step + 1, loss, steps)
    }
    const vector = await trainer.vector(options.useEma ? 'ema' : 'parameters')
    const lora = asLora(graph, vector, { selma_base: name })
    for (const component of new Set([...lora.layers.keys()].map((path) => splitComponent(path).component!))) {
      const layers = new Map([...lora.layers].filter(([path]) => path.startsWith(`${component}.`)))
      const target = component === 'unet' ? out : join(out, component)
      await saveLora(target, { ...lora, layers }, { format: 'peft' })
    }
  } finally {
    await trainer.release()
  }
  return result
}
