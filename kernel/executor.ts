// tslab's executor: it owns the variables of the session, runs each cell's code and can abandon a cell
// that waits. What it is given to run is already JavaScript, so its own converter never comes into play.
import Module, { createRequire } from 'node:module'
import { join } from 'node:path'
import vm from 'node:vm'
import type { Executor as TslabExecutor } from 'tslab/dist/executor.js'
import ts from 'typescript'
import { RESULT_NAME } from './language/emit.ts'

const require = createRequire(import.meta.url)

/** How the run of one cell ended. `value` is undefined when the last statement is not an expression. */
export type RunOutcome = { ok: true; value: unknown } | { ok: false; thrown: unknown }

export interface Executor {
  /** The variables of all cells, by name. */
  readonly locals: Record<string, unknown>
  /** Runs emitted code; one call at a time. */
  run(output: string): Promise<RunOutcome>
  /** Makes the running cell fail at once if it is waiting for something; its own work is not stopped. */
  interrupt(): void
  close(): void
}

/** Thrown into a cell that is interrupted, in tslab's words. */
export const INTERRUPTED = 'Interrupted asynchronously'

/**
 * Loads tslab's executor. It wants the TypeScript 5.0 fork that tslab ships, for reading a comment; it
 * gets the TypeScript already in memory, which saves 0.1 s and 26 MB at every start.
 *
 * @param watchSigint as tslab does, by a thread that is started and ended for every cell: on a busy machine those are
 *   milliseconds
 */
function loadTslab(watchSigint: boolean): typeof import('tslab/dist/executor.js') {
  const path = require.resolve('tslab/dist/executor.js')
  const fork = createRequire(path).resolve('@tslab/typescript-for-tslab')
  if (!require.cache[fork]) {
    const stand = new Module(fork)
    stand.exports = ts
    stand.loaded = true
    require.cache[fork] = stand
  }
  if (watchSigint) return require(path)
  const unwatched = {
    ...vm,
    runInThisContext: (code: string, options?: vm.RunningCodeInNewContextOptions) =>
      vm.runInThisContext(code, { ...options, breakOnSigint: false }),
  }
  const own = new Module(path) as Module & { load(path: string): void }
  const load = own.require
  own.require = ((id: string) => (id === 'vm' ? unwatched : load.call(own, id))) as typeof load
  own.load(path)
  return own.exports
}

/**
 * @param cwd where `require` resolves from
 * @param watchSigint whether SIGINT ends a loop in the first stretch of a cell
 */
export function createExecutor(cwd: string, watchSigint = true): Executor {
  const { createExecutor: create } = loadTslab(watchSigint)
  const scope = globalThis as { __tslab__?: unknown }
  let pending = ''
  let outcome: { is: RunOutcome } = { is: { ok: true, value: undefined } }
  let abandon = () => {}

  const node = {
    convert: () => ({
      output: pending,
      diagnostics: [],
      hasToplevelAwait: true,
      lastExpressionVar: RESULT_NAME,
    }),
    close: () => {},
  }
  const sink = {
    log: (box: { value: unknown }) => {
      outcome.is = { ok: true, value: box.value }
    },
    error: (thrown: unknown) => {
      outcome.is = { ok: false, thrown }
    },
  }
  const before = scope.__tslab__
  // `normalizeJoin` inside tslab: it appends a file name itself.
  const executor: TslabExecutor = create(
    join(cwd),
    { node, browser: node, close: () => {} } as unknown as Parameters<typeof create>[1],
    sink,
  )
  // The executor's code finds its variables through this one global; each session puts its own there.
  const variables = scope.__tslab__
  scope.__tslab__ = before

  return {
    locals: executor.locals,
    interrupt() {
      executor.interrupt()
      // Code that was cut off (the inspector's terminateExecution) took tslab's promise with it.
      setImmediate(abandon)
    },
    close: () => executor.close(),
    async run(output) {
      pending = output
      const own: { is: RunOutcome } = { is: { ok: true, value: undefined } }
      outcome = own
      await new Promise<void>((resolve) => {
        abandon = () => {
          own.is = { ok: false, thrown: new Error(INTERRUPTED) }
          resolve()
        }
        // From a stack of its own: cutting off the cell's code must not take ours with it.
        queueMicrotask(() => {
          scope.__tslab__ = variables
          void executor.execute('').then(() => resolve())
        })
      })
      abandon = () => {}
      pending = ''
      delete executor.locals[RESULT_NAME]
      return own.is
    },
  }
}
