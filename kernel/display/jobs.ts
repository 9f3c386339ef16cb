// Handles of jobs. A training that a cell returns shows itself as its monitor, where there is a page to show it;
// every other job, and every other place, gets a line of text.
import { comms } from '../comms.ts'
import type { MimeBundle } from '../outputs.ts'
import { DISPLAY } from './formatters.ts'

/** What is needed of lib/jobs' `Job`, told by its shape: importing lib/jobs would load it into every kernel. */
interface JobLike {
  dir: string
  id: string
  status(): Promise<{ state: string; progress?: { done: number; total: number; unit: string } }>
  pause(): Promise<void>
}

function isJob(value: unknown): value is JobLike {
  if (typeof value !== 'object' || value === null || value.constructor?.name !== 'Job') return false
  const { dir, id, status, pause } = value as Partial<JobLike>
  return (
    typeof dir === 'string' &&
    typeof id === 'string' &&
    typeof status === 'function' &&
    typeof pause === 'function'
  )
}

async function monitored(job: JobLike): Promise<MimeBundle> {
  const { trainingMonitor } = await import('../widgets/index.ts')
  return trainingMonitor(job as Parameters<typeof trainingMonitor>[0])[DISPLAY]()
}

async function told(job: JobLike): Promise<MimeBundle> {
  const { state, progress } = await job.status()
  const done = progress ? `, ${progress.done} of ${progress.total} ${progress.unit}` : ''
  return { 'text/plain': `Job ${job.id}: ${state}${done}` }
}

/** The bundle of a job's handle; undefined for anything else. */
export function job(value: unknown): Promise<MimeBundle> | undefined {
  if (!isJob(value)) return undefined
  const training = value.id.startsWith('train-')
  return training && comms.transport ? monitored(value) : told(value)
}
