import { rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { writeJson } from '../../../lib/base/files.ts'
import { createJob, defineStage, type Job, start } from '../../../lib/jobs/index.ts'
import { ownIdentity } from '../../../lib/jobs/process-identity.ts'
import { heartbeatLimit } from '../../../lib/messages/job-state.ts'
import type { Run } from '../../../plugins/lab/jobs/run.ts'
import { silenceTold } from '../../../plugins/lab/jobs/state.ts'
import { LiveJobError, RunStore } from '../../../plugins/lab/jobs/store.ts'
import { temporaryFolder } from '../../support/temporary.ts'
import { diskFiles } from './disk-files.ts'

const counting = defineStage({
  name: 'count',
  version: 1,
  settings: z.object({ name: z.string(), to: z.number().default(3), fails: z.boolean().default(false) }),
  async run({ to, fails }, job) {
    for (let step = 1; step <= to; step++) {
      job.progress(step, to, { unit: 'steps' })
      job.metrics(step, { loss: 1 / step })
      await job.turn(async () => job.emit({ type: 'checkpoint', step }))
    }
    if (fails) throw new Error('no more numbers <img src=x onerror=alert(1)>')
    return { counted: to }
  },
})

async function setting() {
  const root = await temporaryFolder()
  const files = diskFiles(root)
  const store = new RunStore(files)
  const begin = (input: z.input<typeof counting.settings>) =>
    start(counting, input, { root: join(root, 'jobs'), inline: true })
  const look = async (): Promise<Run[]> => {
    await store.look(['jobs'])
    return store.runs
  }
  /** Looks until it is so. */
  const until = async (state: string): Promise<Run> => {
    for (;;) {
      const found = (await look()).find((run) => run.state === state)
      if (found) return found
    }
  }
  return { root, files, store, begin, look, until }
}

/** What the panel says, beside what the library says of the same directory. */
async function compare(run: Run, job: Job): Promise<void> {
  const status = await job.status()
  expect(run.id).toBe(job.id)
  expect(run.state).toBe(status.state)
  expect(run.stage).toBe(status.stage)
  expect(run.created).toBe(status.created)
  expect(run.progress).toEqual(status.progress)
  expect(run.loss).toBe(status.metrics?.values.loss)
  expect(run.error?.message).toBe(status.error?.message)
}

describe('the jobs of a folder', () => {
  it('are those of the library, in the same states', async () => {
    const { root, begin, look } = await setting()
    const finished = await begin({ name: 'three' })
    await finished.result()
    const failed = await begin({ name: 'bad', fails: true })
    await expect(failed.result()).rejects.toThrow('no more numbers')
    const created = await createJob(counting, { name: 'later' }, { root: join(root, 'jobs') })
    await writeFile(join(root, 'jobs', 'no job'), '')
    const runs = await look()
    expect(runs).toHaveLength(3)
    for (const job of [finished, failed, created])
      await compare(runs.find(({ id }) => id === job.id) as Run, job)
    expect(runs.map(({ name }) => name).sort()).toEqual(['bad', 'later', 'three'])
    for (const { size } of runs) expect(size).toBeGreaterThan(300)
  })

  it('are paused, resumed and stopped through control.json', async () => {
    const { store, begin, until } = await setting()
    const job = await begin({ name: 'long', to: 1_000_000 })
    const running = await until('running')
    await store.ask(running.path, 'pause')
    expect(store.asked(running.path)).toBe('pause')
    const paused = await until('paused')
    await compare(paused, job)
    await expect(store.remove(paused.path)).rejects.toThrow(LiveJobError)
    await store.ask(paused.path, 'run')
    await until('running')
    await store.ask(paused.path, 'stop')
    const stopped = await until('stopped')
    await compare(stopped, job)
    expect(store.asked(stopped.path)).toBeUndefined()
    await store.remove(stopped.path)
    expect(store.runs).toEqual([])
  })

  it('are read again only when something has changed', async () => {
    const { files, begin, look } = await setting()
    await (await begin({ name: 'three' })).result()
    const first = await look()
    const before = files.reads.length
    expect(await look()).toEqual(first)
    expect(files.reads.length).toBe(before)
  })

  it('are not asked for where there is no folder', async () => {
    const { root, files, store, begin } = await setting()
    const asked: string[] = []
    const watched = new RunStore({
      ...files,
      list: (folder) => {
        asked.push(folder)
        return files.list(folder)
      },
    })
    await watched.look(['a/.selma/jobs', '.selma/jobs'])
    expect(asked).toEqual(['', ''])
    await (await begin({ name: 'three' })).result()
    await watched.look(['jobs'])
    await watched.look(['jobs'])
    expect(watched.found).toEqual(['jobs'])
    await rm(join(root, 'jobs'), { recursive: true })
    asked.length = 0
    await watched.look(['jobs'])
    expect(asked).toEqual([''])
    expect([...watched.runs, ...store.runs]).toEqual([])
  })

  it('disappear with their folders', async () => {
    const { store, begin, look } = await setting()
    await (await begin({ name: 'three' })).result()
    expect(await look()).toHaveLength(1)
    await store.look(['elsewhere'])
    expect(store.runs).toEqual([])
    expect(store.found).toEqual([])
    await store.look(['jobs'])
    expect(store.found).toEqual(['jobs'])
  })
})

describe('a job whose process is not seen', () => {
  /** A job that a process of another machine had, whose last beat is so long ago. */
  async function beat(ago: number) {
    const { root, look } = await setting()
    const job = await createJob(counting, { name: 'far' }, { root: join(root, 'jobs') })
    const path = join(job.dir, 'process.json')
    await writeJson(path, { version: 1, ...ownIdentity(), host: 'elsewhere', attempt: 1, inline: false })
    await writeFile(
      join(job.dir, 'events.jsonl'),
      '{"version":1,"time":"2026-01-01T00:00:00Z","type":"started","attempt":1}\n{"half',
    )
    const time = (Date.now() - ago) / 1000
    await utimes(path, time, time)
    const [run] = await look()
    await compare(run, job)
    return run
  }

  it('runs as long as its heart beats', async () => {
    expect(await beat(0)).toMatchObject({ state: 'running' })
    expect((await beat(0)).silent).toBeUndefined()
    expect((await beat(silenceTold + 1000)).silent).toBeGreaterThan(silenceTold)
    expect((await beat(heartbeatLimit + 1000)).state).toBe('interrupted')
  })
})

describe('damaged files', () => {
  it('are a job without what they would say', async () => {
    const { root, look } = await setting()
    const job = await createJob(counting, { name: 'x' }, { root: join(root, 'jobs') })
    for (const name of ['job.json', 'process.json', 'error.json'])
      await writeFile(join(job.dir, name), '{"version": 1, "stage": 7, "pid":')
    await writeFile(join(job.dir, 'events.jsonl'), 'null\n[]\n{"version":1,"type":"progress","time":"x"}\n')
    expect(await look()).toMatchObject([{ id: job.id, stage: 'count', state: 'created', name: '' }])
  })
})
