// Progress of something long: a bar in the page, one line of text where there is none. Drawn at most ten
// times a second; at its end only the line is left, so that a saved notebook stays small.
import { randomUUID } from 'node:crypto'
import { comms } from '../comms.ts'
import { DISPLAY } from '../display/formatters.ts'
import type { DisplayHandle } from '../display/globals.ts'
import { show } from './capture.ts'
import { FloatProgress, HBox, Label } from './generated.ts'

const INTERVAL_MS = 100

export interface ProgressOptions {
  /** What is being done. */
  description?: string
  /** How many steps there are; unknown by default. */
  total?: number
}

/** 4.2 s, 3 min 20 s, 2 h 5 min. */
function duration(seconds: number): string {
  if (seconds < 60) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
  const minutes = Math.round(seconds / 60)
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
  return `${Math.floor(seconds / 60)} min ${Math.floor(seconds % 60)} s`
}

const number = (value: number) => String(Number(value.toPrecision(3)))

export class ProgressBar {
  readonly description: string
  readonly total: number | undefined
  #value = 0
  #state: 'running' | 'done' | 'stopped' = 'running'
  readonly #started = performance.now()
  #drawn = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined
  readonly #handle: DisplayHandle
  readonly #bar: FloatProgress | undefined
  readonly #label: Label | undefined
  readonly #box: HBox | undefined

  /** Shows it at once, in the running cell. */
  constructor({ description = '', total }: ProgressOptions = {}) {
    this.description = description
    this.total = total !== undefined && Number.isFinite(total) && total >= 0 ? total : undefined
    if (comms.transport) {
      const max = this.total || 1
      this.#bar = new FloatProgress({ description, max, value: 0, bar_style: 'info' })
      this.#label = new Label({ value: this.#text() })
      this.#box = new HBox([this.#bar, this.#label])
    }
    this.#handle = show(this.#box ?? this.#line(), randomUUID())
    this.#drawn = performance.now()
  }

  get value(): number {
    return this.#value
  }

  /** How far it is now, in steps. */
  update(value: number): void {
    if (this.#state !== 'running' || !Number.isFinite(value)) return
    this.#value = value
    const wait = this.#drawn + INTERVAL_MS - performance.now()
    if (wait <= 0) this.#draw()
    else {
      this.#timer ??= setTimeout(() => this.#draw(), wait)
      this.#timer.unref()
    }
  }

  increment(steps = 1): void {
    this.update(this.#value + steps)
  }

  /** Says that it is done. */
  finish(): void {
    this.#end('done')
  }

  /** Says that it ended before its end; after `finish` it does nothing. */
  stop(): void {
    this.#end('stopped')
  }

  #end(state: 'done' | 'stopped'): void {
    if (this.#state !== 'running') return
    this.#state = state
    this.#draw()
    this.#handle.update(this.#line())
    for (const one of [this.#box, this.#bar, this.#label]) one?.close()
  }

  #draw(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#drawn = performance.now()
    if (this.#label && this.#bar) {
      this.#bar.value = this.total === undefined ? 1 : this.#value
      this.#label.value = this.#text()
    } else if (this.#state === 'running') this.#handle.update(this.#line())
  }

  #line() {
    const text = [this.description, this.#text()].filter(Boolean).join(': ')
    return { [DISPLAY]: () => ({ 'text/plain': text }) }
  }

  #text(): string {
    const seconds = (performance.now() - this.#started) / 1000
    const count =
      this.total === undefined ? number(this.#value) : `${number(this.#value)}/${number(this.total)}`
    if (this.#state === 'done') return `${count} in ${duration(seconds)}`
    if (this.#state === 'stopped') return `stopped at ${count} after ${duration(seconds)}`
    const rate = this.#value / seconds
    if (this.#value === 0 || seconds < 0.5) return count
    const left =
      this.total === undefined ? '' : `, ${duration(Math.max(0, this.total - this.#value) / rate)} left`
    return `${count}, ${number(rate)}/s${left}`
  }
}

/**
 * The items of an iterable, with a progress bar: `for await (const one of track(list, { description }))`.
 *
 * @param options.total default the length or size of the iterable, if it has one
 */
export async function* track<T>(
  iterable: Iterable<T> | AsyncIterable<T>,
  options: ProgressOptions = {},
): AsyncGenerator<Awaited<T>, void, undefined> {
  const { length, size } = iterable as { length?: unknown; size?: unknown }
  const total = options.total ?? [length, size].find((one) => typeof one === 'number')
  const bar = new ProgressBar({ ...options, total: total as number | undefined })
  try {
    for await (const item of iterable) {
      yield item as Awaited<T>
      bar.increment()
    }
    bar.finish()
  } finally {
    bar.stop()
  }
}
