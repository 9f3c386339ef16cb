// The parent's end of a process that runs cells (`cell-process.ts`): start it, run a cell in it, and know
// how it died when it did.
import { type ChildProcess, spawn } from 'node:child_process'
import type { Readable } from 'node:stream'
import type { Use } from '../lib/api/used.ts'
import { ownModule, typescriptLoader } from '../lib/base/own-file.ts'
import type { CellCommand, CellEvent } from './cell-process.ts'
import type { CellError, ExecuteReply, Output } from './outputs.ts'
import type { Preload } from './preload.ts'

export interface CellProcess {
  /** Resolves when the process can run cells, or has ended without getting there. */
  readonly ready: Promise<void>
  /** Resolves with the reply, or with undefined when the process ended first (see `ended`). */
  execute(id: string, code: string): Promise<ExecuteReply | undefined>
  interrupt(): void
  /** Asks the process to end, and ends it after `graceMs`. */
  close(graceMs?: number): Promise<void>
  /** Why the process is gone, as an error of the cell that was running. */
  readonly ended: Promise<CellError>
}

export interface CellProcessOptions {
  cwd: string
  env?: Record<string, string | undefined>
  preload?: Preload | false
  onOutput: (id: string, output: Output) => void
  /** What the cells use of the library. */
  onUse?: (id: string, use: Use) => void
  /** The widgets that are open when the process is asked to end. */
  onWidgets?: (state: Record<string, unknown>) => void
}

function start({ cwd, env, preload }: CellProcessOptions): ChildProcess {
  const entry = ownModule('./cell-process.ts', import.meta.url)
  // Also where the entry is built: the cells may import TypeScript files.
  return spawn(process.execPath, ['--import', typescriptLoader(), entry, JSON.stringify({ cwd, preload })], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'ipc'],
  })
}

function cause(code: number | null, signal: string | null): CellError {
  const how = signal ? `was ended by ${signal}` : `ended with exit code ${code}`
  const hint = signal === 'SIGABRT' || signal === 'SIGKILL' ? ' (often a sign that memory ran out)' : ''
  const evalue = `the process that runs the cells ${how}${hint}`
  return { ename: 'ProcessEnded', evalue, traceback: [`ProcessEnded: ${evalue}`] }
}

/** Starts a process for the cells of one notebook. */
export function startCellProcess(options: CellProcessOptions): CellProcess {
  const { onOutput, onUse, onWidgets } = options
  const child = start(options)
  let running: { id: string; resolve: (reply: ExecuteReply | undefined) => void } | undefined
  let latest = ''
  let failure: Error | undefined

  let started = () => {}
  const ready = new Promise<void>((resolve) => {
    started = resolve
  })

  function receive(event: CellEvent): void {
    if (event.type === 'ready') started()
    else if (event.type === 'output') onOutput(event.id, event.output)
    else if (event.type === 'use') onUse?.(event.id, event.use)
    else if (event.type === 'widgets') onWidgets?.(event.state)
    else if (event.type === 'reply' && running?.id === event.id) {
      running.resolve(event.reply)
      running = undefined
    }
  }

  let rest = ''
  const events = child.stdio[3] as Readable
  events.setEncoding('utf8')
  events.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() as string
    for (const line of lines) receive(JSON.parse(line) as CellEvent)
  })
  // What native code prints does not pass through the session.
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8')
    child[name]?.on('data', (text: string) => onOutput(latest, { output_type: 'stream', name, text }))
  }

  const ended = new Promise<CellError>((resolve) => {
    child.on('error', (error) => {
      failure = error
    })
    // `close` comes when the pipes are empty too, so nothing that was written is lost.
    child.on('close', (code, signal) => {
      const evalue = failure && `the process that runs the cells did not start: ${failure.message}`
      resolve(evalue ? { ename: 'ProcessEnded', evalue, traceback: [evalue] } : cause(code, signal))
      started()
      running?.resolve(undefined)
      running = undefined
    })
  })
  const send = (command: CellCommand) => {
    if (child.connected) child.send(command, () => {})
  }

  return {
    ready,
    ended,
    execute(id, code) {
      latest = id
      return new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve(undefined)
        running = { id, resolve }
        send({ type: 'execute', id, code })
      })
    },
    interrupt() {
      // A signal also reaches a loop that never yields; Windows has none that can be handled.
      if (process.platform === 'win32') send({ type: 'interrupt' })
      else child.kill('SIGINT')
    },
    async close(graceMs = 2000) {
      send({ type: 'close' })
      const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
      await ended
      clearTimeout(timer)
    },
  }
}
