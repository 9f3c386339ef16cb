// `npm run bench -- sd15` and `-- sdxl`: a UNet of true size in our engine's process and in PyTorch, one after the
// other in one run: seconds by phase, peak memory, and speed beside that of a plain matrix product.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Random } from '../lib/base/random.ts'
import { Builder } from '../lib/diffusion/builder.ts'
import type { Checkpoint } from '../lib/diffusion/checkpoint.ts'
import { unet } from '../lib/diffusion/unet.ts'
import { checkpointWeights, type WeightDtype } from '../lib/diffusion/weights.ts'
import { narrowedWeights } from '../lib/diffusion/widened-weights.ts'
import { initialFactors, loraGraph, loraTrainingProgram, trainOptions } from '../lib/experts/index.ts'
import { type MemoryMode, memoryModes, memoryPlan } from '../lib/experts/memory.ts'
import { readSafetensorsHeader } from '../lib/formats/safetensors.ts'
import {
  compile,
  Engine,
  type Feeds,
  Graph,
  matmul,
  type SessionOptions,
  sizeOf,
  Trainer,
} from '../lib/runtime/index.ts'
import { type PeakMemory, watchMemory } from './memory.ts'
import { type OperatorTime, operatorTimes } from './profile.ts'
import { type RandomModel, type RandomModelName, randomModel } from './random-model.ts'
import { runPython } from './support.ts'

/** A memory mode, with frozen weights in float32 or in half precision. */
export const trainModes = [...memoryModes, ...memoryModes.map((mode) => `${mode}-float16` as const)]
export type TrainMode = (typeof trainModes)[number]

/** Seconds and bytes of one side. */
export interface Phases {
  /** From nothing to ready: the session made, or the module loaded. */
  made: number
  /** The first step. */
  first: number
  /** The steps after it. */
  warm: number[]
  memory?: PeakMemory
}

export interface TrueSizeSettings {
  model: RandomModelName
  python: string
  threads: number
  /** Timed steps after the first. */
  repeats: number
  /** Latent height and width. Default: the model's own. */
  size?: number
  rank: number
  /** Pictures of a training step; sampling takes two rows for each. */
  batch: number
  modes: readonly TrainMode[]
}

/** A session in an engine's process of its own, timed from before it is made. */
async function timed(
  repeats: number,
  prepare: (engine: Engine) => Promise<() => Promise<unknown>>,
): Promise<Phases> {
  const engine = new Engine()
  try {
    const seconds: number[] = []
    const time = async <T>(what: () => Promise<T>): Promise<T> => {
      const start = performance.now()
      const result = await what()
      seconds.push((performance.now() - start) / 1000)
      return result
    }
    // The process is there before the clock starts, so that it can be watched.
    await matmulSpeed(engine, 1, 64)
    const memory = watchMemory(engine.pid!)
    const step = await time(() => prepare(engine))
    for (let i = 0; i <= repeats; i++) await time(step)
    const [made, first, ...warm] = seconds
    return { made, first, warm, memory: memory?.() }
  } finally {
    engine.cancel()
  }
}

/** 10⁹ operations a second of a square matrix product, at its best. */
async function matmulSpeed(engine: Engine, threads: number, side = 1024): Promise<number> {
  const graph = new Graph()
  // Fed once: what is timed are eight products in a row, not the way to the process.
  const [a, b] = [graph.input('a', [side, side]), graph.input('b', [side, side])]
  let y = a
  for (let i = 0; i < 8; i++) y = matmul(y, b)
  graph.output('y', y)
  const session = await engine.open(compile(graph), { threads })
  const numbers = new Random(0).normals(side * side).map((value) => value / Math.sqrt(side))
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < 10; i++) {
    const start = performance.now()
    await session.run({ a: numbers, b: numbers }, [])
    best = Math.min(best, performance.now() - start)
  }
  await session.release()
  return (8 * 2 * side ** 3) / best / 1e6
}

async function checkpointOf(model: RandomModel, dtype: WeightDtype = 'float32'): Promise<Checkpoint> {
  const header = await readSafetensorsHeader(model.path)
  const weights =
    dtype === 'float16' ? { ...(await readSafetensorsHeader(await narrowedWeights(header))), dtype } : header
  const unet = { config: model.config, weights }
  // Training and sampling look at no other part.
  return { folder: model.folder, unet } as unknown as Checkpoint
}

/** Random latents, texts and what Stable Diffusion XL is told beside them. */
function feedsOf({ config }: RandomModel, rows: number, size: number): Feeds {
  const random = new Random(0)
  const count = rows * config.in_channels * size * size
  const pooled =
    (config.projection_class_embeddings_input_dim ?? 0) - 6 * (config.addition_time_embed_dim ?? 0)
  return {
    sample: random.normals(count),
    timesteps: new Float32Array(rows).fill(500),
    text: random.normals(rows * 77 * config.cross_attention_dim),
    ...(config.addition_embed_type
      ? { pooled: random.normals(rows * pooled), sizes: new Float32Array(rows * 6).fill(1024) }
      : {}),
  }
}

