// What every call of a stage has beside its settings, and how it waits for its job.
import { fail } from '../base/errors.ts'
import { type Job, type RunOptions, type Stage, start, waitFor } from '../jobs/index.ts'

/** How a call behaves beside what it computes. */
export type CallOptions = Pick<RunOptions, 'fresh' | 'signal' | 'onEvent' | 'root'>

/** Where a job is kept and whether it is computed anew: what a call has that does not wait. */
export type Where = Pick<CallOptions, 'fresh' | 'root'>

/**
 * Starts a stage's job, or finds it, and waits for its result; an aborted signal checkpoints and stops it.
 *
 * @throws SelmaError `stopped` when the signal aborts, or the job's own error
 */
export async function call<Settings, Result, Input>(
  stage: Stage<Settings, Result, Input>,
  settings: Input,
  { fresh, root, signal, onEvent }: CallOptions,
): Promise<{ job: Job<Result>; result: Result }> {
  if (signal?.aborted) fail('stopped', `${stage.name} was stopped before it began`, 'run it again')
  const job = await start(stage, settings, { fresh, root })
  return { job, result: await waitFor(job, { signal, onEvent }) }
}
