// Starts lib/worker.ts as a process of its own, which outlives this one. Not the decision to start it.
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { SelmaError } from '../base/errors.ts'
import { fileError } from '../base/files.ts'
import { nodeArguments, ownModule } from '../base/own-file.ts'
import type { ProcessIdentity } from '../messages/process-file.ts'
import { jobFiles } from './directory.ts'
import { identityOf } from './process-identity.ts'

/** How a process ended: its exit code, or the signal that killed it. */
export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
}

const exits = new Map<string, Promise<Exit>>()
const keyOf = ({ pid, startedAs }: ProcessIdentity) => `${pid} ${startedAs}`

/** Waits for a process that this one started, and tells how it ended; `undefined` for others. */
export async function exitOf(identity: ProcessIdentity): Promise<Exit | undefined> {
  return exits.get(keyOf(identity))
}

export interface SpawnOptions {
  dir: string
  atOnce: number
  /** Modules with further stages. */
  modules: readonly string[]
  /** Environment variables besides this process's own. */
  env: Record<string, string | undefined>
}

/** @throws SelmaError `io` when the log cannot be opened, `engine` when no process can be started */
export async function spawnWorker(options: SpawnOptions): Promise<ProcessIdentity> {
  const { dir, atOnce, modules, env } = options
  const path = join(dir, jobFiles.output)
  let output: number
  try {
    output = openSync(path, 'a')
  } catch (error) {
    throw fileError(error, 'write', path)
  }
  const args = [...workerCommand(), 'job', dir, '--at-once', String(atOnce)]
  for (const module of modules) args.push('--stages', module)
  try {
    const child = spawn(process.execPath, args, {
      // Its own session: an interrupt meant for the notebook does not reach it.
      detached: true,
      stdio: ['ignore', output, output],
      env: { ...process.env, ...env },
      windowsHide: true,
    })
    const identity = child.pid === undefined ? undefined : identityOf(child.pid)
    const exit = new Promise<Exit>((done) => {
      child.once('exit', (code, signal) => done({ code, signal }))
    })
    await new Promise<void>((ready, failed) => {
      child.once('spawn', ready)
      child.once('error', failed)
    })
    child.unref()
    // One that has ended already is written down as a process that is not there.
    const known = identity ?? { pid: child.pid ?? 1, startedAs: 'ended', host: hostname() }
    exits.set(keyOf(known), exit)
    return known
  } catch (error) {
    throw new SelmaError('engine', `cannot start a process for ${dir}: ${(error as Error).message}`, {
      hint: 'too many processes, or too little memory?',
      cause: error,
    })
  } finally {
    closeSync(output)
  }
}

/** What comes after `node` to run a worker: TypeScript sources need tsx, a built library does not. */
export function workerCommand(): string[] {
  return nodeArguments(ownModule('../worker.ts', import.meta.url))
}
