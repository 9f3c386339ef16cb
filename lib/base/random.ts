// Seeded randomness: one root seed, and a named stream for every skill, prompt and step, so that
// work done in another order (or resumed) draws the same numbers. Not for secrets.
import { createHash } from 'node:crypto'
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'

/** A seed, as users give it: any safe integer. */
export type Seed = number

/** A deterministic random stream. Same seed and path, same numbers, on every machine. */
export class Random {
  readonly #path: string
  readonly #generator: RandomGenerator
  #spare: number | undefined

  constructor(seed: Seed | string) {
    this.#path = String(seed)
    const digest = createHash('sha256').update(this.#path).digest()
    this.#generator = xoroshiro128plusFromState(
      [0, 4, 8, 12].map((at) => digest.readInt32LE(at) | (at === 0 ? 1 : 0)),
    )
  }

  /** An independent stream named by `labels`, e.g. `root.derive('images', promptIndex)`. */
  derive(...labels: (string | number)[]): Random {
    return new Random([this.#path, ...labels.map((label) => encodeURIComponent(String(label)))].join('/'))
  }

  /** Uniform 32 bits as an unsigned integer. */
  bits(): number {
    return this.#generator.next() >>> 0
  }

  /** Uniform in [0, 1), 53 bits. */
  float(): number {
    return ((this.bits() >>> 5) * 67_108_864 + (this.bits() >>> 6)) / 9_007_199_254_740_992
  }

  /** Uniform integer in [low, high], both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.float() * (high - low + 1))
  }

  /** True with probability `p`. */
  chance(p: number): boolean {
    return this.float() < p
  }

  /** One item, uniformly. */
  pick<T>(items: readonly T[]): T {
    if (items.length === 0) throw new RangeError('pick from an empty list')
    return items[this.int(0, items.length - 1)]
  }

  /** A shuffled copy (Fisher–Yates). */
  shuffle<T>(items: readonly T[]): T[] {
    const out = [...items]
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.int(0, i)
      ;[out[i], out[j]] = [out[j], out[i]]
    }
    return out
  }

  /** `count` different items in random order (all of them when there are fewer). */
  sample<T>(items: readonly T[], count: number): T[] {
    return this.shuffle(items).slice(0, count)
  }

  /** Standard normal (Box–Muller). */
  normal(): number {
    if (this.#spare !== undefined) {
      const value = this.#spare
      this.#spare = undefined
      return value
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.float()))
    const angle = 2 * Math.PI * this.float()
    this.#spare = radius * Math.sin(angle)
    return radius * Math.cos(angle)
  }

  /** A float32 array of standard normals. */
  normals(length: number): Float32Array {
    const out = new Float32Array(length)
    for (let i = 0; i < length; i++) out[i] = this.normal()
    return out
  }
}
