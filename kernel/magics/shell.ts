// A command of the notebook's: its output goes to the cell while it runs, an interrupt ends it with all it
// started. Not a terminal: nothing can be typed to it.
import {
  type ChildProcess,
  type SpawnOptionsWithStdioTuple,
  type StdioNull,
  type StdioPipe,
  spawn,
} from 'node:child_process'
import { StringDecoder } from 'node:string_decoder'
import { fail, SelmaError } from '../../lib/base/errors.ts'

export interface CommandOptions {
  cwd: string
  /** Gets what the command prints, as it comes. */
  write: (stream: 'stdout' | 'stderr', text: string) => void
  /** Ends the command when aborted. */
  signal?: AbortSignal
}

/** How long a command that was asked to end may take before it is killed, in milliseconds. */
const GRACE = 2000

/** Signals the command and everything it started. */
function end(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (process.platform === 'win32') child.kill(signal)
    else process.kill(-child.pid!, signal)
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * Runs a command to its end.
 *
 * @param command a text for the shell, or a program with its arguments, which no shell reads
 * @throws SelmaError `io` when it fails, with its exit code; `stopped` when the signal fired
 */
export async function runCommand(
  command: string | readonly [program: string, ...args: string[]],
  { cwd, write, signal }: CommandOptions,
): Promise<void> {
  const shown = typeof command === 'string' ? command : command.join(' ')
  if (signal?.aborted) fail('stopped', `${shown} was not started: the cell was interrupted`)
  const windows = process.platform === 'win32'
  const options: SpawnOptionsWithStdioTuple<StdioNull, StdioPipe, StdioPipe> = {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: !windows,
  }
  const child =
    typeof command === 'string'
      ? spawn(command, { ...options, shell: true })
      : spawn(command[0], command.slice(1), { ...options, shell: windows })
  for (const name of ['stdout', 'stderr'] as const) {
    const decoder = new StringDecoder('utf8')
    const pass = (text: string) => text && write(name, text)
    child[name].on('data', (chunk: Buffer) => pass(decoder.write(chunk)))
    child[name].on('end', () => pass(decoder.end()))
  }
  let kill: NodeJS.Timeout | undefined
  const stop = () => {
    end(child, 'SIGTERM')
    kill = setTimeout(() => end(child, 'SIGKILL'), GRACE)
  }
  signal?.addEventListener('abort', stop, { once: true })
  try {
    const [code, killed] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', (...result) => resolve(result))
    })
    if (signal?.aborted) fail('stopped', `${shown} was interrupted`)
    if (code === 0) return
    const how = killed ? `was ended by ${killed}` : `ended with exit code ${code}`
    fail('io', `${shown} ${how}`, code === 127 ? 'the shell knows no such command' : undefined)
  } catch (error) {
    if (error instanceof SelmaError) throw error
    fail('io', `cannot run ${shown}: ${(error as Error).message}`, undefined, error)
  } finally {
    clearTimeout(kill)
    signal?.removeEventListener('abort', stop)
  }
}
