// A tensor-expression graph that becomes an ONNX model. Shapes are static and inferred as the graph
// is built; beside the ONNX nodes it keeps a tape from which `gradient.ts` derives the backward
// pass. Not an executor: `session.ts` runs what `compile.ts` makes of it.
import { fail } from '../base/errors.ts'
import type { OnnxAttribute, OnnxType } from '../formats/onnx.ts'
import type { Provider } from './session.ts'

/** Element types that graphs compute with. */
export type Dtype = Extract<OnnxType, 'float32' | 'float16' | 'int64' | 'int32' | 'bool'>
export type Shape = readonly number[]

/** A value in a graph: a name, a static shape and a dtype. It holds no numbers. */
export interface Tensor {
  readonly graph: Graph
  readonly name: string
  readonly shape: Shape
  readonly dtype: Dtype
}

/**
 * Maps gradients of an entry's outputs to gradients of its inputs.
 * `needs[i]` is false where the gradient of input i is not wanted; such slots may stay undefined.
 */
export type Vjp = (
  gradients: readonly (Tensor | undefined)[],
  needs: readonly boolean[],
) => (Tensor | undefined)[]

/** One differentiable step: an ONNX node, or a composite with a backward pass of its own. */
export interface TapeEntry {
  readonly inputs: readonly Tensor[]
  readonly outputs: readonly Tensor[]
  readonly vjp: Vjp
}

/** An ONNX node between tensors. */
export interface GraphNode {
  /** An operator of ONNX, or of another domain by its full name: `com.microsoft.MultiHeadAttention`. */
  readonly op: string
  readonly inputs: readonly (Tensor | undefined)[]
  readonly outputs: readonly Tensor[]
  readonly attributes: Readonly<Record<string, OnnxAttribute>>
}

/** Where a constant's bytes are: in memory, or at a place in a file (a safetensors file, say). */
export type ConstantData = Uint8Array | { path: string; offset: number; length: number }

/** A float32 value kept between runs: read as `input` and, where there is one, replaced by `output` at the end of a run. */
export interface StatePair {
  readonly input: Tensor
  readonly output?: Tensor
}

const bytesPerElement: Record<string, number> = { float32: 4, float16: 2, int64: 8, int32: 4, bool: 1 }

export const sizeOf = (shape: Shape): number => shape.reduce((product, size) => product * size, 1)

export class Graph {
  /** Whether a backward pass will be asked for: operators then keep what their gradient needs. */
  readonly training: boolean
  /** Keep less for the backward pass: what costs no matrix product is computed again there. */
  readonly lean: boolean
  /**
   * Whether it may have ONNX Runtime's own attention. Not for WebGPU, whose attention of 64 tokens and more was wrong by
   * a tenth on a software driver (docs/gpu.md).
   */
  readonly fused: boolean
  /** While something is computed again: a zero that waits for the upstream gradient, for its first operator to add. */
  gate: Tensor | undefined
  readonly nodes: GraphNode[] = []
  readonly inputs: Tensor[] = []
  readonly outputs: Tensor[] = []
  readonly states: StatePair[] = []
  readonly constants = new Map<string, { tensor: Tensor; data: ConstantData }>()
  /** Results of `widened`: constants that stay narrow, as float32. */
  readonly narrow = new Set<Tensor>()
  tape: TapeEntry[] = []
  readonly #names = new Set<string>()
  readonly #scalars = new Map<string, Tensor>()
  #counter = 0

  /** @param options.provider what it will run on; default the CPU */
  constructor(options: { training?: boolean; lean?: boolean; provider?: Provider } = {}) {
    this.training = options.training ?? false
    this.lean = options.lean ?? false
    this.fused = options.provider !== 'webgpu'
  }

  #tensor(name: string, shape: Shape, dtype: Dtype): Tensor {
    for (const size of shape) {
      if (!Number.isSafeInteger(size) || size < 0)
        fail('mismatch', `tensor ${name} would have the shape [${shape}]`)
    }
    if (this.#names.has(name)) fail('bad-input', `a tensor named ${name} exists already in this graph`)
    this.#names.add(name)
    return { graph: this, name, shape: [...shape], dtype }
  }

