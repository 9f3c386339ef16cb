// A session: cells executed one after another over shared variables, their outputs as Jupyter names them.
// Not a message loop and not a notebook: both drive a session from outside.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { beside, Cell, type InputAsker, within } from './cell.ts'
import { format } from './display/formatters.ts'
import { DisplayHandle } from './display/globals.ts'
import { createExecutor } from './executor.ts'
import { createImporter, createMeta } from './importer.ts'
import { type Completeness, type Completion, complete, inspectAt, isComplete } from './language/assist.ts'
import { type ConvertedCell, createConverter } from './language/converter.ts'
import type { CellError, CellRef, ExecuteReply, MimeBundle, OutputListener } from './outputs.ts'
import { defaultPreload, type Preload } from './preload.ts'
import { installSurroundings } from './surroundings.ts'
import { Tracebacks } from './traceback.ts'

export interface SessionOptions {
  /** Folder that imports, `require` and relative paths start from; default the process's. */
  cwd?: string
  /** Module whose exports every cell has in scope, loaded when a cell first mentions one; default the library. */
  preload?: Preload | false
  /** Gets the outputs of cells that bring no listener of their own. */
  onOutput?: OutputListener
  /** The process belongs to this session: capture its stdout and stderr and survive stray errors. */
  ownProcess?: boolean
  /** Whether SIGINT ends a loop that never waits, in the first stretch of a cell; default true. */
  watchSigint?: boolean
  /** Told the code of a cell whose names (all, if not given) later cells see. */
  onCommit?: (code: string, names?: string[]) => void
  /** Runs work of the session that must not be cut off half-way; default just runs it. */
  uncut?: <T>(work: () => T) => T
}

export interface ExecuteOptions {
  /** Names the cell in outputs; made up by default. */
  id?: string
  /** Gets this cell's outputs, also those it makes after it ended. */
  onOutput?: OutputListener
  /** Answers the cell's `input()`; default nobody does. */
  onInput?: InputAsker
  /** Told when the cell's turn has come. */
  onStart?: (cell: CellRef) => void
  /** Interrupts the cell. */
  signal?: AbortSignal
  /** Runs without counting and without outputs. */
  silent?: boolean
  /** Whether it gets a number of its own; default true, except for silent ones. */
  counted?: boolean
}

/** The value of an expression, or what went wrong. */
export type Evaluation =
  | { status: 'ok'; data: MimeBundle; metadata: Record<string, unknown> }
  | ({ status: 'error' } & CellError)

export interface Session {
  /** Executes a cell; calls are queued. Never rejects: what goes wrong is in the reply. */
  execute(code: string, options?: ExecuteOptions): Promise<ExecuteReply>
  /** Evaluates an expression silently, over the variables of the cells. Never rejects. */
  evaluate(expression: string): Promise<Evaluation>
  /** Fails the running cell at once if it waits for something, and aborts its `cellSignal()`. */
  interrupt(): void
  /**
   * Runs work that is not a cell's, such as the handler of a message, with outputs of its own. What it throws, or
   * returns as thrown, is printed there.
   */
  beside(id: string, onOutput: OutputListener, work: () => unknown[]): void
  /** Offsets are UTF-16, as in JavaScript strings. */
  complete(code: string, position: number): Completion
  /** @param detail 1 adds where it is declared */
  inspect(code: string, position: number, detail?: 0 | 1): MimeBundle | undefined
  isComplete(code: string): Completeness
  /** The number of the last executed cell. */
  readonly executionCount: number
  /** The variables of the cells. */
  readonly locals: Record<string, unknown>
  close(): void
}

/** How long an interrupted cell may take to end by itself, in ms. */
const RESCUE_MS = 250

/** One try to run a cell, which may be given up. */
interface Attempt {
  over: boolean
  /** How it ends when it is. */
  interrupted: () => ExecuteReply
}

/** How emitted code finds its helpers: by the script's name, once, when it starts. */
const registry = globalThis as { [key: symbol]: Map<string, object> | undefined }
registry[Symbol.for('selma.cells')] ??= new Map()
const helpers = registry[Symbol.for('selma.cells')] as Map<string, object>

/**
 * Starts a session. Loading the library waits until a cell mentions it.
 */