/** One LoRA step in a memory mode; with `profile`, its operators too. */
async function trainOurs(
  model: RandomModel,
  mode: TrainMode,
  settings: TrueSizeSettings,
  profile?: string,
): Promise<Phases> {
  const { threads, rank, repeats, batch, size = model.config.sample_size } = settings
  const [memory, dtype] = mode.split('-') as [MemoryMode, WeightDtype?]
  const checkpoint = await checkpointOf(model, dtype)
  const options = trainOptions.parse({ rank, memory })
  const shape = {
    batch,
    latent: [model.config.in_channels, size, size] as const,
    text: [77, model.config.cross_attention_dim] as const,
  }
  const feeds = {
    ...feedsOf(model, batch, size),
    target: new Random(1).normals(batch * sizeOf(shape.latent)),
  }
  const { session: sessionOptions } = memoryPlan(checkpoint, options)
  const train = async (engine: Engine) => {
    const graph = loraGraph(checkpoint, shape, options)
    const start = initialFactors(graph.layout, new Random(2))
    const open = (...given: Parameters<Engine['open']>) => engine.open(...given)
    const session: SessionOptions = { ...sessionOptions, threads, profile }
    const program = loraTrainingProgram(checkpoint, shape, graph, options)
    const trainer = await Trainer.create(program, graph.layout, start, { ...session, open })
    let left = repeats
    return async () => {
      await trainer.step(feeds, { learningRate: 3e-4 })
      // The profile is written when the session ends.
      if (left-- === 0) await trainer.release()
    }
  }
  return timed(repeats, train)
}

/** One guided step: two rows through the UNet, as the pipeline builds it. */
async function sampleOurs(model: RandomModel, settings: TrueSizeSettings): Promise<Phases> {
  const { threads, repeats, batch, size = model.config.sample_size } = settings
  const rows = 2 * batch
  const { unet: component } = await checkpointOf(model)
  const feeds = feedsOf(model, rows, size)
  return timed(repeats, async (engine) => {
    const graph = new Graph()
    const input = (name: string, width: number) => graph.input(name, [rows, width])
    const { config, weights } = component
    const added = feeds.pooled && {
      pooled: input('pooled', feeds.pooled.length / rows),
      sizes: input('sizes', 6),
    }
    const prediction = unet(
      new Builder(graph, checkpointWeights(graph, weights, { scope: 'unet' })),
      config,
      {
        sample: graph.input('sample', [rows, config.in_channels, size, size]),
        timesteps: graph.input('timesteps', [rows]),
        text: graph.input('text', [rows, 77, config.cross_attention_dim]),
        added,
      },
    )
    graph.output('prediction', prediction)
    const session = await engine.open(compile(graph), { threads })
    return () => session.run(feeds)
  })
}

/** What the training step spends its time on, and how fast a plain product is meanwhile. */
async function profiled(model: RandomModel, settings: TrueSizeSettings): Promise<OperatorTime[]> {
  const folder = mkdtempSync(join(tmpdir(), 'selma-profile-'))
  try {
    await trainOurs(model, 'balanced', { ...settings, repeats: 1 }, join(folder, 'run'))
    const [name] = readdirSync(folder)
    return operatorTimes(join(folder, name))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Theirs extends Phases {
  matmul: number
  versions: Record<string, string>
}

export interface TrueSizeReport {
  parameters: number
  /** 10⁹ operations a second of a 1024³ product, before and after. */
  matmul: number[]
  train: Partial<Record<TrainMode, Phases>>
  trainTheirs?: Theirs
  sample?: Phases
  sampleTheirs?: Theirs
  operators?: OperatorTime[]
}

/**
 * Runs everything of one model in turn.
 *
 * @param options.only training or sampling; both by default
 * @param options.compare whether PyTorch runs, too: it takes more memory than ours
 */
export async function measureTrueSize(
  settings: TrueSizeSettings,
  {
    only,
    compare = true,
    log = (line) => console.log(line),
  }: { only?: 'train' | 'sample'; compare?: boolean; log?: (line: string) => void } = {},
): Promise<TrueSizeReport> {
  const { python, threads, repeats, rank, batch, size } = settings
  const model = await randomModel(settings.model)
  const theirs = (phase: 'train' | 'sample'): Theirs =>
    runPython(python, 'true_size.py', [
      ...[phase, '--base', model.folder, '--rank', rank, '--threads', threads, '--repeats', repeats],
      ...['--batch', batch, ...(size ? ['--size', size] : [])],
    ]) as unknown as Theirs
  const speed = async (): Promise<number> => {
    const engine = new Engine()
    const found = await matmulSpeed(engine, threads)
    engine.cancel()
    log(`a 1024³ matrix product: ${found.toFixed(0)} GF/s`)
    return found
  }
  const say = (what: string, { made, first, warm, memory }: Phases): void => {
    const gb = (bytes = 0): string => (bytes / 1e9).toFixed(2)
    const steps = warm.map((one) => one.toFixed(2)).join(' ')
    log(
      `${what}: made in ${made.toFixed(1)} s, first ${first.toFixed(2)} s, then ${steps} s; peak ${gb(memory?.peak)} GB (own ${gb(memory?.anonymous)}, mapped ${gb(memory?.mapped)})`,
    )
  }
  const report: TrueSizeReport = {
    parameters: model.parameters,
    matmul: [await speed()],
    train: {},
  }
  if (only !== 'sample') {
    for (const mode of settings.modes) {
      const phases = await trainOurs(model, mode, settings)
      say(`training, ${mode}`, phases)
      report.train[mode] = phases
    }
    if (compare) {
      report.trainTheirs = theirs('train')
      say('training, PyTorch', report.trainTheirs)
    }
  }
  if (only !== 'train') {
    report.sample = await sampleOurs(model, settings)
    say('sampling', report.sample)
    if (compare) {
      report.sampleTheirs = theirs('sample')
      say('sampling, PyTorch', report.sampleTheirs)
    }
  }
  report.matmul.push(await speed())
  if (only !== 'sample') report.operators = await profiled(model, settings)
  return report
}
