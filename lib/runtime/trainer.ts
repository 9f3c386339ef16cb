// A whole training step as one program (loss, backward pass, clipping, optimiser, moving average),
// and the loop's handle on it: step, snapshot, restore. What is trained, on which data and for how
// long is the caller's.
import { SafetensorsFile, writeSafetensors } from '../formats/safetensors.ts'
import { compile, type Program } from './compile.ts'
import { gradients } from './gradient.ts'
import { Graph, type Tensor } from './graph.ts'
import {
  type AdamWOptions,
  adamW,
  clipByGlobalNorm,
  globalNorm,
  movingAverage,
  type SgdOptions,
  sgd,
  stepInputs,
} from './optimizers.ts'
import { type ParameterLayout, packGradients, unpackParameters } from './parameters.ts'
import { type Feeds, LocalSession, type Session, type SessionOptions } from './session.ts'

export interface TrainingOptions {
  /** Default AdamW with PyTorch's defaults. */
  optimizer?: ({ name: 'adamw' } & AdamWOptions) | ({ name: 'sgd' } & SgdOptions)
  /** Global-norm clipping; none by default. */
  maxGradNorm?: number
  /** Keep an exponential moving average of the parameters. Default false. */
  ema?: boolean
}

/** Builds the loss from a graph and its parameters by name; called once. */
export type LossBuilder = (graph: Graph, parameters: ReadonlyMap<string, Tensor>) => Tensor

/** The ONNX program of one training step over `layout`'s parameters. */
export function trainingProgram(
  layout: ParameterLayout,
  build: LossBuilder,
  options: TrainingOptions = {},
): Program {
  const { optimizer = { name: 'adamw' }, maxGradNorm, ema = false } = options
  const graph = new Graph({ training: true })
  const flat = graph.input('parameters', [layout.length])
  const parameters = unpackParameters(layout, flat)
  const loss = build(graph, parameters)
  const each = gradients(
    loss,
    layout.specs.map((spec) => parameters.get(spec.name)!),
  )
  const raw = packGradients(graph, each)
  const { gradient: used, norm } =
    maxGradNorm === undefined ? { gradient: raw, norm: globalNorm(raw) } : clipByGlobalNorm(raw, maxGradNorm)
  const inputs = stepInputs(graph)
  const next =
    optimizer.name === 'adamw' ? adamW(flat, used, inputs, optimizer) : sgd(flat, used, inputs, optimizer)
  if (ema) movingAverage(next)
  graph.output('loss', loss)
  graph.output('gradient_norm', norm)
  return compile(graph)
}

/** Everything that training needs to go on from: flat vectors by state name, and the steps done. */
export interface TrainerState {
  step: number
  vectors: Record<string, Float32Array>
}

export interface StepResult {
  loss: number
  /** 2-norm of the gradient before clipping. */
  gradientNorm: number
}

export class Trainer {
  readonly layout: ParameterLayout
  readonly #session: Session
  readonly #inputs: Set<string>
  #step = 0

  private constructor(layout: ParameterLayout, session: Session) {
    this.layout = layout
    this.#session = session
    this.#inputs = new Set(session.program.inputs.map((input) => input.name))
  }

  /** Loads a training program and sets its parameters; moments start at zero, the moving average at the parameters. */
  static async create(
    program: Program,
    layout: ParameterLayout,
    parameters: Float32Array,
    options: SessionOptions = {},
  ): Promise<Trainer> {
    const trainer = new Trainer(layout, await LocalSession.create(program, options))
    await trainer.#session.setState('parameters', parameters)
    if (program.states.some((state) => state.input === 'ema'))
      await trainer.#session.setState('ema', parameters)
    return trainer
  }

  /** Optimiser steps done. */
  get steps(): number {
    return this.#step
  }

  /** One optimiser step. `emaDecay` (default 0.999) matters only with a moving average. */
  async step(feeds: Feeds, options: { learningRate: number; emaDecay?: number }): Promise<StepResult> {
    const all: Feeds = { ...feeds }
    // SGD uses no step count and a run without a moving average no decay.
    if (this.#inputs.has('learning_rate')) all.learning_rate = Float32Array.of(options.learningRate)
    if (this.#inputs.has('step')) all.step = Float32Array.of(this.#step + 1)
    if (this.#inputs.has('ema_decay')) all.ema_decay = Float32Array.of(options.emaDecay ?? 0.999)
    const { loss, gradient_norm: norm } = await this.#session.run(all)
    this.#step++
    return { loss: (loss as Float32Array)[0], gradientNorm: (norm as Float32Array)[0] }
  }

  /** A copy of one state: `parameters`, `ema`, `adam.m`, … */
  vector(name: string): Promise<Float32Array> {
    return this.#session.getState(name)
  }

  async snapshot(): Promise<TrainerState> {
    const vectors: Record<string, Float32Array> = {}
    for (const { input } of this.#session.program.states) vectors[input] = await this.#session.getState(input)
    return { step: this.#step, vectors }
  }

  async restore(state: TrainerState): Promise<void> {
    for (const [name, value] of Object.entries(state.vectors)) await this.#session.setState(name, value)
    this.#step = state.step
  }

  async release(): Promise<void> {
    await this.#session.release()
  }
}

/** Writes a trainer's state as one safetensors file, atomically; `metadata` travels along. */
export async function saveTrainerState(
  path: string,
  state: TrainerState,
  metadata: Record<string, string> = {},
): Promise<void> {
  const tensors = Object.fromEntries(
    Object.entries(state.vectors).map(([name, data]) => [
      name,
      { dtype: 'F32' as const, shape: [data.length], data },
    ]),
  )
  await writeSafetensors(path, tensors, { ...metadata, step: String(state.step) })
}

/** Reads what `saveTrainerState` wrote. */
export async function loadTrainerState(
  path: string,
): Promise<TrainerState & { metadata: Record<string, string> }> {
  const file = await SafetensorsFile.open(path)
  const vectors: Record<string, Float32Array> = {}
  for (const name of file.names()) vectors[name] = await file.floats(name)
  return { step: Number(file.metadata.step), vectors, metadata: file.metadata }
}
