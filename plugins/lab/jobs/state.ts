// What a job is doing, from its files alone. A browser cannot ask the operating system whether a process is there; it
// sees the heartbeat, the modification time of process.json.
import type { ErrorMessage, JobEvent } from '../../../lib/messages/index.ts'
import { heartbeatLimit, type JobState, jobState } from '../../../lib/messages/job-state.ts'
import type { ProcessFacts } from './parse.ts'

/** Beats come every two seconds; a job that computes beats less often. Silence from here on is told, milliseconds. */
export const silenceTold = 45_000

export interface StateParts {
  process?: ProcessFacts
  /** Modification time of process.json, server's clock, milliseconds. */
  heartbeat?: number
  /** There is a result.json. */
  hasResult: boolean
  error?: ErrorMessage
  /** The last ones. */
  events: readonly JobEvent[]
  /** Server's clock, milliseconds. */
  now: number
}

/** The state, and for how long its process has given no sign of life (milliseconds; only when that is long). */
export function runState(parts: StateParts): { state: JobState; silent?: number } {
  const { process, heartbeat = 0, hasResult, error, events, now } = parts
  const silent = now - heartbeat
  const alive = process !== undefined && process.ended === undefined && silent < heartbeatLimit
  const state = jobState({ finished: hasResult, alive, attempt: process?.attempt, error, events })
  return alive && !hasResult && silent >= silenceTold ? { state, silent } : { state }
}

/** A process has it: it can be steered, and must not be deleted. */
export const isLive = (state: JobState): boolean =>
  state === 'running' || state === 'queued' || state === 'paused'
