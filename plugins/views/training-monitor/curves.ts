// The curves as the page holds them: typed arrays that grow, and what is drawn from them. No drawing here.
import type { Stretch } from '../../../lib/messages/views/training-monitor.ts'

/** Steps and values of one metric of one job. */
export class Curve {
  length = 0
  #steps = new Float64Array(256)
  #values = new Float64Array(256)

  get steps(): Float64Array {
    return this.#steps.subarray(0, this.length)
  }

  get values(): Float64Array {
    return this.#values.subarray(0, this.length)
  }

  /** Puts points at `from` and beyond, in place of what was there. @returns false when points before are missing */
  put(from: number, steps: Float64Array, values: Float64Array): boolean {
    if (from > this.length) return false
    const length = from + steps.length
    if (length > this.#steps.length) {
      const room = Math.max(length, 2 * this.#steps.length)
      for (const name of ['steps', 'values'] as const) {
        const larger = new Float64Array(room)
        larger.set(this[name].subarray(0, from))
        if (name === 'steps') this.#steps = larger
        else this.#values = larger
      }
    }
    this.#steps.set(steps, from)
    this.#values.set(values, from)
    this.length = length
    return true
  }
}

/** All curves, by job and metric. */
export class Curves {
  readonly #all = new Map<string, Curve>()

  get(job: number, metric: string): Curve | undefined {
    return this.#all.get(`${job} ${metric}`)
  }

  /** Metrics that any job has, the loss first, in the order of their coming. */
  metrics(): string[] {
    const names = new Set([...this.#all.keys()].map((key) => key.slice(key.indexOf(' ') + 1)))
    return [...names].sort((a, b) => Number(b === 'loss') - Number(a === 'loss'))
  }

  /** Takes a message's points. @returns false when some were missed and all must be asked for again */
  take(stretches: readonly Stretch[], buffers: readonly DataView[]): boolean {
    let whole = true
    for (const [at, { job, metric, from, count }] of stretches.entries()) {
      const [steps, values] = [buffers[2 * at], buffers[2 * at + 1]].map((view) => numbers(view, count))
      if (!steps || !values) return false
      const key = `${job} ${metric}`
      const curve = this.#all.get(key) ?? new Curve()
      this.#all.set(key, curve)
      whole = curve.put(from, steps, values) && whole
    }
    return whole
  }
}

/** Copied, because a view of a message's bytes may not be aligned. */
function numbers(view: DataView | undefined, count: number): Float64Array | undefined {
  if (view?.byteLength !== count * 8) return undefined
  return new Float64Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength))
}

/**
 * Exponential moving average without the bias towards its start, as the library's loss chart has it; gaps stay gaps.
 *
 * @param weight of the past, 0 (none) to below 1
 */
export function smooth(values: Float64Array, weight: number): Float64Array {
  if (weight <= 0) return values
  const result = new Float64Array(values.length)
  let sum = 0
  let mass = 0
  for (let at = 0; at < values.length; at++) {
    const value = values[at]
    if (Number.isFinite(value)) {
      sum = weight * sum + (1 - weight) * value
      mass = weight * mass + (1 - weight)
      result[at] = sum / mass
    } else result[at] = Number.NaN
  }
  return result
}

export interface Line {
  label: string
  steps: Float64Array
  values: Float64Array
  /** Which of the theme's colours. */
  colour: number
  kind: 'raw' | 'line' | 'points'
}

/** What one tab of the chart draws. */
export function linesOf(curves: Curves, names: readonly string[], metric: string, weight: number): Line[] {
  return names.flatMap((name, job): Line[] => {
    const curve = curves.get(job, metric)
    const label = names.length > 1 ? name : titleOf(metric)
    const found: Line[] = []
    if (curve && curve.length > 0) {
      const { steps, values } = curve
      const sparse = curve.length <= 60
      if (metric === 'loss' && weight > 0) {
        found.push({ label: `${label}, raw`, steps, values, colour: job, kind: 'raw' })
        found.push({
          label: `${label}, smoothed`,
          steps,
          values: smooth(values, weight),
          colour: job,
          kind: 'line',
        })
      } else
        found.push({
          label,
          steps,
          values,
          colour: job,
          kind: sparse && metric !== 'loss' ? 'points' : 'line',
        })
    }
    const held = metric === 'loss' ? curves.get(job, 'validationLoss') : undefined
    if (held && held.length > 0) {
      const { steps, values } = held
      found.push({ label: `${label}, validation`, steps, values, colour: job, kind: 'points' })
    }
    return found
  })
}

const titles: Record<string, string> = {
  loss: 'Loss',
  validationLoss: 'Validation loss',
  learningRate: 'Learning rate',
  gradientNorm: 'Gradient norm',
  stepsPerSecond: 'Steps/s',
  memory: 'Memory',
  dsg: 'DSG',
}

/** A metric's name for people. */
export const titleOf = (metric: string): string => titles[metric] ?? metric

/**
 * Lines over one common axis: all steps that any of them has, and for each line its values there, null elsewhere.
 */
export function aligned(
  lines: readonly Line[],
): [number[] | Float64Array, ...(Float64Array | (number | null)[])[]] {
  const [first] = lines
  if (!first) return [[]]
  const same = (a: Float64Array, b: Float64Array) =>
    a === b || (a.length === b.length && a.every((step, at) => step === b[at]))
  if (lines.every(({ steps }) => same(steps, first.steps)))
    return [first.steps, ...lines.map(({ values }) => gaps(values))]
  const distinct = [...new Set(lines.map(({ steps }) => steps))]
  const size = distinct.reduce((sum, steps) => sum + steps.length, 0)
  const merged = new Float64Array(size)
  let at = 0
  for (const steps of distinct) {
    merged.set(steps, at)
    at += steps.length
  }
  merged.sort()
  let length = 0
  for (const step of merged) if (length === 0 || merged[length - 1] !== step) merged[length++] = step
  const x = merged.subarray(0, length)
  const columns = lines.map(({ steps, values }) => {
    const column = new Array<number | null>(length).fill(null)
    let next = 0
    for (let place = 0; place < length && next < steps.length; place++) {
      if (x[place] !== steps[next]) continue
      const value = values[next++]
      column[place] = Number.isFinite(value) ? value : null
    }
    return column
  })
  return [x, ...columns]
}

/** uPlot knows null as a gap, and draws nothing of a line with NaN in it. */
function gaps(values: Float64Array): Float64Array | (number | null)[] {
  return values.every(Number.isFinite)
    ? values
    : Array.from(values, (value) => (Number.isFinite(value) ? value : null))
}
