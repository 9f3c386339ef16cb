// A stage as a command: its job started or found in the store, its progress shown, its result put where the
// user wants it. The job goes on living in the store: the same command again is answered from there.
import { relative } from 'node:path'
import { SelmaError } from '../../lib/base/errors.ts'
import { type Job, type Stage, start, waitFor } from '../../lib/jobs/index.ts'
import { isSelmaError } from './exit-codes.ts'
import type { Context } from './perform.ts'
import { duration } from './plain.ts'
import { jobProgress } from './progress.ts'

/** A job that has its result. */
export interface Done<Result> {
  job: Job<Result>
  result: Result
  seconds: number
  /** "computed in 3.2 s" or "from the cache (2026-01-02 03:04, 3f0c9a12)". */
  origin: string
  /** The same for programs. */
  document: Record<string, unknown>
}

/** A path as it is shortest to read. */
export function shortPath(path: string): string {
  const way = relative('', path)
  return way === '' ? '.' : way.startsWith('..') ? path : way
}

/**
 * Runs a stage's job to its result; an interrupt saves and stops it.
 *
 * @throws SelmaError `stopped` telling how to go on, or the job's own error
 */
export async function runStage<Settings, Result, Input>(
  stage: Stage<Settings, Result, Input>,
  settings: Input,
  { fresh, context }: { fresh?: boolean; context: Context },
): Promise<Done<Result>> {
  const { progress, signal } = context
  const began = new Date()
  const job = await start(stage, settings, { fresh })
  const { cached, dir, id } = job
  if (!cached) progress.line(`${stage.name}: ${shortPath(dir)}`)
  try {
    const onEvent = cached ? undefined : jobProgress(progress, stage.name, began)
    const result = await waitFor(job, { signal, onEvent })
    const seconds = (Date.now() - began.getTime()) / 1000
    return {
      job,
      result,
      seconds,
      origin: cached
        ? `from the cache (${cached.when.slice(0, 16).replace('T', ' ')}, ${cached.hash.slice(0, 8)})`
        : `computed in ${duration(seconds)}`,
      document: { job: { id, dir }, cached: cached ?? null, seconds },
    }
  } catch (error) {
    if (!isSelmaError(error) || error.code !== 'stopped') throw error
    const { checkpoint, progress: last } = await job.status()
    const at =
      checkpoint === undefined ? last && `${last.done}/${last.total} ${last.unit}` : `step ${checkpoint}`
    throw new SelmaError('stopped', `${id} was stopped${at ? ` at ${at}` : ''} and can go on`, {
      hint: `run the same command again, or: selma job ${shortPath(dir)}`,
      cause: error,
    })
  }
}
