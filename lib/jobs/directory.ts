// A job's directory: what its files are called, and reading them without falling over damaged ones.
// Not who writes them when (submit.ts and execute.ts do).
import { readFileSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import type { z } from 'zod'
import { type ErrorMessage, errorMessage } from '../messages/error.ts'
import { type JobFile, jobFile, type ResultFile, resultFile } from '../messages/job-file.ts'
import { heartbeatLimit } from '../messages/job-state.ts'
import { type ProcessFile, processFile } from '../messages/process-file.ts'
import { isRunning } from './process-identity.ts'

/** Names of the files of a job, which a stage leaves alone. */
export const jobFiles = {
  job: 'job.json',
  events: 'events.jsonl',
  control: 'control.json',
  process: 'process.json',
  error: 'error.json',
  result: 'result.json',
  output: 'stderr.log',
  state: 'state',
} as const

/** Where jobs are kept: `root`, else `$SELMA_HOME/jobs`, else `.selma/jobs` in the working directory. Absolute. */
export function jobsRoot(root?: string): string {
  if (root !== undefined) return resolve(root)
  const home = process.env.SELMA_HOME
  return home ? resolve(home, 'jobs') : resolve('.selma', 'jobs')
}

/** The lock file that guards starting and clearing a job; beside the directory, which may be moved away. */
export const lockOf = (dir: string): string => `${dir}.lock`

async function readAs<Schema extends z.ZodType>(
  schema: Schema,
  path: string,
): Promise<z.output<Schema> | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(path, 'utf8'))).data
  } catch {
    return undefined
  }
}

/** `undefined` when there is none, or it is damaged. */
export const readJobFile = (dir: string): Promise<JobFile | undefined> =>
  readAs(jobFile, join(dir, jobFiles.job))

/** `undefined` when there is none, or it is damaged. */
export const readResultFile = (dir: string): Promise<ResultFile | undefined> =>
  readAs(resultFile, join(dir, jobFiles.result))

/** `undefined` when there is none, or it is damaged. */
export const readErrorFile = (dir: string): Promise<ErrorMessage | undefined> =>
  readAs(errorMessage, join(dir, jobFiles.error))

/** The process that runs, or last ran, the job. */
export function readProcessFile(dir: string): ProcessFile | undefined {
  try {
    return processFile.safeParse(JSON.parse(readFileSync(join(dir, jobFiles.process), 'utf8'))).data
  } catch {
    return undefined
  }
}

/** True while a process runs this job (or waits in the queue with it). */
export function isAlive(dir: string, running = readProcessFile(dir)): boolean {
  if (!running || running.ended) return false
  if (running.host === hostname()) return isRunning(running)
  try {
    return Date.now() - statSync(join(dir, jobFiles.process)).mtimeMs < heartbeatLimit
  } catch {
    return false
  }
}

/** The last lines a job's process printed, the only words a native crash leaves; Node's own traces left out. */
export async function lastOutput(dir: string, lines = 12): Promise<string> {
  const text = await readFile(join(dir, jobFiles.output), 'utf8').catch(() => '')
  const trace = /^(-----.*-----|\s*\d+: .*|)$/
  const words = text.split('\n').filter((line) => !trace.test(line))
  return words.slice(-lines).join('\n')
}
