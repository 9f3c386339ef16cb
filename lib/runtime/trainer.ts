// A whole training step as one program (loss, backward pass, clipping, optimiser, moving average),
// and the loop's handle on it: step, snapshot, restore. What is trained, on which data and for how
// long is the caller's.
import { fail } from '../base/errors.ts'
import { SafetensorsFile, writeSafetensors } from '../formats/safetensors.ts'
import { compile, type Program } from './compile.ts'
import { gradients } from './gradient.ts'
import { Graph, type Tensor } from './graph.ts'
import { type LionOptions, lion } from './lion.ts'
import { add, mul } from './ops/arithmetic.ts'
import {
  type AdamWOptions,
  adamW,
  clipByGlobalNorm,
  globalNorm,
  movingAverage,
  type SgdOptions,
  type StepInputs,
  sgd,
  stepInputs,
} from './optimizers.ts'
import { type ParameterLayout, packGradients, unpackParameters } from './parameters.ts'
import { type ProdigyOptions, prodigy } from './prodigy.ts'
import {
  type Feeds,
  LocalSession,
  type OpenSession,
  type Provider,
  type Session,
  type SessionOptions,
} from './session.ts'

export interface TrainingOptions {
  /** Default AdamW with PyTorch's defaults. */
  optimizer?:
    | ({ name: 'adamw' } & AdamWOptions)
    | ({ name: 'sgd' } & SgdOptions)
    | ({ name: 'lion' } & LionOptions)
    | ({ name: 'prodigy' } & ProdigyOptions)
  /** Global-norm clipping; none by default. */
  maxGradNorm?: number
  /** Keep an exponential moving average of the parameters. Default false. */
  ema?: boolean
  /** Take a step after several runs, on the mean of their gradients. Default false. */
  accumulate?: boolean
  /** Compute again in the backward pass what costs no matrix product, instead of keeping it. Default false. */
  lean?: boolean
  /** See `CompileOptions`. Default false. */
  hideShapes?: boolean
  /** What it will run on. Default: the CPU. */
  provider?: Provider
}

/** Builds the loss from a graph and its parameters by name; called once. */
export type LossBuilder = (graph: Graph, parameters: ReadonlyMap<string, Tensor>) => Tensor

function advance(
  flat: Tensor,
  gradient: Tensor,
  inputs: StepInputs,
  optimizer: NonNullable<TrainingOptions['optimizer']>,
): Tensor {
  if (optimizer.name === 'sgd') return sgd(flat, gradient, inputs, optimizer)
  if (optimizer.name === 'lion') return lion(flat, gradient, inputs, optimizer)
  if (optimizer.name === 'prodigy') return prodigy(flat, gradient, inputs, optimizer)
  return adamW(flat, gradient, inputs, optimizer)
}

/** The ONNX program of one training step over `layout`'s parameters. */
export function trainingProgram(
  layout: ParameterLayout,
  build: LossBuilder,
  options: TrainingOptions = {},
): Program {
  const { optimizer = { name: 'adamw' }, maxGradNorm, ema = false, accumulate = false, lean } = options
  const graph = new Graph({ training: true, lean, provider: options.provider })
  const flat = graph.input('parameters', [layout.length])
  const parameters = unpackParameters(layout, flat)
  const loss = build(graph, parameters)
  const each = gradients(
    loss,
    layout.specs.map((spec) => parameters.get(spec.name)!),
  )
  const inputs: StepInputs = stepInputs(graph)
  let raw = packGradients(graph, each)
  if (accumulate) {
    inputs.when = graph.input('apply', [], 'bool')
    const sum = graph.input('gradient.sum', raw.shape)
    raw = add(sum, mul(raw, graph.input('share', [])))
    const [kept] = graph.node('Where', [inputs.when, graph.scalar(0), raw], [{ shape: raw.shape }])
    graph.state(sum, kept)
  }
  const { gradient: used, norm } =
    maxGradNorm === undefined ? { gradient: raw, norm: globalNorm(raw) } : clipByGlobalNorm(raw, maxGradNorm)
  const next = advance(flat, used, inputs, optimizer)
  if (ema) movingAverage(next, inputs.when)
  graph.output('loss', loss)
  graph.output('gradient_norm', norm)
  return compile(graph, { hideShapes: options.hideShapes })
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
  readonly #open: OpenSession
  readonly #options: SessionOptions
  #session: Session
  #step = 0

  private constructor(layout: ParameterLayout, session: Session, open: OpenSession, options: SessionOptions) {
    this.layout = layout
    this.#session = session
    this.#open = open
    this.#options = options
  }

  /**
   * Loads a training program and sets its parameters; moments start at zero, the moving average and what Prodigy
   * measures its way from at the parameters.
   */
  static async create(
    program: Program,
    layout: ParameterLayout,
    parameters: Float32Array,
    options: SessionOptions & { open?: OpenSession } = {},
  ): Promise<Trainer> {
    const { open = LocalSession.create, ...rest } = options
    const session = await open(program, rest)
    for (const name of ['parameters', 'ema', 'prodigy.p0'])
      if (program.states.some((state) => state.input === name)) await session.setState(name, parameters)
    return new Trainer(layout, session, open, rest)
  }

  /** Optimiser steps done. */
  get steps(): number {
    return this.#step
  }

  /**
   * One optimiser step. `emaDecay` (default 0.999) matters only with a moving average.
   *
   * @param feeds of the step's batch; of its parts, for a program made with `accumulate`: they must be of one size
   * @returns the loss, the mean over the parts
   */
  async step(
    feeds: Feeds | readonly Feeds[],
    options: { learningRate: number; emaDecay?: number },
  ): Promise<StepResult> {
    const parts: readonly Feeds[] = Array.isArray(feeds) ? feeds : [feeds as Feeds]
    const inputs = new Set(this.#session.program.inputs.map((input) => input.name))
    if (parts.length !== 1 && !inputs.has('apply'))
      fail('bad-input', `a step of ${parts.length} parts`, 'this program was made without accumulate')
    let total = 0
    let gradientNorm = 0
    for (const [i, part] of parts.entries()) {
      // SGD uses no step count and a run without a moving average no decay.
      const offered: Feeds = {
        learning_rate: Float32Array.of(options.learningRate),
        step: Float32Array.of(this.#step + 1),
        ema_decay: Float32Array.of(options.emaDecay ?? 0.999),
        share: Float32Array.of(1 / parts.length),
        apply: Uint8Array.of(i === parts.length - 1 ? 1 : 0),
      }
      const own = Object.fromEntries(Object.entries(offered).filter(([name]) => inputs.has(name)))
      const { loss, gradient_norm: norm } = await this.#session.run({ ...part, ...own })
      total += (loss as Float32Array)[0]
      gradientNorm = (norm as Float32Array)[0]
    }
    this.#step++
    return { loss: total / parts.length, gradientNorm }
  }

  /** Goes on with another program over the same parameters (another batch shape); only one is ever loaded. */
  async exchange(program: Program): Promise<void> {
    const state = await this.snapshot()
    await this.#session.release()
    this.#session = await this.#open(program, this.#options)
    await this.restore(state)
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
