// Helpers for tests with job directories and processes.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { SelmaError } from '../../../lib/base/errors.ts'
import { type Job, listJobs } from '../../../lib/jobs/index.ts'
import type { JobEvent } from '../../../lib/messages/index.ts'

export const stagesFile = fileURLToPath(new URL('./stages.ts', import.meta.url))
export const submitFile = fileURLToPath(new URL('./submit.ts', import.meta.url))

const made: string[] = []

/** A fresh folder for jobs; `removeRoots` deletes it, and ends what still runs there after a failed test. */
export async function newRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'selma-jobs-'))
  made.push(root)
  return root
}

export async function removeRoots(): Promise<void> {
  for (const root of made.splice(0)) {
    for (const { process: holder } of await listJobs(root)) {
      if (holder && !holder.inline) process.kill(holder.pid, 'SIGKILL')
    }
    await rm(root, { recursive: true, force: true })
  }
}

/** The first event that satisfies `is`; an error when the job ends before. */
export async function eventOf(job: Job, is: (event: JobEvent) => boolean): Promise<JobEvent> {
  for await (const event of job) if (is(event)) return event
  throw new Error(`no such event in ${job.id}: ${JSON.stringify(await job.status())}`)
}

export const atStep = (step: number) => (event: JobEvent) => event.type === 'metrics' && event.step >= step

export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10)
}

export async function all(job: Job): Promise<JobEvent[]> {
  const events: JobEvent[] = []
  for await (const event of job) events.push(event)
  return events
}

/** As the kernel does when memory runs out. */
export async function killProcessOf(job: Job): Promise<void> {
  const { process: holder } = await job.status()
  if (!holder) throw new Error(`${job.id} does not run`)
  process.kill(holder.pid, 'SIGKILL')
}

/** The SelmaError (or other error) that a promise is rejected with. */
export async function rejection(promise: Promise<unknown>): Promise<SelmaError> {
  try {
    await promise
  } catch (error) {
    return error as SelmaError
  }
  throw new Error('it was not rejected')
}
