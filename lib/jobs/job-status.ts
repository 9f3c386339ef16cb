// What a job is doing, read from its directory: works for jobs of any process, alive or dead.
import type { ErrorMessage } from '../messages/error.ts'
import type { JobEvent } from '../messages/job-event.ts'
import { isAlive, readErrorFile, readJobFile, readProcessFile, readResultFile } from './directory.ts'
import { readLastEvents } from './event-log.ts'

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

export interface JobStatus {
  state: JobState
  /** Undefined when job.json is damaged. */
  stage?: string
  /** ISO 8601. */
  created?: string
  /** When the last event was written, ISO 8601. */
  updated?: string
  progress?: { done: number; total: number; unit: string; note?: string }
  /** The latest numbers, and the step they belong to. */
  metrics?: { step: number; values: Record<string, number | null> }
  /** The last step that survives a kill. */
  checkpoint?: number
  error?: ErrorMessage
  /** Of the process that has it now. */
  process?: { pid: number; host: string; attempt: number; inline: boolean }
}

/** Reads the state of the job in a directory. Never throws for damaged or missing files. */
export async function jobStatus(dir: string): Promise<JobStatus> {
  const holder = readProcessFile(dir)
  // Asked first: a job that ends while this reads is then still called running, never interrupted.
  const alive = isAlive(dir, holder)
  const [file, result, error, events] = await Promise.all([
    readJobFile(dir),
    readResultFile(dir),
    readErrorFile(dir),
    readLastEvents(dir),
  ])
  const last = <Type extends JobEvent['type']>(type: Type) =>
    events.findLast((event): event is Extract<JobEvent, { type: Type }> => event.type === type)
  const [progress, metrics] = [last('progress'), last('metrics')]
  const status: JobStatus = {
    state: result
      ? 'finished'
      : alive
        ? aliveState(events, holder?.attempt)
        : deadState(events, error, holder !== undefined),
    stage: file?.stage,
    created: file?.recorded.created,
    updated: events.at(-1)?.time,
    checkpoint: last('checkpoint')?.step,
  }
  if (progress) {
    const { done, total, unit, note } = progress
    status.progress = { done, total, unit, note }
  }
  if (metrics) status.metrics = { step: metrics.step, values: metrics.values }
  if (status.state === 'failed') status.error = error
  if (alive && holder) {
    const { pid, host, attempt, inline } = holder
    status.process = { pid, host, attempt, inline }
  }
  return status
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

function deadState(events: readonly JobEvent[], error: ErrorMessage | undefined, ran: boolean): JobState {
  if (error) return 'failed'
  if (events.at(-1)?.type === 'stopped') return 'stopped'
  return ran ? 'interrupted' : 'created'
}
