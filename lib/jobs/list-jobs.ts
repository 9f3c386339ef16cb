// The jobs of a root: listing, a table for the terminal, removing.
import { randomBytes } from 'node:crypto'
import { readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../base/errors.ts'
import { confine, fileError } from '../base/files.ts'
import { textTable } from '../base/text-table.ts'
import { isAlive, jobsRoot, lockOf } from './directory.ts'
import { type JobStatus, jobStatus } from './job-status.ts'
import { withLock } from './lock.ts'

export interface JobSummary extends JobStatus {
  id: string
  dir: string
}

const idPattern = /^[a-z][a-z0-9-]*-[0-9a-f]{16}$/

/** All jobs of a root (see `jobsRoot`), the oldest first; none when there is no such folder. */
export async function listJobs(root?: string): Promise<JobSummary[]> {
  const folder = jobsRoot(root)
  const names = await readdir(folder).catch((error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw fileError(error, 'read', folder)
  })
  const jobs = await Promise.all(
    names
      .filter((name) => idPattern.test(name))
      .map(async (id) => ({ id, dir: join(folder, id), ...(await jobStatus(join(folder, id))) })),
  )
  return jobs.sort((a, b) => ((a.created ?? '') < (b.created ?? '') ? -1 : 1))
}

/** The jobs as lines of text: id, state, progress, latest loss, last sign of life. */
export function jobTable(jobs: readonly JobSummary[]): string {
  const rows = jobs.map(({ id, state, progress, metrics, updated, error }) => {
    const loss = metrics?.values.loss
    return [
      id,
      state,
      progress ? `${progress.done}/${progress.total} ${progress.unit}` : '',
      typeof loss === 'number' ? `loss ${loss.toPrecision(4)}` : '',
      error ? error.message.split('\n')[0] : (updated ?? '').replace('T', ' ').slice(0, 19),
    ]
  })
  const head = ['job', 'state', 'progress', 'metrics', 'last event (UTC)']
  return textTable([head, ...rows])
}

/**
 * Deletes a job with all its files.
 *
 * @throws SelmaError `not-found` for an unknown id, `bad-input` while it runs
 */
export async function removeJob(id: string, { root }: { root?: string } = {}): Promise<void> {
  const folder = jobsRoot(root)
  const dir = confine(folder, id)
  const known = idPattern.test(id) && (await readdir(folder).catch(() => [] as string[])).includes(id)
  if (!known)
    fail('not-found', `no job ${JSON.stringify(id)} in ${folder}`, 'listJobs() names those there are')
  await withLock(lockOf(dir), async () => {
    if (isAlive(dir)) fail('bad-input', `${id} is running`, 'stop it first')
    const aside = `${dir}.${randomBytes(6).toString('hex')}.tmp`
    await rename(dir, aside)
    await rm(aside, { recursive: true, force: true })
  })
}
