// One run of one cell: who its outputs go to, its abort signal, and what it still has to wait for.
// Which cell a line of code belongs to follows asynchronous calls (AsyncLocalStorage), so that a timer
// that fires after its cell has ended still prints under it.
import { AsyncLocalStorage } from 'node:async_hooks'
import type { DisplayTarget } from './display/globals.ts'
import type { CellRef, MimeBundle, Output, OutputListener } from './outputs.ts'

export class Cell implements CellRef, DisplayTarget {
  readonly id: string
  readonly executionCount: number
  readonly #listener: OutputListener
  readonly #controller = new AbortController()
  readonly #held = new Set<Promise<void>>()

  constructor(id: string, executionCount: number, listener: OutputListener) {
    this.id = id
    this.executionCount = executionCount
    this.#listener = listener
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  abort(): void {
    this.#controller.abort()
  }

  emit(output: Output): void {
    this.#listener(output, this)
  }

  stream(name: 'stdout' | 'stderr', text: string): void {
    if (text) this.emit({ output_type: 'stream', name, text })
  }

  send(
    kind: 'display_data' | 'update_display_data',
    id: string,
    data: MimeBundle,
    metadata: Record<string, unknown>,
  ): void {
    this.emit({ output_type: kind, data, metadata, transient: { display_id: id } })
  }

  clear(wait: boolean): void {
    this.emit({ output_type: 'clear_output', wait })
  }

  hold(work: Promise<void>): void {
    this.#held.add(work)
    void work.finally(() => this.#held.delete(work))
  }

  /** Resolves when no representation is still being made. */
  async settled(): Promise<void> {
    while (this.#held.size > 0) await Promise.all(this.#held)
  }
}

const storage = new AsyncLocalStorage<Cell>()
let latest: Cell | undefined

/** Runs `work` as part of a cell. */
export function within<T>(cell: Cell, work: () => T): T {
  latest = cell
  return storage.run(cell, work)
}

/** The cell that the code running now belongs to; the latest one for code whose origin is unknown. */
export function currentCell(): Cell | undefined {
  return storage.getStore() ?? latest
}

/** Forgets a session's cells. */
export function forgetLatest(): void {
  latest = undefined
}
