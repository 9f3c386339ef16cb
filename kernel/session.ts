// A session: cells executed one after another over shared variables, their outputs as Jupyter names them.
// Not a message loop and not a notebook: both drive a session from outside.
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { ownModule } from '../lib/base/own-file.ts'
import { Cell, within } from './cell.ts'
import { format } from './display/formatters.ts'
import { DisplayHandle } from './display/globals.ts'
import { createExecutor } from './executor.ts'
import { createImporter } from './importer.ts'
import { type Completeness, type Completion, complete, inspectAt, isComplete } from './language/assist.ts'
import { type ConvertedCell, createConverter } from './language/converter.ts'
import type { CellError, ExecuteReply, MimeBundle, OutputListener } from './outputs.ts'
import { installSurroundings } from './surroundings.ts'
import { Tracebacks } from './traceback.ts'

export interface SessionOptions {
  /** Folder that imports, `require` and relative paths start from; default the process's. */
  cwd?: string
  /** Module whose exports every cell has in scope, loaded when a cell first mentions one; default the library. */
  preload?: string | false
  /** Gets the outputs of cells that bring no listener of their own. */
  onOutput?: OutputListener
  /** The process belongs to this session: capture its stdout and stderr and survive stray errors. */
  ownProcess?: boolean
}

export interface ExecuteOptions {
  /** Names the cell in outputs; made up by default. */
  id?: string
  /** Gets this cell's outputs, also those it makes after it ended. */
  onOutput?: OutputListener
  /** Interrupts the cell. */
  signal?: AbortSignal
  /** Runs without counting and without outputs. */
  silent?: boolean
}

export interface Session {
  /** Executes a cell; calls are queued. Never rejects: what goes wrong is in the reply. */
  execute(code: string, options?: ExecuteOptions): Promise<ExecuteReply>
  /** Fails the running cell at once if it waits for something, and aborts its `cellSignal()`. */
  interrupt(): void
  /** Offsets are UTF-16, as in JavaScript strings. */
  complete(code: string, position: number): Completion
  inspect(code: string, position: number): MimeBundle | undefined
  isComplete(code: string): Completeness
  /** The number of the last executed cell. */
  readonly executionCount: number
  /** The variables of the cells. */
  readonly locals: Record<string, unknown>
  close(): void
}

/** The library's own entry, preloaded by default. */
export const defaultPreload = ownModule('../lib/index.ts', import.meta.url)

/** How emitted code finds its helpers: by the script's name, once, when it starts. */
const registry = globalThis as { [key: symbol]: Map<string, object> | undefined }
registry[Symbol.for('selma.cells')] ??= new Map()
const helpers = registry[Symbol.for('selma.cells')] as Map<string, object>

/**
 * Starts a session. Loading the library waits until a cell mentions it.
 */
export function createSession(options: SessionOptions = {}): Session {
  const { preload = defaultPreload, onOutput, ownProcess = false } = options
  const cwd = resolve(options.cwd ?? process.cwd())
  const converter = createConverter({ cwd, preload: preload || undefined })
  const executor = createExecutor(cwd)
  const load = createImporter(cwd)
  const tracebacks = new Tracebacks(cwd)
  const byScript = new Map<string, Cell>()
  const meta = {
    url: pathToFileURL(join(cwd, 'notebook.mts')).href,
    dirname: cwd,
    filename: join(cwd, 'notebook.mts'),
  }
  let count = 0
  let running: Cell | undefined
  let queue: Promise<unknown> = Promise.resolve()
  let library: Promise<void> | undefined

  const restore = installSurroundings(ownProcess, (error, kind) => {
    const script = tracebacks.scriptOf(error)
    const cell = (script ? byScript.get(script) : undefined) ?? running ?? [...byScript.values()].at(-1)
    cell?.stream('stderr', `${kind}:\n${tracebacks.thrown(error).traceback.join('\n')}\n`)
  })

  /** Puts the library's exports among the variables, except where a cell took the name. */
  function loadLibrary(): Promise<void> {
    library ??= load(pathToFileURL(preload as string).href).then((module) => {
      const { declared } = converter.names()
      for (const [name, value] of Object.entries(module)) {
        if (name !== 'default' && !declared.has(name)) executor.locals[name] = value
      }
    })
    library.catch(() => {
      library = undefined
    })
    return library
  }

  async function run(converted: ConvertedCell, cell: Cell, signal?: AbortSignal): Promise<ExecuteReply> {
    const { executionCount } = cell
    const values = () => new Map([...converted.declared.keys()].map((name) => [name, executor.locals[name]]))
    const before = values()
    const interrupt = () => {
      cell.abort()
      executor.interrupt()
    }
    signal?.addEventListener('abort', interrupt, { once: true })
    helpers.set(converted.script, { import: load, meta, preload: loadLibrary })
    try {
      const outcome = await within(cell, () => executor.run(converted.output))
      if (!outcome.ok) {
        // Like Python: what the cell had set before it failed stays.
        const after = values()
        const kept = [...converted.declared].filter(([name, kind]) => {
          return kind === 'type' || !Object.is(before.get(name), after.get(name))
        })
        converter.commit(
          converted,
          kept.map(([name]) => name),
        )
        return { status: 'error', executionCount, error: tracebacks.thrown(outcome.thrown) }
      }
      converter.commit(converted)
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
    { id, onOutput: own, signal, silent }: ExecuteOptions,
  ): Promise<ExecuteReply> {
    const executionCount = silent ? count : ++count
    const listener = silent ? undefined : (own ?? onOutput)
    const cell = new Cell(id ?? `cell-${executionCount}`, executionCount, listener ?? (() => {}))
    const failed = (error: CellError): ExecuteReply => {
      cell.emit({ output_type: 'error', ...error })
      return { status: 'error', executionCount, error }
    }
    if (signal?.aborted) return failed(tracebacks.interrupted())
    running = cell
    try {
      const { cell: converted, diagnostics } = converter.convert(code)
      if (!converted) return failed(tracebacks.diagnosed(diagnostics, code, executionCount))
      tracebacks.add(converted, code, executionCount)
      byScript.set(converted.script, cell)
      const reply = await run(converted, cell, signal)
      await cell.settled()
      if (reply.error) return failed(reply.error)
      if (reply.result) {
        const data = reply.result
        cell.emit({ output_type: 'execute_result', execution_count: executionCount, data, metadata: {} })
      }
      return reply
    } catch (error) {
      return failed(tracebacks.thrown(error))
    } finally {
      running = undefined
    }
  }

  return {
    execute(code, settings = {}) {
      const reply = queue.then(() => execute(code, settings))
      queue = reply
      return reply
    },
    interrupt() {
      running?.abort()
      executor.interrupt()
    },
    complete: (code, position) => complete(converter, code, position),
    inspect(code, position) {
      const text = inspectAt(converter, code, position)
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
