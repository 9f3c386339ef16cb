// The graph of LoRA training on a frozen UNet, and frozen text encoders where they are trained, too: trainable factors
// in one flat vector, and beside the step a program that only measures the loss. Source: SELMA, section 3.3;
// diffusers' train_text_to_image_lora.py.
import { Builder, type LoraTarget } from '../diffusion/builder.ts'
import type { Checkpoint } from '../diffusion/checkpoint.ts'
import { collectTargets, declareFactors, trainableLora } from '../diffusion/lora-layers.ts'
import { type UNetInputs, unet } from '../diffusion/unet.ts'
import { checkpointWeights } from '../diffusion/weights.ts'
import { matchesPattern } from '../formats/peft-config.ts'
import {
  compile,
  Graph,
  ParameterLayout,
  type Program,
  type Provider,
  type Tensor,
  type TrainingOptions,
  trainingProgram,
  unpackParameters,
} from '../runtime/index.ts'
import { memoryPlan } from './memory.ts'
import type { ResolvedTrainOptions } from './options.ts'
import { componentOf, isRead, type TrainedComponent, textEncoders, trainedText } from './trained-text.ts'
import { diffusionLoss } from './training-loss.ts'

/** What a training graph is fed: shapes of one batch. */
export interface BatchShape {
  batch: number
  /** [channels, height, width] of the latents. */
  latent: readonly [number, number, number]
  /** Text states [tokens, width]. */
  text: readonly [number, number]
  /** Width of the pooled text, of Stable Diffusion XL. */
  pooled?: number
}

/** A layer that is trained. */
export interface TrainedLayer extends LoraTarget {
  component: TrainedComponent
  rank: number
  /** What B A is multiplied by. */
  scale: number
}

export interface LoraGraph {
  layout: ParameterLayout
  layers: TrainedLayer[]
}

/** Options that decide which numbers there are. */
export type LoraOptions = Pick<
  ResolvedTrainOptions,
  | 'rank'
  | 'alpha'
  | 'targets'
  | 'rankPattern'
  | 'alphaPattern'
  | 'useRslora'
  | 'useDora'
  | 'trainTextEncoder'
  | 'textEncoderTargets'
>

/** The text encoders' layers that are trained by default, as in diffusers' scripts. */
export const textEncoderProjections = ['q_proj', 'k_proj', 'v_proj', 'out_proj'] as const

/** Names of a component's factors in the layout open with this. */
export const prefixOf = (component: TrainedLayer['component']): string =>
  component === 'unet' ? '' : `${component}.`

interface Loss {
  checkpoint: Checkpoint
  shape: BatchShape
  lora: LoraGraph
  options: ResolvedTrainOptions
  /** Drop numbers, recompute: what only the training step does. */
  training: boolean
}

function loss(graph: Graph, parameters: ReadonlyMap<string, Tensor>, given: Loss): Tensor {
  const { checkpoint, shape, lora, options, training } = given
  const { batch, latent, text } = shape
  const { loraDropout = 0, trainTextEncoder = false } = options
  const { checkpointing, inputGradient } = memoryPlan(checkpoint, options)
  const sample = graph.input('sample', [batch, ...latent])
  const target = graph.input('target', [batch, ...latent])
  const timesteps = graph.input('timesteps', [batch])
  const dropout =
    training && loraDropout > 0
      ? {
          share: loraDropout,
          seed: graph.input('dropout_seed', [], 'int64'),
          streams: new Map<string, number>(),
        }
      : undefined
  const branch = (component: TrainedLayer['component']) => {
    const scales = new Map(
      lora.layers
        .filter((layer) => layer.component === component)
        .map(({ module, scale }) => [module, scale]),
    )
    return trainableLora(parameters, (module) => scales.get(module)!, {
      prefix: prefixOf(component),
      dropout,
    })
  }
  const builder = (component: TrainedComponent): Builder => {
    const { weights } = componentOf(checkpoint, component)
    return new Builder(graph, checkpointWeights(graph, weights, { scope: component }), {
      lora: branch(component),
      inputGradient,
    })
  }
  const told = trainTextEncoder
    ? trainedText(graph, checkpoint, { batch, tokens: text[0] }, builder)
    : { states: graph.input('text', [batch, ...text]), pooled: pooledInput(graph, batch, shape.pooled) }
  const prediction = unet(
    builder('unet'),
    checkpoint.unet.config,
    { sample, timesteps, text: told.states, added: addedInputs(graph, batch, told.pooled) },
    { checkpointing: training && checkpointing },
  )
  return diffusionLoss(prediction, target, options)
}

const pooledInput = (graph: Graph, batch: number, width: number | undefined): Tensor | undefined =>
  width === undefined ? undefined : graph.input('pooled', [batch, width])

/** What Stable Diffusion XL is told beside timestep and text. */
function addedInputs(graph: Graph, batch: number, pooled: Tensor | undefined): UNetInputs['added'] {
  return pooled && { pooled, sizes: graph.input('sizes', [batch, 6]) }
}

