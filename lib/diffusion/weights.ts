// Where a model's weights come from: a checkpoint file (frozen), a flat trainable vector, or
// nowhere yet (when only the names and shapes are wanted). Fusing a LoRA changes the frozen ones.
import { fail } from '../base/errors.ts'
import { type SafetensorsEntry, SafetensorsFile } from '../formats/safetensors.ts'
import { cast, type Graph, type ParameterLayout, type Shape, type Tensor, widened } from '../runtime/index.ts'
import type { Weights } from './builder.ts'

/** How frozen weights are kept in memory. Computed is in float32 with both. */
export const weightDtypes = ['float32', 'float16'] as const
export type WeightDtype = (typeof weightDtypes)[number]

/** Where a model's weights lie: in one safetensors file, or in parts. A SafetensorsHeader is one. */
export interface WeightsHeader {
  /** The file, or the index of the parts; for messages, and to open where there are no parts. */
  path: string
  /** `path` names the part that a weight is in. */
  tensors: ReadonlyMap<string, SafetensorsEntry & { path?: string }>
  /** 'float16': half-precision weights are widened anew at each use. Default: once, when a session is made. */
  dtype?: WeightDtype
}

const partOf = (header: WeightsHeader, name: string): string => header.tensors.get(name)?.path ?? header.path

/** Reads weights by name as float32; a part's own header is read when the first of its weights is. */
export function weightReader(header: WeightsHeader): (name: string) => Promise<Float32Array> {
  const parts = new Map<string, Promise<SafetensorsFile>>()
  return async (name) => {
    const path = partOf(header, name)
    const part = parts.get(path) ?? SafetensorsFile.open(path)
    parts.set(path, part)
    return (await part).floats(name)
  }
}

const dtypes = { F32: 'float32', F16: 'float16' } as const

export interface CheckpointOptions {
  /** Float32 values that stand in for the file's, by name: fused weights. */
  replaced?: ReadonlyMap<string, Float32Array>
  /** Distinguishes the constants of several checkpoints in one graph, e.g. `unet`. */
  scope: string
}

/**
 * Frozen weights that stay in their safetensors file; half precision is widened in the graph. Fused weights are
 * float32 whatever the others are: rounding them could lose what a LoRA adds.
 *
 * @throws SelmaError `mismatch` when a weight is missing, or has another shape than the config says
 */
export function checkpointWeights(graph: Graph, header: WeightsHeader, options: CheckpointOptions): Weights {
  const { replaced, scope } = options
  const made = new Map<string, Tensor>()
  const widen = header.dtype === 'float16' ? widened : (stored: Tensor) => cast(stored, 'float32')
  return {
    has: (name) => header.tensors.has(name),
    get(name, shape) {
      const known = made.get(name)
      if (known) return known
      const entry = header.tensors.get(name)
      if (!entry)
        fail('mismatch', `${header.path} has no weight ${name}`, 'its config.json describes another model')
      if (String(entry.shape) !== String(shape)) {
        fail(
          'mismatch',
          `${header.path}: ${name} has the shape [${entry.shape}], the config asks for [${shape}]`,
        )
      }
      const dtype = dtypes[entry.dtype as keyof typeof dtypes]
      if (!dtype)
        fail(
          'unsupported',
          `${header.path}: ${name} is stored as ${entry.dtype}`,
          `stored as ${Object.keys(dtypes).join(' or ')} it can be used`,
        )
      const values = replaced?.get(name)
      const tensor = values
        ? graph.floats(values, shape, `${scope}.${name}`)
        : widen(
            graph.constant(`${scope}.${name}`, shape, dtype, {
              path: partOf(header, name),
              offset: entry.offset,
              length: entry.length,
            }),
          )
      made.set(name, tensor)
      return tensor
    },
  }
}

/** Weights that are slices of a flat trainable vector, by `prefix + name`. */
export function parameterWeights(parameters: ReadonlyMap<string, Tensor>, prefix = ''): Weights {
  return {
    has: (name) => parameters.has(prefix + name),
    get(name, shape) {
      const tensor =
        parameters.get(prefix + name) ?? fail('mismatch', `there is no parameter ${prefix}${name}`)
      if (String(tensor.shape) !== String(shape))
        fail('mismatch', `parameter ${prefix}${name} is [${tensor.shape}], not [${shape}]`)
      return tensor
    },
  }
}

/** Declares every weight that a model asks for; build the model once on a scratch graph with it. */
export function declaringWeights(graph: Graph, layout: ParameterLayout, prefix = ''): Weights {
  const made = new Map<string, Tensor>()
  return {
    has: () => true,
    get(name: string, shape: Shape) {
      layout.declare(prefix + name, shape)
      const tensor = made.get(name) ?? graph.input(prefix + name, shape)
      made.set(name, tensor)
      return tensor
    },
  }
}
