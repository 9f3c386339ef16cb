// The graph of LoRA training on a frozen UNet: trainable factors in one flat vector, and beside the
// step a program that only measures the loss. Source: SELMA, section 3.3; diffusers'
// train_text_to_image_lora.py.
import type { Random } from '../base/random.ts'
import { Builder, type LoraTarget } from '../diffusion/builder.ts'
import type { Checkpoint } from '../diffusion/checkpoint.ts'
import { collectTargets, declareFactors, factorNames, trainableLora } from '../diffusion/lora-layers.ts'
import { unet } from '../diffusion/unet.ts'
import { checkpointWeights } from '../diffusion/weights.ts'
import type { Lora } from '../formats/lora.ts'
import {
  compile,
  Graph,
  mseLoss,
  ParameterLayout,
  type Program,
  type Tensor,
  trainingProgram,
  unpackParameters,
} from '../runtime/index.ts'
import type { ResolvedTrainOptions } from './options.ts'

/** What a training graph is fed: shapes of one batch. */
export interface BatchShape {
  batch: number
  /** [channels, height, width] of the latents. */
  latent: readonly [number, number, number]
  /** Text states [tokens, width]. */
  text: readonly [number, number]
}

export interface LoraGraph {
  layout: ParameterLayout
  targets: LoraTarget[]
  scale: number
}

function loss(
  graph: Graph,
  parameters: ReadonlyMap<string, Tensor>,
  checkpoint: Checkpoint,
  shape: BatchShape,
  scale: number,
): Tensor {
  const {
    batch,
    latent,
    text: [tokens, width],
  } = shape
  const sample = graph.input('sample', [batch, ...latent])
  const target = graph.input('target', [batch, ...latent])
  const timesteps = graph.input('timesteps', [batch])
  const text = graph.input('text', [batch, tokens, width])
  const weights = checkpointWeights(graph, checkpoint.unet.weights, { scope: 'unet' })
  const builder = new Builder(graph, weights, { lora: trainableLora(parameters, scale) })
  return mseLoss(unet(builder, checkpoint.unet.config, { sample, timesteps, text }), target)
}

/**
 * Finds the layers that `targets` name and lays out their factors.
 *
 * @throws SelmaError `bad-input` listing the layers when none is named
 */
export function loraGraph(
  checkpoint: Checkpoint,
  shape: BatchShape,
  options: Pick<ResolvedTrainOptions, 'rank' | 'alpha' | 'targets'>,
): LoraGraph {
  const graph = new Graph()
  const collector = collectTargets(options.targets)
  const { latent, text } = shape
  const weights = checkpointWeights(graph, checkpoint.unet.weights, { scope: 'unet' })
  unet(new Builder(graph, weights, { lora: collector }), checkpoint.unet.config, {
    sample: graph.input('sample', [1, ...latent]),
    timesteps: graph.input('timesteps', [1]),
    text: graph.input('text', [1, ...text]),
  })
  const targets = collector.check()
  const layout = new ParameterLayout()
  declareFactors(layout, targets, options.rank)
  return { layout, targets, scale: (options.alpha ?? options.rank) / options.rank }
}

/** The program of one LoRA step. */
export function loraTrainingProgram(
  checkpoint: Checkpoint,
  shape: BatchShape,
  { layout, scale }: LoraGraph,
  options: ResolvedTrainOptions,
): Program {
  const { betas, eps, weightDecay, maxGradNorm } = options
  return trainingProgram(layout, (graph, parameters) => loss(graph, parameters, checkpoint, shape, scale), {
    optimizer: { name: 'adamw', betas, eps, weightDecay },
    maxGradNorm,
  })
}

/** The loss alone, with the factors as a variable named `parameters`. */
export function loraLossProgram(
  checkpoint: Checkpoint,
  shape: BatchShape,
  { layout, scale }: LoraGraph,
): Program {
  const graph = new Graph()
  const parameters = unpackParameters(layout, graph.variable('parameters', [layout.length]))
  graph.output('loss', loss(graph, parameters, checkpoint, shape, scale))
  return compile(graph)
}

/** PEFT's "gaussian" start: A from N(0, 1/rank), B zero, so that the first step starts from the base. */
export function initialFactors(layout: ParameterLayout, rank: number, random: Random): Float32Array {
  return layout.pack(({ name, shape }) => {
    const length = shape[0] * shape[1]
    if (name.endsWith('lora_B.weight')) return new Float32Array(length)
    return random
      .derive(name)
      .normals(length)
      .map((value) => value / rank)
  })
}

/** The flat vector as a LoRA under diffusers' names. */
export function asLora(
  graph: LoraGraph,
  flat: Float32Array,
  rank: number,
  metadata: Record<string, string>,
): Lora {
  const { layout, targets, scale } = graph
  const layers = new Map(
    targets.map(({ module, inFeatures, outFeatures }) => {
      const [down, up] = factorNames(module).map((name) => layout.view(flat, layout.get(name)!).slice())
      const layer = {
        down: { shape: [rank, inFeatures], data: down },
        up: { shape: [outFeatures, rank], data: up },
        alpha: scale * rank,
      }
      return [`unet.${module}`, layer] as const
    }),
  )
  return { layers, metadata }
}
