// All trainable parameters as one flat float32 vector: an optimiser is then a dozen nodes whatever
// the model, and the state updates in place. A parameter is a slice of the vector.
import { fail } from '../base/errors.ts'
import { type Graph, type Shape, sizeOf, type Tensor } from './graph.ts'
import { concat, reshape, slice } from './ops/shape.ts'

/** Where a parameter lies in the flat vector. */
export interface ParameterSpec {
  readonly name: string
  readonly shape: Shape
  readonly offset: number
}

/** Collects parameters; the order of declaration is the order in the vector. */
export class ParameterLayout {
  readonly specs: ParameterSpec[] = []
  readonly #byName = new Map<string, ParameterSpec>()
  #length = 0

  /** Numbers in the vector. */
  get length(): number {
    return this.#length
  }

  /** Declares a parameter, or finds it; a second shape for one name is an error. */
  declare(name: string, shape: Shape): ParameterSpec {
    const known = this.#byName.get(name)
    if (known) {
      if (String(known.shape) !== String(shape))
        fail('mismatch', `parameter ${name} is [${known.shape}], not [${shape}]`)
      return known
    }
    const spec = { name, shape: [...shape], offset: this.#length }
    this.specs.push(spec)
    this.#byName.set(name, spec)
    this.#length += sizeOf(shape)
    return spec
  }

  get(name: string): ParameterSpec | undefined {
    return this.#byName.get(name)
  }

  /** Packs named arrays into a flat vector. */
  pack(values: (spec: ParameterSpec) => Float32Array): Float32Array {
    const flat = new Float32Array(this.#length)
    for (const spec of this.specs) {
      const value = values(spec)
      if (value.length !== sizeOf(spec.shape))
        fail('mismatch', `parameter ${spec.name} takes ${sizeOf(spec.shape)} numbers, got ${value.length}`)
      flat.set(value, spec.offset)
    }
    return flat
  }

  /** The part of a flat vector that is one parameter (a view). */
  view(flat: Float32Array, spec: ParameterSpec): Float32Array {
    return flat.subarray(spec.offset, spec.offset + sizeOf(spec.shape))
  }
}

/** Cuts the flat input vector into parameter tensors. */
export function unpackParameters(layout: ParameterLayout, flat: Tensor): Map<string, Tensor> {
  return new Map(
    layout.specs.map((spec) => [
      spec.name,
      reshape(slice(flat, 0, spec.offset, spec.offset + sizeOf(spec.shape)), spec.shape),
    ]),
  )
}

/** Joins gradients, in the layout's order, into one flat vector. */
export function packGradients(graph: Graph, gradients: readonly Tensor[]): Tensor {
  if (gradients.length === 0) fail('bad-input', 'there is nothing to train')
  return graph.withTape(() =>
    concat(
      gradients.map((gradient) => reshape(gradient, [sizeOf(gradient.shape)])),
      0,
    ),
  ).value
}
