// What a job is doing, read from its directory: works for jobs of any process, alive or dead.
import type { ErrorMessage } from '../messages/error.ts'
import type { JobEvent } from '../messages/job-event.ts'
import { type JobState, jobState } from '../messages/job-state.ts'
import { isAlive, readErrorFile, readJobFile, readProcessFile, readResultFile } from './directory.ts'
import { readLastEvents } from './event-log.ts'

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
    state: jobState({ finished: result !== undefined, alive, attempt: holder?.attempt, error, events }),
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
