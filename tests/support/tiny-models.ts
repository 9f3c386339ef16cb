// The golden tiny checkpoints as graphs: frozen from their files, or with all weights trainable.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { Builder, type LoraBranch, type Weights } from '../../lib/diffusion/builder.ts'
import { clipTextConfig, parseConfig, unetConfig, vaeConfig } from '../../lib/diffusion/config.ts'
import { checkpointWeights, declaringWeights, parameterWeights } from '../../lib/diffusion/weights.ts'
import { readSafetensorsHeaderSync, readSafetensorsSync } from '../../lib/formats/safetensors.ts'
import {
  compile,
  Graph,
  gradients,
  ParameterLayout,
  type Program,
  type Tensor,
  unpackParameters,
} from '../../lib/runtime/index.ts'
import { goldenPath } from './golden.ts'

/** A model folder's weights file. */
export function weightsPath(folder: string): string {
  const names = ['diffusion_pytorch_model.safetensors', 'model.safetensors']
  return names.map((name) => goldenPath(folder, name)).find((path) => existsSync(path))!
}

function config<T extends z.ZodType>(schema: T, folder: string): z.infer<T> {
  const path = join(goldenPath(folder), 'config.json')
  return parseConfig(schema, JSON.parse(readFileSync(path, 'utf8')), path)
}

export const tinyUNet = config(unetConfig, 'tiny-sd/unet')
export const tinyLinearUNet = config(unetConfig, 'tiny-unet-linear')
export const tinyVae = config(vaeConfig, 'tiny-sd/vae')
export const tinyText = config(clipTextConfig, 'tiny-sd/text_encoder')
export const tinyGeluText = config(clipTextConfig, 'tiny-clip-gelu')

/** A builder over a checkpoint that stays in its file. */
export const frozen = (
  graph: Graph,
  folder: string,
  options: {
    lora?: LoraBranch
    inputGradient?: 'flip' | 'transpose'
    replaced?: Map<string, Float32Array>
  } = {},
): Builder =>
  new Builder(
    graph,
    checkpointWeights(graph, readSafetensorsHeaderSync(weightsPath(folder)), {
      scope: folder,
      replaced: options.replaced,
    }),
    options,
  )

/** Everything that `build` asks for by prefix, in one flat vector. */
export interface FullTraining {
  layout: ParameterLayout
  flat: Float32Array
  /** Outputs of `build`, and `gradient` [layout.length]'s parts as `gradient.<name>`. */
  program: Program
}

type Build = (graph: Graph, weights: (prefix: string) => Weights) => { loss: Tensor } & Record<string, Tensor>

/**
 * The gradients of a loss to every weight that it uses.
 *
 * @param folders the checkpoint of every prefix
 * @param inputs graph inputs whose gradients are wanted, too
 */
export function fullTraining(
  folders: Record<string, string>,
  build: Build,
  inputs: readonly string[] = [],
): FullTraining {
  const layout = new ParameterLayout()
  const scratch = new Graph()
  const declared = Object.fromEntries(
    Object.keys(folders).map((prefix) => [prefix, declaringWeights(scratch, layout, prefix)]),
  )
  build(scratch, (prefix) => declared[prefix])
  const stored = new Map<string, Float32Array>()
  for (const [prefix, folder] of Object.entries(folders)) {
    for (const [name, { data }] of readSafetensorsSync(weightsPath(folder)))
      stored.set(prefix + name, data as Float32Array)
  }
  const graph = new Graph({ training: true })
  const parameters = unpackParameters(layout, graph.variable('parameters', [layout.length]))
  const outputs = build(graph, (prefix) => parameterWeights(parameters, prefix))
  const wanted = [
    ...layout.specs.map((spec) => ({ name: spec.name, tensor: parameters.get(spec.name)! })),
    ...inputs.map((name) => ({ name, tensor: graph.inputs.find((input) => input.name === name)! })),
  ]
  const back = gradients(
    outputs.loss,
    wanted.map(({ tensor }) => tensor),
  )
  for (const [name, value] of Object.entries(outputs)) graph.output(`out.${name}`, value)
  wanted.forEach(({ name }, i) => {
    graph.output(`gradient.${name}`, back[i])
  })
  return { layout, flat: layout.pack(({ name }) => stored.get(name)!), program: compile(graph) }
}
