// The recipe of the embedded base model, stage by stage: VAE, latents, clean captions, noisy
// captions, and the weak base for weak-to-strong. Each stage resumes from its last checkpoint and
// leaves a file that the next one reads. Not a job of the cell API: `npm run train:shapes` runs it.
import { readFile } from 'node:fs/promises'
import { Random } from '../../base/random.ts'
import {
  NoiseSchedule,
  schedulerConfig,
  trainingTimestep,
} from '../../diffusion/schedulers/noise-schedule.ts'
import type { TextTokenizer } from '../../diffusion/tokenizer.ts'
import type { ParameterLayout } from '../../runtime/index.ts'
import { caption } from '../captions.ts'
import { noisyCaption } from '../noisy-captions.ts'
import type { Scene } from '../scene.ts'
import { latentSize } from './configs.ts'
import { copyParameters, decoderBatch, decoderLayout, decoderTrainingProgram } from './decoder-training.ts'
import { denoiserTrainingProgram } from './denoiser-training.ts'
import { shapesScheduler } from './export.ts'
import { initialWeights } from './initial-weights.ts'
import { pictureStream, trainingScene } from './latents.ts'
import { type OnStep, stageResult, trainingLoop } from './loop.ts'
import { vaeBatch, vaeLayout, vaeTrainingProgram } from './vae-training.ts'

export { type OnStep, stageResult } from './loop.ts'

/** How long and how fast each stage learns: pictures a step, steps, peak rate (cosine to 1 %). */
export const recipe = {
  /** Whole pictures, then crops around objects, then whole pictures again for the norms' statistics. */
  vae: [
    { stage: 'vae-whole', size: 64, batch: 16, steps: 2200, learningRate: 1.5e-3, warmup: 50 },
    { stage: 'vae-crops', size: 32, batch: 32, steps: 4000, learningRate: 2e-3, warmup: 50 },
    { stage: 'vae', size: 64, batch: 16, steps: 500, learningRate: 6e-4, warmup: 20 },
  ],
  pictures: 150_016,
  /** The decoder alone, once the training pictures' latents are there. */
  decoder: { batch: 16, steps: 1500, learningRate: 8e-4, warmup: 50 },
  /** Each starts from what `from` left, or from nothing; `shift` moves timesteps towards noise. */
  denoiser: {
    clean: { captions: 'clean', batch: 64, steps: 5000, learningRate: 1.5e-3, warmup: 200, shift: 1 },
    'clean-2': {
      captions: 'clean',
      from: 'clean',
      batch: 64,
      steps: 3500,
      learningRate: 1.2e-3,
      warmup: 100,
      shift: 2.5,
    },
    'clean-3': {
      captions: 'clean',
      from: 'clean-2',
      batch: 64,
      steps: 6000,
      learningRate: 1.2e-3,
      warmup: 100,
      shift: 2.5,
    },
    'clean-4': {
      captions: 'clean',
      from: 'clean-3',
      batch: 64,
      steps: 4500,
      learningRate: 1e-3,
      warmup: 100,
      shift: 2.5,
    },
    noisy: {
      captions: 'noisy',
      from: 'clean-4',
      batch: 64,
      steps: 1600,
      learningRate: 7e-4,
      warmup: 50,
      shift: 2.5,
    },
    weak: {
      captions: 'noisy',
      from: 'clean',
      batch: 64,
      steps: 600,
      learningRate: 7e-4,
      warmup: 50,
      shift: 1,
    },
  },
  /** Share of empty captions, for guidance. */
  emptyCaptions: 0.1,
} as const

/** Trains the VAE in its three parts; leaves `vae.done.safetensors`. */
export async function trainVae(folder: string, seed: number, onStep: OnStep): Promise<void> {
  const layout = vaeLayout()
  let before: string | undefined
  for (const { stage, size, batch, ...schedule } of recipe.vae) {
    const root = new Random(seed).derive('shapes', stage)
    const previous = before
    await trainingLoop({
      stage,
      folder,
      layout,
      program: () => vaeTrainingProgram(layout, batch, size),
      start: async () =>
        previous ? stageResult(folder, previous) : initialWeights(layout, root.derive('init')),
      batch: (step) => vaeBatch(root.derive('batch', step), batch, size),
      schedule,
      emaDecay: 0.995,
      onStep,
    })
    before = stage
  }
}

