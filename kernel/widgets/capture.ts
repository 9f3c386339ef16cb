// Running code so that what it prints and displays goes to a list of outputs instead of its cell.
import { beside, Cell, currentCell } from '../cell.ts'
import { format } from '../display/formatters.ts'
import { DisplayHandle } from '../display/globals.ts'
import type { NotebookOutput } from '../notebook.ts'
import { type DisplayIndex, OutputArea } from '../output-area.ts'
import type { MimeBundle, Output } from '../outputs.ts'

/** At most this often a list is handed on while outputs come, in ms; longer lists less often. */
const INTERVAL_MS = 100
const BYTES_PER_MS = 10_000

/** Stands in for the running cell in everything but its outputs. */
class InnerCell extends Cell {
  readonly #outer: Cell | undefined

  constructor(outer: Cell | undefined, onOutput: (output: Output) => void) {
    super(outer?.id ?? 'widget', outer?.executionCount ?? 0, { onOutput })
    this.#outer = outer
  }

  override get signal(): AbortSignal {
    return this.#outer?.signal ?? super.signal
  }

  override ask(prompt: string, password: boolean): Promise<string> {
    return this.#outer?.ask(prompt, password) ?? super.ask(prompt, password)
  }
}

/** A growing list of outputs, as an Output widget keeps them. */
export class Recorder {
  readonly #outputs: NotebookOutput[]
  readonly #displays: DisplayIndex = new Map()
  readonly #area: OutputArea
  readonly #publish: (outputs: Record<string, unknown>[]) => void
  #timer: NodeJS.Timeout | undefined
  #next = 0

  /** @param publish gets all outputs so far, now and then and at the end */
  constructor(publish: (outputs: Record<string, unknown>[]) => void, start: readonly unknown[] = []) {
    this.#publish = publish
    this.#outputs = structuredClone(start) as NotebookOutput[]
    this.#area = new OutputArea(this.#outputs, this.#displays)
  }

  apply(output: Output): void {
    this.#area.apply(output)
    if (this.#timer) return
    const wait = this.#next - performance.now()
    if (wait <= 0) this.flush()
    else {
      this.#timer = setTimeout(() => this.flush(), wait)
      this.#timer.unref()
    }
  }

  /** Hands the list on at once. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const size = JSON.stringify(this.#outputs).length
    this.#next = performance.now() + INTERVAL_MS + size / BYTES_PER_MS
    this.#publish(this.#outputs as unknown as Record<string, unknown>[])
  }

  /** Runs code whose outputs, also late ones, come here. */
  run<T>(work: () => T): T {
    const outer = currentCell()
    const cell = new InnerCell(outer, (output) => {
      const isUpdate = output.output_type === 'update_display_data'
      if (isUpdate && !this.#displays.has(output.transient.display_id)) outer?.emit(output)
      else this.apply(output)
    })
    return beside(cell, work)
  }
}

/** Shows a value in the running cell, if there is one, as `display` does. */
export function show(value: unknown, id: string): DisplayHandle {
  const cell = currentCell()
  const send = (kind: 'display_data' | 'update_display_data', what: unknown): void => {
    const bundle = format(what)
    if (bundle instanceof Promise)
      cell?.hold(bundle.then((made: MimeBundle) => cell.send(kind, id, made, {})))
    else cell?.send(kind, id, bundle, {})
  }
  send('display_data', value)
  return new DisplayHandle(id, (next) => send('update_display_data', next))
}

/** An error as an output. */
export function errorOutput(error: unknown): Output {
  const isError = error instanceof Error
  const ename = isError ? error.name : 'Error'
  const hint = isError && 'hint' in error && typeof error.hint === 'string' ? `\n  hint: ${error.hint}` : ''
  const evalue = isError ? error.message : String(error)
  const stack = isError && error.stack ? error.stack : `${ename}: ${evalue}`
  return { output_type: 'error', ename, evalue, traceback: `${stack}${hint}`.split('\n') }
}