  /** A value fed at every run. */
  input(name: string, shape: Shape, dtype: Dtype = 'float32'): Tensor {
    const tensor = this.#tensor(name, shape, dtype)
    this.inputs.push(tensor)
    return tensor
  }

  /** A value fetched at every run. */
  output(name: string, value: Tensor): Tensor {
    const [renamed] = this.node('Identity', [value], [{ shape: value.shape, dtype: value.dtype, name }])
    this.outputs.push(renamed)
    return renamed
  }

  /** Declares that `next` replaces the fed input `current` when a run ends; with `when` (bool), only if it is true. */
  state(current: Tensor, next: Tensor, when?: Tensor): void {
    if (String(current.shape) !== String(next.shape)) {
      fail(
        'mismatch',
        `state ${current.name} has the shape [${current.shape}] and its next value [${next.shape}]`,
      )
    }
    const taken = when ? this.node('Where', [when, next, current], [{ shape: current.shape }])[0] : next
    this.states.push({ input: current, output: this.output(`${current.name}.next`, taken) })
  }

  /** A constant by name; asked for again, the same tensor. `data` is little-endian and row-major. */
  constant(name: string, shape: Shape, dtype: Dtype, data: ConstantData): Tensor {
    const known = this.constants.get(name)
    if (known) return known.tensor
    const expected = sizeOf(shape) * bytesPerElement[dtype]
    if (data.length !== expected) {
      fail(
        'mismatch',
        `constant ${name} has ${data.length} bytes, its shape [${shape}] as ${dtype} takes ${expected}`,
      )
    }
    const tensor = this.#tensor(name, shape, dtype)
    this.constants.set(name, { tensor, data })
    return tensor
  }

  /** A float32 constant from numbers. */
  floats(values: ArrayLike<number>, shape: Shape = [values.length], name = this.fresh('floats')): Tensor {
    return this.constant(name, shape, 'float32', new Uint8Array(Float32Array.from(values).buffer))
  }

  /** An int64 constant, as ONNX wants its axes, shapes and indices. Equal ones are shared. */
  ints(values: readonly number[], shape: Shape = [values.length]): Tensor {
    const key = `ints:${values}:${shape}`
    return (
      this.constants.get(key)?.tensor ??
      this.constant(key, shape, 'int64', new Uint8Array(BigInt64Array.from(values, BigInt).buffer))
    )
  }

  /** A float32 scalar. Equal ones are shared. */
  scalar(value: number): Tensor {
    const key = `scalar:${value}`
    const known = this.#scalars.get(key) ?? this.floats([value], [], key)
    this.#scalars.set(key, known)
    return known
  }

  fresh(hint: string): string {
    return `${hint}_${this.#counter++}`
  }

  /** A float32 value that the session keeps and callers set now and then: live LoRA factors, say. */
  variable(name: string, shape: Shape): Tensor {
    const tensor = this.input(name, shape)
    this.states.push({ input: tensor })
    return tensor
  }

  /** Adds an ONNX node and returns its outputs. No gradient: see `record`. */
  node(
    op: string,
    inputs: readonly (Tensor | undefined)[],
    outputs: readonly { shape: Shape; dtype?: Dtype; name?: string }[],
    attributes: Record<string, OnnxAttribute> = {},
  ): Tensor[] {
    const made = outputs.map((out) =>
      this.#tensor(out.name ?? this.fresh(op), out.shape, out.dtype ?? 'float32'),
    )
    for (const input of inputs) {
      if (input && input.graph !== this)
        fail('bad-input', `${op}: the input ${input.name} belongs to another graph`)
    }
    this.nodes.push({ op, inputs: [...inputs], outputs: made, attributes })
    return made
  }

  /** Records how gradients pass through a step. */
  record(inputs: readonly Tensor[], outputs: readonly Tensor[], vjp: Vjp): void {
    if (this.training) this.tape.push({ inputs, outputs, vjp })
  }

  /** Runs `build` with a tape of its own and returns what it recorded. */
  withTape<T>(build: () => T): { value: T; entries: TapeEntry[] } {
    const outer = this.tape
    this.tape = []
    try {
      const value = build()
      return { value, entries: this.tape }
    } finally {
      this.tape = outer
    }
  }
}