/** Latents of the training pictures, scaled to standard deviation 1, and the scale. */
export async function loadLatents(path: string): Promise<{ latents: Float32Array; scalingFactor: number }> {
  const bytes = await readFile(path)
  const latents = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
  let total = 0
  let squares = 0
  for (const value of latents) {
    total += value
    squares += value * value
  }
  const mean = total / latents.length
  const scalingFactor = 1 / Math.sqrt(squares / latents.length - mean * mean)
  return { latents: latents.map((value) => value * scalingFactor), scalingFactor }
}

/** Trains the decoder to bear latents that are off; returns the whole VAE's parameters. */
export async function trainDecoder(
  folder: string,
  seed: number,
  known: { latents: Float32Array; scalingFactor: number },
  onStep: OnStep,
): Promise<Float32Array> {
  const stage = 'vae-decoder'
  const [layout, whole] = [decoderLayout(), vaeLayout()]
  const vae = await stageResult(folder, 'vae')
  const { batch, ...schedule } = recipe.decoder
  const root = new Random(seed).derive('shapes', stage)
  const pictures = pictureStream(seed)
  await trainingLoop({
    stage,
    folder,
    layout,
    program: () => decoderTrainingProgram(layout, batch),
    start: async () =>
      copyParameters({ layout: whole, flat: vae }, { layout, flat: new Float32Array(layout.length) }),
    batch: (step) => decoderBatch(root.derive('batch', step), { batch, ...known, pictures }),
    schedule,
    emaDecay: 0.995,
    onStep,
  })
  return copyParameters({ layout, flat: await stageResult(folder, stage) }, { layout: whole, flat: vae })
}

/** Stages of the denoiser in their order. */
export type DenoiserStageName = keyof typeof recipe.denoiser
export const denoiserStages = Object.keys(recipe.denoiser) as DenoiserStageName[]

interface DenoiserRecipe {
  captions: 'clean' | 'noisy'
  from?: DenoiserStageName
  batch: number
  steps: number
  learningRate: number
  warmup: number
  /** Stable Diffusion 3's timestep shift (Esser et al. 2024, section 5.3.2): 1 is uniform. */
  shift: number
}

export interface DenoiserStage {
  stage: DenoiserStageName
  folder: string
  seed: number
  layout: ParameterLayout
  vocabulary: number
  tokenizer: TextTokenizer
  latents: Float32Array
  onStep: OnStep
}

/** Trains UNet and text encoder; `clean` starts from nothing, `noisy` and `weak` from what it left. */
export async function trainDenoiser({
  stage,
  folder,
  seed,
  layout,
  vocabulary,
  tokenizer,
  latents,
  onStep,
}: DenoiserStage): Promise<void> {
  const pictures = pictureStream(seed)
  const root = new Random(seed).derive('shapes', stage)
  const count = latents.length / latentSize
  const scenes: Scene[] = Array.from({ length: count }, (_, i) => trainingScene(pictures, i))
  const noise = new NoiseSchedule(schedulerConfig.parse(shapesScheduler))
  const { captions, from, batch, steps, learningRate, warmup, shift }: DenoiserRecipe = recipe.denoiser[stage]
  const write = (scene: Scene, random: Random): string => {
    if (random.chance(recipe.emptyCaptions)) return ''
    if (captions === 'clean') return caption(scene, random, { wordings: 'train' })
    return noisyCaption(scene, random, { otherScene: random.pick(scenes), wordings: 'train' })
  }
  await trainingLoop({
    stage,
    folder,
    layout,
    program: () => denoiserTrainingProgram(layout, batch, vocabulary),
    start: async () => (from ? stageResult(folder, from) : initialWeights(layout, root.derive('init'))),
    batch(step) {
      const random = root.derive('batch', step)
      const clean = new Float32Array(batch * latentSize)
      const ids = new BigInt64Array(batch * tokenizer.maxLength)
      const timesteps = new Float32Array(batch)
      for (let i = 0; i < batch; i++) {
        const index = random.int(0, count - 1)
        clean.set(latents.subarray(index * latentSize, (index + 1) * latentSize), i * latentSize)
        ids.set(tokenizer.encode(write(scenes[index], random)).ids.map(BigInt), i * tokenizer.maxLength)
        timesteps[i] = trainingTimestep(random, shift)
      }
      const drawn = random.normals(clean.length)
      return {
        ids,
        timesteps,
        sample: noise.addNoise(clean, drawn, timesteps),
        target: noise.target(clean, drawn, timesteps),
      }
    },
    schedule: { steps, learningRate, warmup },
    emaDecay: 0.999,
    onStep,
  })
}
