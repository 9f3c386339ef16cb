// What a job is doing, decided from what its directory holds. Whether its process is there is for the caller to say: a
// program asks the operating system, a browser sees the heartbeat only.
import type { ErrorMessage } from './error.ts'
import type { JobEvent } from './job-event.ts'

/**
 * `created`: never run. `queued`, `running`, `paused`: a process has it. `finished`: there is a result.
 * `stopped`: on request. `failed`: see `error`. `interrupted`: its process died without a word.
 * The last three go on from their last saved state when started again.
 */
export type JobState =
  | 'created'
  | 'queued'
  | 'running'
  | 'paused'
  | 'finished'
  | 'stopped'
  | 'failed'
  | 'interrupted'

/** A process that cannot be asked for and has been silent for so long counts as dead, milliseconds. */
export const heartbeatLimit = 5 * 60_000

export interface JobFacts {
  /** There is a result.json. */
  finished: boolean
  /** Its process is there. */
  alive: boolean
  /** The attempt that process.json names; undefined when there is no such file. */
  attempt: number | undefined
  error: ErrorMessage | undefined
  /** The last ones. */
  events: readonly JobEvent[]
}

export function jobState({ finished, alive, attempt, error, events }: JobFacts): JobState {
  if (finished) return 'finished'
  if (alive) return aliveState(events, attempt)
  if (error) return 'failed'
  if (events.at(-1)?.type === 'stopped') return 'stopped'
  return attempt === undefined ? 'created' : 'interrupted'
}

function aliveState(events: readonly JobEvent[], attempt: number | undefined): JobState {
  const started = events.findLast((event) => event.type === 'started')
  // The last words of an earlier process say nothing about this one.
  if (started && started.attempt !== attempt) return 'queued'
  for (const { type } of events.toReversed()) {
    if (type === 'paused') return 'paused'
    if (type === 'queued' || type === 'stopped' || type === 'failed') return 'queued'
    if (type === 'started' || type === 'resumed' || type === 'progress' || type === 'metrics')
      return 'running'
  }
  return 'queued'
}