/** A pattern's value for a module, PEFT's way. */
function byPattern<T>(patterns: Record<string, T> | undefined, module: string): T | undefined {
  const found = Object.entries(patterns ?? {}).find(([key]) =>
    matchesPattern(key, module, 'the training options'),
  )
  return found?.[1]
}

/**
 * Finds the layers that the options name and lays out their factors.
 *
 * @throws SelmaError `bad-input` listing the layers when none is named
 */
export function loraGraph(checkpoint: Checkpoint, shape: BatchShape, options: LoraOptions): LoraGraph {
  const graph = new Graph()
  const { latent, text } = shape
  const { trainTextEncoder = false, textEncoderTargets = [...textEncoderProjections] } = options
  const layout = new ParameterLayout()
  const layers: TrainedLayer[] = []
  const add = (component: TrainedLayer['component'], targets: readonly LoraTarget[]): void => {
    for (const target of targets) {
      const rank = byPattern(options.rankPattern, target.module) ?? options.rank
      const alpha = byPattern(options.alphaPattern, target.module) ?? options.alpha ?? rank
      const scale = alpha / (options.useRslora ? Math.sqrt(rank) : rank)
      const layer = { ...target, component, rank, scale }
      declareFactors(layout, [layer], rank, { dora: options.useDora, prefix: prefixOf(component) })
      layers.push(layer)
    }
  }
  const collector = collectTargets(options.targets)
  const weights = checkpointWeights(graph, checkpoint.unet.weights, { scope: 'unet' })
  unet(new Builder(graph, weights, { lora: collector }), checkpoint.unet.config, {
    sample: graph.input('sample', [1, ...latent]),
    timesteps: graph.input('timesteps', [1]),
    text: graph.input('text', [1, ...text]),
    added: addedInputs(graph, 1, pooledInput(graph, 1, shape.pooled)),
  })
  add('unet', collector.check())
  if (trainTextEncoder) {
    const found = textEncoders(checkpoint).map(([name]) => ({
      name,
      targets: collectTargets(textEncoderTargets),
    }))
    trainedText(graph, checkpoint, { batch: 1, tokens: text[0] }, (name) => {
      const source = checkpointWeights(graph, componentOf(checkpoint, name).weights, { scope: name })
      return new Builder(graph, source, { lora: found.find((part) => part.name === name)!.targets })
    })
    // One of two may have none; both is a mistake.
    if (found.every(({ targets }) => targets.found.length === 0)) found[0].targets.check()
    for (const { name, targets } of found)
      add(
        name,
        targets.found.filter(({ module }) => isRead(checkpoint, name, module)),
      )
  }
  return { layout, layers }
}

/** The optimiser that the options describe. */
export function optimizerOf(options: ResolvedTrainOptions): TrainingOptions['optimizer'] {
  const { optimizer = 'adamw', betas, eps, weightDecay } = options
  if (optimizer === 'lion') return { name: 'lion', betas, weightDecay }
  if (optimizer === 'adamw') return { name: 'adamw', betas, eps, weightDecay }
  return {
    name: 'prodigy',
    betas,
    eps,
    weightDecay,
    beta3: options.prodigyBeta3,
    decouple: options.prodigyDecouple,
    useBiasCorrection: options.prodigyUseBiasCorrection,
    safeguardWarmup: options.prodigySafeguardWarmup,
    d0: options.prodigyD0,
    dCoef: options.prodigyDCoef,
  }
}

/**
 * The program of one LoRA step, or of a part of one where gradients are accumulated.
 *
 * @param provider what it will run on; default the CPU
 */
export function loraTrainingProgram(
  checkpoint: Checkpoint,
  shape: BatchShape,
  lora: LoraGraph,
  options: ResolvedTrainOptions,
  provider?: Provider,
): Program {
  const { maxGradNorm, useEma = false, gradientAccumulationSteps = 1 } = options
  const given = { checkpoint, shape, lora, options, training: true }
  const { lean, hideShapes } = memoryPlan(checkpoint, options)
  return trainingProgram(lora.layout, (graph, parameters) => loss(graph, parameters, given), {
    optimizer: optimizerOf(options),
    maxGradNorm,
    ema: useEma,
    accumulate: gradientAccumulationSteps > 1,
    lean,
    // What computes shapes is the CPU's: elsewhere they would travel.
    hideShapes: hideShapes && (provider ?? 'cpu') === 'cpu',
    provider,
  })
}

/** The loss alone, with the factors as a variable named `parameters`. */
export function loraLossProgram(
  checkpoint: Checkpoint,
  shape: BatchShape,
  lora: LoraGraph,
  options: ResolvedTrainOptions,
  provider?: Provider,
): Program {
  const graph = new Graph({ provider })
  const parameters = unpackParameters(lora.layout, graph.variable('parameters', [lora.layout.length]))
  graph.output('loss', loss(graph, parameters, { checkpoint, shape, lora, options, training: false }))
  return compile(graph)
}
