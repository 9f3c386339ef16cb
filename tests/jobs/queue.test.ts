import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it, vi } from 'vitest'
import { writeJson } from '../../lib/base/files.ts'
import { readEvents } from '../../lib/jobs/event-log.ts'
import { type Job, jobStatus, jobTable, listJobs, removeJob, run, start } from '../../lib/jobs/index.ts'
import { ownIdentity } from '../../lib/jobs/process-identity.ts'
import { jobsAtOnce, waitForTurn } from '../../lib/jobs/queue.ts'
import {
  all,
  atStep,
  eventOf,
  killProcessOf,
  newRoot,
  rejection,
  removeRoots,
  stagesFile,
} from './support/help.ts'
import { sumStage, waitingStage } from './support/stages.ts'

const modules = [stagesFile]
const forever = new AbortController().signal
afterAll(removeRoots)

/** First and last time a job's stage was at work. */
async function span(job: Job): Promise<[string, string]> {
  const events = await readEvents(job.dir)
  return [events.find((event) => event.type === 'started')?.time ?? '', events.at(-1)?.time ?? '']
}

describe('the queue', () => {
  it('runs one job after another, in the order they came', async () => {
    const root = await newRoot()
    const holder = await start(waitingStage, {}, { root, modules })
    await eventOf(holder, ({ type }) => type === 'progress')
    const jobs: Job[] = []
    for (const seed of [1, 2]) {
      const job = await start(sumStage, { seed, delay: 10 }, { root, modules })
      await eventOf(job, ({ type }) => type === 'queued')
      jobs.push(job)
    }
    expect((await readEvents(jobs[1].dir))[0]).toMatchObject({ type: 'queued', ahead: 2 })
    await holder.stop()
    await Promise.all(jobs.map((job) => job.result()))
    const [first, second] = await Promise.all(jobs.map(span))
    expect(second[0] >= first[1]).toBe(true)
  })

  it('goes on when the one before is killed, and forgets those that are stopped while they wait', async () => {
    const root = await newRoot()
    const first = await start(waitingStage, {}, { root, modules })
    await eventOf(first, ({ type }) => type === 'progress')
    const waiting = []
    for (const seed of [1, 2]) {
      const job = await start(sumStage, { seed }, { root, modules })
      await eventOf(job, ({ type }) => type === 'queued')
      waiting.push(job)
    }
    expect((await waiting[0].status()).state).toBe('queued')
    expect((await waiting[0].stop()).state).toBe('stopped')
    expect((await all(waiting[0])).some(({ type }) => type === 'started')).toBe(false)
    await killProcessOf(first)
    expect((await waiting[1].result()).steps).toBe(20)
  })

  it('lets as many go as asked, one ticket each', async () => {
    const root = await newRoot()
    const options = { root, signal: forever, atOnce: 2 }
    const told: number[] = []
    const first = await waitForTurn({ ...options, id: 'a', onQueued: () => {} })
    const second = await waitForTurn({ ...options, id: 'b', onQueued: () => {} })
    // A dead process's ticket, between the living: as after a reboot.
    await writeJson(join(root, '.queue', '000000000003-dead.json'), {
      ...ownIdentity(),
      startedAs: 'long ago',
    })
    await writeFile(join(root, '.queue', '000000000004-cut.json'), '{"pi')
    const third = waitForTurn({ ...options, id: 'c', onQueued: (ahead) => told.push(ahead) })
    const gaveUp = new AbortController()
    const fourth = rejection(
      waitForTurn({
        ...options,
        id: 'd',
        signal: gaveUp.signal,
        onQueued: () => gaveUp.abort(new Error('enough')),
      }),
    )
    expect((await fourth).message).toBe('enough')
    // The third may look at the queue after the fourth has left it.
    await vi.waitFor(() => expect(told).toEqual([2]))
    await first()
    await (await third)()
    await second()
  })

  it('refuses numbers that are none', () => {
    expect(() => jobsAtOnce(-1)).toThrow('-1')
    expect(() => jobsAtOnce(1.5)).toThrow('1.5')
    expect(jobsAtOnce()).toBe(1)
  })
})

describe('the list of jobs', () => {
  it('shows what there is, and removes what does not run', async () => {
    const root = await newRoot()
    expect(await listJobs(join(root, 'nowhere'))).toEqual([])
    await run(sumStage, { seed: 1 }, { root, inline: true })
    await rejection(run(sumStage, { seed: 2, trouble: 'selma' }, { root, inline: true }))
    const job = await start(sumStage, { seed: 3, steps: 2_000, delay: 10 }, { root, modules })
    await eventOf(job, atStep(2))
    const jobs = await listJobs(root)
    expect(jobs.map(({ state }) => state)).toEqual(['finished', 'failed', 'running'])
    const lines = jobTable(jobs).split('\n')
    expect(lines).toHaveLength(4)
    expect(lines[1]).toMatch(/^sum-[0-9a-f]{16} +finished +20\/20 steps/)
    expect(lines[2]).toContain('the weights do not fit')
    expect(lines[3]).toMatch(/running +\d+\/2000 steps/)

    const error = await rejection(removeJob(job.id, { root }))
    expect(error.hint).toContain('stop')
    await job.stop()
    await removeJob(job.id, { root })
    expect(await listJobs(root)).toHaveLength(2)
    for (const id of [job.id, '../../etc', '.queue', 'sum-0']) {
      expect(['not-found', 'bad-file']).toContain((await rejection(removeJob(id, { root }))).code)
    }
  })

  it('shows damaged jobs instead of failing', async () => {
    const root = await newRoot()
    const job = await start(sumStage, {}, { root, inline: true })
    await job.result()
    for (const name of ['job.json', 'result.json', 'process.json', 'events.jsonl']) {
      await writeFile(join(job.dir, name), '\0{"version":')
    }
    expect((await listJobs(root)).map(({ id, state }) => [id, state])).toEqual([[job.id, 'created']])
    expect(await jobStatus(join(root, 'nothing'))).toMatchObject({ state: 'created' })
  })
})
