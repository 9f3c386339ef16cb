// What a job is doing, from its files alone: the rules of lib/jobs/job-status.ts, without asking the operating system
// whether a process is there. A browser cannot; it sees the heartbeat, the modification time of process.json.
import type { ErrorMessage, JobEvent } from '../../../lib/messages/index.ts'
import type { ProcessFacts } from './parse.ts'

export const states = [
  'running',
  'queued',
  'paused',
  'finished',
  'stopped',
  'failed',
  'interrupted',
  'created',
] as const
export type RunState = (typeof states)[number]

/** A process that has been silent for so long counts as dead, milliseconds (lib/jobs/directory.ts). */
export const heartbeatLimit = 5 * 60_000
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
export function runState(parts: StateParts): { state: RunState; silent?: number } {
  const { process, heartbeat = 0, hasResult, error, events, now } = parts
  if (hasResult) return { state: 'finished' }
  const silent = now - heartbeat
  if (process && process.ended === undefined && silent < heartbeatLimit) {
    const state = aliveState(events, process.attempt)
    return silent >= silenceTold ? { state, silent } : { state }
  }
  if (error) return { state: 'failed' }
  if (events.at(-1)?.type === 'stopped') return { state: 'stopped' }
  return { state: process ? 'interrupted' : 'created' }
}

function aliveState(events: readonly JobEvent[], attempt: number): RunState {
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

/** A process has it: it can be steered, and must not be deleted. */
export const isLive = (state: RunState): boolean =>
  state === 'running' || state === 'queued' || state === 'paused'
