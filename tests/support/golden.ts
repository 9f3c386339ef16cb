// Reading the golden vectors, and the project's measure of how far two tensors are apart.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { type ReadTensor, readSafetensorsSync } from '../../lib/formats/safetensors.ts'

/** The path of something below tests/golden/data. */
export const goldenPath = (...parts: string[]): string =>
  join(fileURLToPath(new URL('../golden/data', import.meta.url)), ...parts)

/** A golden JSON file. */
export const goldenJson = <T>(name: string): T =>
  JSON.parse(readFileSync(goldenPath(`${name}.json`), 'utf8')) as T

/** The tensors of a golden safetensors file. */
export class Golden {
  readonly #tensors: Map<string, ReadTensor>

  constructor(name: string) {
    this.#tensors = readSafetensorsSync(goldenPath(`${name}.safetensors`))
  }

  names(prefix = ''): string[] {
    return [...this.#tensors.keys()].filter((name) => name.startsWith(prefix))
  }

  has(name: string): boolean {
    return this.#tensors.has(name)
  }

  #get(name: string): ReadTensor {
    const found = this.#tensors.get(name)
    if (!found) throw new Error(`no golden tensor ${name}; there are ${this.names().join(', ')}`)
    return found
  }

  shape(name: string): number[] {
    return this.#get(name).shape
  }

  /** Numbers as they are stored, float64 included. */
  numbers(name: string): number[] {
    return Array.from(this.#get(name).data as ArrayLike<number | bigint>, Number)
  }

  floats(name: string): Float32Array {
    return Float32Array.from(this.numbers(name))
  }

  ids(name: string): BigInt64Array {
    return this.#get(name).data as BigInt64Array
  }
}

/** ‖a − b‖ / ‖b‖, or the absolute difference where ‖b‖ < 1e-6; infinite where lengths differ or a number is not finite. */
export function relativeError(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Number.POSITIVE_INFINITY
  let difference = 0
  let norm = 0
  for (let i = 0; i < a.length; i++) {
    difference += (a[i] - b[i]) ** 2
    norm += b[i] ** 2
  }
  const error = norm < 1e-12 ? Math.sqrt(difference) : Math.sqrt(difference / norm)
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error
}

/** Checks named tensors against golden ones; absolute 1e-6 where the golden one is smaller than that. */
export function expectClose(
  actual: Readonly<Record<string, ArrayLike<number>>>,
  expected: (name: string) => ArrayLike<number>,
  limit: number,
): void {
  expect(Object.keys(actual)).not.toEqual([])
  const far: string[] = []
  for (const [name, values] of Object.entries(actual)) {
    const reference = expected(name)
    const tiny = relativeError(reference, new Float64Array(reference.length)) < 1e-6
    const error = relativeError(values, reference)
    if (!(error <= (tiny ? Math.min(limit, 1e-6) : limit))) far.push(`${name}: ${error.toExponential(2)}`)
  }
  expect(far).toEqual([])
}
