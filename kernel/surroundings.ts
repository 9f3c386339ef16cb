// What a session changes in its process, and how it is put back: the global functions of the cells, the
// console and, in a process of its own, stdout, stderr and the last-resort error handlers.
import { type Cell, currentCell, forgetLatest } from './cell.ts'
import { captureConsole, captureProcess } from './console.ts'
import { displayGlobals } from './display/globals.ts'

const SIGNAL = Symbol.for('selma.signal')
let users = 0
let restoreShared: (() => void) | undefined

function shared(): () => void {
  const running = (): Cell => {
    const cell = currentCell()
    if (!cell) throw new Error('no cell is running')
    return cell
  }
  const scope = globalThis as Record<string, unknown>
  const globals: Record<string, unknown> = {
    ...displayGlobals(running),
    input: (prompt: unknown = '', { password = false }: { password?: boolean } = {}) =>
      running().ask(String(prompt), password),
  }
  // How the library finds out that the cell that called it is interrupted (lib/api/caller.ts).
  const signals = globalThis as { [key: symbol]: (() => AbortSignal | undefined) | undefined }
  signals[SIGNAL] = () => currentCell()?.signal
  const before = new Map(
    Object.keys(globals).map((name) => [name, Object.getOwnPropertyDescriptor(scope, name)]),
  )
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(scope, name, { value, writable: true, configurable: true, enumerable: false })
  }
  const outside = {
    stdout: process.stdout.write.bind(process.stdout),
    stderr: process.stderr.write.bind(process.stderr),
  }
  const restoreConsole = captureConsole((name, text) => {
    const cell = currentCell()
    if (cell) cell.stream(name, text)
    else outside[name](text)
  })
  return () => {
    restoreConsole()
    delete signals[SIGNAL]
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(scope, name, descriptor)
      else delete scope[name]
    }
    forgetLatest()
  }
}

/**
 * Installs what cells expect around them.
 *
 * @param ownProcess also takes over the process's stdout, stderr, unhandled rejections and uncaught errors
 * @param onStray gets an error that nobody caught
 * @returns how to undo it
 */
export function installSurroundings(
  ownProcess: boolean,
  onStray: (error: unknown, kind: string) => void,
): () => void {
  if (users++ === 0) restoreShared = shared()
  const undo: (() => void)[] = []
  if (ownProcess) {
    undo.push(captureProcess((name, text) => currentCell()?.stream(name, text)))
    const rejection = (error: unknown) => onStray(error, 'unhandled rejection')
    const exception = (error: unknown) => onStray(error, 'uncaught error')
    process.on('unhandledRejection', rejection)
    process.on('uncaughtException', exception)
    undo.push(() => {
      process.off('unhandledRejection', rejection)
      process.off('uncaughtException', exception)
    })
  }
  return () => {
    for (const one of undo) one()
    if (--users === 0) restoreShared?.()
  }
}
