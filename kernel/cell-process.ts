// The process that a headless notebook's cells run in: a session, told what to do over Node's IPC channel.
// Events go out on file descriptor 3, one JSON line each, written synchronously and at once: what a cell
// printed is with the parent even when the next line of it takes the process down.
import { writeSync } from 'node:fs'
import type { Use } from '../lib/api/used.ts'
import { currentCell } from './cell.ts'
import type { ExecuteReply, Output } from './outputs.ts'
import type { Preload } from './preload.ts'
import { createSession } from './session.ts'
import { widgetState } from './widgets/models.ts'

/** From the parent. */
export type CellCommand =
  | { type: 'execute'; id: string; code: string }
  | { type: 'interrupt' }
  | { type: 'close' }

/** To the parent. */
export type CellEvent =
  | { type: 'ready' }
  | { type: 'output'; id: string; output: Output }
  | { type: 'reply'; id: string; reply: ExecuteReply }
  | { type: 'use'; id: string; use: Use }
  /** The last of all: the open widgets, if there are any (`widgetState`). */
  | { type: 'widgets'; state: Record<string, unknown> }

const EVENTS = 3

function post(event: CellEvent): void {
  let rest = Buffer.from(`${JSON.stringify(event)}\n`)
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(EVENTS, rest))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') continue
      // The parent is gone; there is nobody left to run for.
      process.exit(1)
    }
  }
}

// The library tells what is used of it; who listens sits at this name (lib/api/used.ts).
const listeners = globalThis as { [key: symbol]: ((use: Use) => void) | undefined }
listeners[Symbol.for('selma.used')] = (use) => {
  const id = currentCell()?.id
  if (id !== undefined) post({ type: 'use', id, use })
}

const { cwd, preload } = JSON.parse(process.argv[2]) as { cwd: string; preload?: Preload | false }
const session = createSession({
  cwd,
  preload,
  ownProcess: true,
  onOutput: (output, { id }) => post({ type: 'output', id, output }),
})

async function obey(command: CellCommand): Promise<void> {
  if (command.type === 'interrupt') session.interrupt()
  else if (command.type === 'execute') {
    const { id, code } = command
    const reply = await session.execute(code, { id })
    post({ type: 'reply', id, reply })
  } else {
    const state = widgetState()
    if (Object.keys(state.state as object).length > 0) post({ type: 'widgets', state })
    process.exit(0)
  }
}

process.on('message', (command: CellCommand) => void obey(command))
process.on('disconnect', () => process.exit(1))
// SIGINT stops a loop that never yields (the executor sees to that); anything else is told here.
process.on('SIGINT', () => session.interrupt())
// The compiler reads TypeScript's and Node's declarations once; no cell's time should count that.
await session.execute('', { silent: true })
post({ type: 'ready' })