export function createSession(options: SessionOptions = {}): Session {
  const { preload = defaultPreload, onOutput, ownProcess = false, onCommit } = options
  const { uncut = (work) => work() } = options
  const cwd = resolve(options.cwd ?? process.cwd())
  const converter = createConverter({ cwd, preload: preload || [] })
  const executor = createExecutor(cwd, options.watchSigint)
  const load = createImporter(cwd)
  const tracebacks = new Tracebacks(cwd)
  const byScript = new Map<string, Cell>()
  const meta = createMeta(cwd)
  let count = 0
  let running: Cell | undefined
  /** Ends the running cell without its help. */
  let rescue = () => {}
  /** Work beside the cells that wants to know of an interrupt. */
  const handlers = new Set<Cell>()
  let queue: Promise<unknown> = Promise.resolve()
  const libraries = new Map<string, Promise<void>>()

  const restore = installSurroundings(ownProcess, (error, kind) => {
    const script = tracebacks.scriptOf(error)
    const cell = (script ? byScript.get(script) : undefined) ?? running ?? [...byScript.values()].at(-1)
    cell?.stream('stderr', `${kind}:\n${tracebacks.thrown(error).traceback.join('\n')}\n`)
  })

  /** Puts a preloaded module's exports among the variables, except where a cell took the name. */
  function loadLibrary(path: string): Promise<void> {
    const known = libraries.get(path)
    if (known) return known
    const loading = load(pathToFileURL(path).href).then((module) => {
      const { declared } = converter.names()
      for (const [name, value] of Object.entries(module)) {
        if (name !== 'default' && !declared.has(name)) executor.locals[name] = value
      }
    })
    libraries.set(path, loading)
    loading.catch(() => libraries.delete(path))
    return loading
  }

  async function loadLibraries(paths: readonly string[]): Promise<void> {
    for (const path of paths) await loadLibrary(path)
  }

  function commit(converted: ConvertedCell, code: string, names?: string[]): void {
    uncut(() => converter.commit(converted, names))
    onCommit?.(code, names)
  }

  async function run(
    converted: ConvertedCell,
    code: string,
    cell: Cell,
    signal?: AbortSignal,
  ): Promise<ExecuteReply> {
    const { executionCount } = cell
    const values = () => new Map([...converted.declared.keys()].map((name) => [name, executor.locals[name]]))
    const before = values()
    const interrupt = () => {
      cell.abort()
      executor.interrupt()
    }
    signal?.addEventListener('abort', interrupt, { once: true })
    helpers.set(converted.script, { import: load, meta, preload: loadLibraries })
    try {
      const outcome = await within(cell, () => executor.run(converted.output))
      if (!outcome.ok) {
        // Like Python: what the cell had set before it failed stays.
        const after = values()
        const kept = [...converted.declared].filter(([name, kind]) => {
          return kind === 'type' || !Object.is(before.get(name), after.get(name))
        })
        const names = kept.map(([name]) => name)
        commit(converted, code, names)
        return { status: 'error', executionCount, error: tracebacks.thrown(outcome.thrown) }
      }
      commit(converted, code)
      if (outcome.value === undefined || outcome.value instanceof DisplayHandle)
        return { status: 'ok', executionCount }
      const result = await within(cell, () => format(outcome.value))
      return { status: 'ok', executionCount, result }
    } finally {
      signal?.removeEventListener('abort', interrupt)
      helpers.delete(converted.script)
    }
  }

  async function execute(
    code: string,
    { id, onOutput: own, onInput, onStart, signal, silent, counted = !silent }: ExecuteOptions,
    attempt: Attempt,
  ): Promise<ExecuteReply> {
    const executionCount = counted ? ++count : count
    const listener = silent ? undefined : (own ?? onOutput)
    const cell = new Cell(id ?? `cell-${executionCount}`, executionCount, { onOutput: listener, onInput })
    const failed = (error: CellError): ExecuteReply => {
      if (!attempt.over) cell.emit({ output_type: 'error', ...error })
      return { status: 'error', executionCount, error }
    }
    attempt.interrupted = () => failed(tracebacks.interrupted())
    onStart?.(cell)
    if (signal?.aborted) return failed(tracebacks.interrupted())
    running = cell
    try {
      const { cell: converted, diagnostics } = uncut(() => converter.convert(code))
      if (!converted) return failed(tracebacks.diagnosed(diagnostics, code, executionCount))
      tracebacks.add(converted, code, executionCount)
      byScript.set(converted.script, cell)
      const reply = await run(converted, code, cell, signal)
      await cell.settled()
      if (reply.error) return failed(reply.error)
      if (reply.result && !attempt.over) {
        const data = reply.result
        cell.emit({ output_type: 'execute_result', execution_count: executionCount, data, metadata: {} })
      }
      return reply
    } catch (error) {
      return failed(tracebacks.thrown(error))
    } finally {
      if (!attempt.over) running = undefined
    }
  }

  /** Executes a cell so that it ends even if its code was cut off, and everything that awaited it with it. */
  function attempt(code: string, settings: ExecuteOptions): Promise<ExecuteReply> {
    return new Promise((resolve) => {
      const current: Attempt = {
        over: false,
        interrupted: () => ({ status: 'error', executionCount: count }),
      }
      rescue = () => {
        if (current.over) return
        const reply = current.interrupted()
        current.over = true
        running = undefined
        resolve(reply)
      }
      setImmediate(async () => {
        const reply = await execute(code, settings, current)
        if (current.over) return
        current.over = true
        resolve(reply)
      })
    })
  }

  function start(code: string, settings: ExecuteOptions): Promise<ExecuteReply> {
    const reply = queue.then(() => attempt(code, settings))
    queue = reply
    return reply
  }

  return {
    execute: (code, settings = {}) => start(code, settings),
    async evaluate(expression) {
      const { result, error } = await start(expression, { silent: true })
      if (error) return { status: 'error', ...error }
      return { status: 'ok', data: result ?? { 'text/plain': 'undefined' }, metadata: {} }
    },
    interrupt() {
      running?.abort()
      for (const one of handlers) one.abort()
      handlers.clear()
      executor.interrupt()
      if (running) setTimeout(rescue, RESCUE_MS)
    },
    beside(id, to, work) {
      const cell = new Cell(id, count, { onOutput: to, onListen: (one) => handlers.add(one) })
      beside(cell, () => {
        let thrown: unknown[]
        try {
          thrown = work()
        } catch (error) {
          thrown = [error]
        }
        for (const one of thrown) cell.stream('stderr', `${tracebacks.thrown(one).traceback.join('\n')}\n`)
      })
    },
    complete: (code, position) => uncut(() => complete(converter, code, position)),
    inspect(code, position, detail = 0) {
      const text = uncut(() => inspectAt(converter, code, position, detail))
      return text === undefined ? undefined : { 'text/plain': text }
    },
    isComplete,
    get executionCount() {
      return count
    },
    locals: executor.locals,
    close() {
      restore()
      executor.close()
      converter.close()
    },
  }
}
