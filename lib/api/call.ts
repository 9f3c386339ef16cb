// What every call of a stage has beside its settings, and how it waits for its job.
import { fail, SelmaError } from '../base/errors.ts'
import { type Job, type RunOptions, type Stage, start, waitFor } from '../jobs/index.ts'
import { callerSignal } from './caller.ts'
import { jobUse, tellUse, type Use } from './used.ts'

/** How a call behaves beside what it computes. */
export type CallOptions = Pick<RunOptions, 'fresh' | 'signal' | 'onEvent' | 'root'>

/** Where a job is kept and whether it is computed anew: what a call has that does not wait. */
export type Where = Pick<CallOptions, 'fresh' | 'root'>

/**
 * Starts a stage's job, or finds it, and waits for its result; an aborted signal (by default
 * that of the cell that calls) checkpoints and stops it.
 *
 * @param made what came out, for a listener to uses (used.ts)
 * @throws SelmaError `stopped` when the signal aborts, or the job's own error
 */
export async function call<Settings, Result, Input>(
  stage: Stage<Settings, Result, Input>,
  settings: Input,
  { fresh, root, signal = callerSignal(), onEvent }: CallOptions,
  made: (job: Job<Result>, result: Result) => Promise<Partial<Use>> = async () => ({}),
): Promise<{ job: Job<Result>; result: Result }> {
  if (signal?.aborted) fail('stopped', `${stage.name} was stopped before it began`, 'run it again')
  const job = await start(stage, settings, { fresh, root })
  try {
    const result = await waitFor(job, { signal, onEvent })
    await tellUse(async () => jobUse(stage, job, 'finished', await made(job, result)))
    return { job, result }
  } catch (error) {
    const stopped = error instanceof SelmaError && error.code === 'stopped'
    await tellUse(() => jobUse(stage, job, stopped ? 'stopped' : 'failed'))
    throw error
  }
}

/** Starts a stage's job, or finds it, and does not wait. */
export async function begin<Settings, Result, Input>(
  stage: Stage<Settings, Result, Input>,
  settings: Input,
  where: Where,
): Promise<Job<Result>> {
  const job = await start(stage, settings, where)
  await tellUse(() => jobUse(stage, job, job.cached ? 'finished' : 'started'))
  return job
}
