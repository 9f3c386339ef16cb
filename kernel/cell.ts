// One run of one cell: who its outputs go to, its abort signal, and what it still has to wait for.
// Which cell a line of code belongs to follows asynchronous calls (AsyncLocalStorage), so that a timer
// that fires after its cell has ended still prints under it.
import { AsyncLocalStorage } from 'node:async_hooks'
import { setMaxListeners } from 'node:events'
import type { DisplayTarget } from './display/globals.ts'
import type { CellRef, MimeBundle, Output, OutputListener } from './outputs.ts'

/** Asks the person at the notebook; rejects when the signal aborts. */
export type InputAsker = (prompt: string, password: boolean, signal: AbortSignal) => Promise<string>

/** Thrown by `input()` where nobody can be asked. The name is Jupyter's. */
class StdinNotImplemented extends Error {
  override readonly name = 'StdinNotImplemented'
}

export interface CellOptions {
  onOutput?: OutputListener
  onInput?: InputAsker
  /** Told when something first wants to know of an interrupt. */
  onListen?: (cell: Cell) => void
}

export class Cell implements CellRef, DisplayTarget {
  readonly id: string
  readonly executionCount: number
  readonly #listener: OutputListener
  readonly #asker: InputAsker | undefined
  readonly #held = new Set<Promise<void>>()
  readonly #onListen: ((cell: Cell) => void) | undefined
  #controller: AbortController | undefined

  constructor(id: string, executionCount: number, options: CellOptions = {}) {
    const { onOutput = () => {}, onInput, onListen } = options
    this.id = id
    this.executionCount = executionCount
    this.#listener = onOutput
    this.#asker = onInput
    this.#onListen = onListen
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      // As many as a cell starts at once may wait for it: that is no leak, of which Node would warn from the eleventh on.
      setMaxListeners(0, this.#controller.signal)
      this.#onListen?.(this)
    }
    return this.#controller.signal
  }

  abort(): void {
    this.#controller ??= new AbortController()
    this.#controller.abort()
  }

  /** A line typed by the person at the notebook. */
  async ask(prompt: string, password: boolean): Promise<string> {
    if (this.#asker) return this.#asker(prompt, password, this.signal)
    throw new StdinNotImplemented('input() was called, but nobody can be asked here')
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

/** Runs `work` as part of a cell, which is the latest one from now on. */
export function within<T>(cell: Cell, work: () => T): T {
  latest = cell
  return storage.run(cell, work)
}

/** Runs `work` with a cell's outputs, for work that is not a cell's: code of unknown origin is not taken for it. */
export function beside<T>(cell: Cell, work: () => T): T {
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
