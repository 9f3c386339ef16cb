import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readEvents } from '../../lib/jobs/event-log.ts'
import { describeJob, Job, openJob, restartJob, run, start } from '../../lib/jobs/index.ts'
import { workerCommand } from '../../lib/jobs/spawn.ts'
import {
  all,
  atStep,
  eventOf,
  killProcessOf,
  newRoot,
  rejection,
  removeRoots,
  stagesFile,
  submitFile,
} from './support/help.ts'
import { outerStage, type Sum, sumStage } from './support/stages.ts'

const modules = [stagesFile]
let root: string
let whole: Sum

/** What another process prints. */
function submitElsewhere(...args: string[]): Promise<string> {
  const child = spawn(process.execPath, [...workerCommand().slice(0, 2), submitFile, ...args])
  let [out, err] = ['', '']
  child.stdout.on('data', (data) => {
    out += data
  })
  child.stderr.on('data', (data) => {
    err += data
  })
  return new Promise((done, failed) => {
    child.on('exit', (code) => (code === 0 ? done(out) : failed(new Error(err))))
  })
}

beforeAll(async () => {
  root = await newRoot()
  whole = await run(sumStage, { seed: 7, steps: 30, delay: 20 }, { root: await newRoot(), inline: true })
})
afterAll(removeRoots)

describe('start', () => {
  it('runs in a process of its own, and is answered at once the second time', async () => {
    const job = await start(sumStage, { seed: 7, steps: 30, delay: 20 }, { root, modules })
    expect(job).toBeInstanceOf(Job)
    expect('then' in job).toBe(false)
    expect(job.id).toMatch(/^sum-[0-9a-f]{16}$/)
    expect(job.cached).toBeUndefined()
    expect((await job.status()).process?.pid).not.toBe(process.pid)
    expect(await job.result()).toEqual(whole)
    const types = (await all(job)).map((event) => event.type)
    expect(types[0]).toBe('started')
    expect(types.at(-1)).toBe('finished')
    expect(types.filter((type) => type === 'metrics')).toHaveLength(30)

    const again = await start(sumStage, { delay: 20, steps: 30, seed: 7 }, { root, modules })
    expect(again.dir).toBe(job.dir)
    const file = JSON.parse(await readFile(join(job.dir, 'job.json'), 'utf8'))
    expect(again.cached?.hash).toBe(file.hash)
    expect(Date.parse(again.cached?.when ?? '')).toBeGreaterThan(Date.parse(file.recorded.created))
    expect(await again.result()).toEqual(whole)
    expect((await all(again)).filter((event) => event.type === 'started')).toHaveLength(1)
    expect(file.settings.every).toBe(5)
    expect(file.recorded.packages.zod).toMatch(/^\d+\./)
  })

  it('computes anew when asked to, in an empty directory', async () => {
    const settings = { seed: 1 }
    const first = await start(sumStage, settings, { root, inline: true })
    const result = await first.result()
    await writeFile(join(first.dir, 'left-over'), 'x')
    const fresh = await start(sumStage, settings, { root, inline: true, fresh: true })
    expect(fresh.cached).toBeUndefined()
    expect(await fresh.result()).toEqual(result)
    expect(existsSync(join(fresh.dir, 'left-over'))).toBe(false)
    expect((await readdir(root)).filter((name) => name.includes('.tmp'))).toEqual([])
  })

  it('ends a running process when asked for a fresh start', async () => {
    const settings = { seed: 2, steps: 2_000, delay: 5 }
    const first = await start(sumStage, settings, { root, modules })
    await eventOf(first, atStep(3))
    const pid = (await first.status()).process?.pid
    const second = await start(sumStage, settings, { root, modules, fresh: true })
    await eventOf(second, atStep(1))
    expect((await second.status()).process?.pid).not.toBe(pid)
    expect((await readEvents(second.dir))[0]).toMatchObject({ type: 'started', attempt: 1 })
    await second.stop()
  })

  it('gives another name to another version of the stage, and to other inputs', async () => {
    const newer = { ...sumStage, version: 2 }
    const other = { ...sumStage, inputs: async () => ({ model: 'abc' }) }
    const ids = await Promise.all(
      [sumStage, newer, other].map(async (stage) => (await describeJob(stage, { seed: 1 }, root)).id),
    )
    expect(new Set(ids).size).toBe(3)
  })

  it('goes on after kill -9 as if nothing had happened', async () => {
    const settings = { seed: 7, steps: 30, delay: 100 }
    const elsewhere = await newRoot()
    const job = await start(sumStage, settings, { root: elsewhere, modules })
    await eventOf(job, atStep(12))
    await killProcessOf(job)
    const error = await rejection(job.result())
    expect(error.code).toBe('engine')
    expect(error.message).toContain('SIGKILL')
    expect(error.hint).toMatch(/resume from step \d+/)
    expect((await job.status()).state).toBe('interrupted')
    // As a kill in the middle of a write leaves it.
    await writeFile(join(job.dir, 'events.jsonl'), '{"version":1,"type":"metr', { flag: 'a' })

    const second = await start(sumStage, settings, { root: elsewhere, modules })
    expect(second.dir).toBe(job.dir)
    expect(await second.result()).toEqual(whole)
    const events = await all(second)
    const resumed = events.findIndex((event) => event.type === 'started' && event.attempt === 2)
    const next = events.slice(resumed).find((event) => event.type === 'metrics')
    // From the last saved state, of which the hint knows unless it was killed before it could say so.
    expect([11, 16, 21, 26]).toContain(next?.step)
    expect(next?.step).toBeGreaterThan(Number(/\d+/.exec(error.hint ?? '')))
    expect(events.at(-1)?.type).toBe('finished')
  })

  it('goes on from its directory alone, and leaves alone what runs or has its result', async () => {
    const settings = { seed: 7, steps: 30, delay: 100 }
    const elsewhere = await newRoot()
    const job = await start(sumStage, settings, { root: elsewhere, modules })
    await eventOf(job, atStep(7))
    const before = await job.status()
    await restartJob(job.dir, { modules })
    expect((await job.status()).process).toEqual(before.process)
    await job.stop()
    expect((await job.status()).state).toBe('stopped')
    await restartJob(job.dir, { modules })
    expect(await job.result()).toEqual(whole)
    const attempts = async () => (await all(job)).filter((event) => event.type === 'started').length
    expect(await attempts()).toBe(2)
    await restartJob(job.dir, { modules })
    expect((await job.status()).state).toBe('finished')
    expect(await attempts()).toBe(2)
    const error = await rejection(restartJob(join(elsewhere, 'sum-0123456789abcdef'), { modules }))
    expect(error.code).toBe('not-found')
  })

  it('outlives the process that started it, and is found by another', async () => {
    const settings = { seed: 7, steps: 30, delay: 100 }
    const elsewhere = await newRoot()
    await writeFile(join(elsewhere, 'go'), '')
    const { dir } = JSON.parse(await submitElsewhere(elsewhere, JSON.stringify(settings), 'leave'))
    const job = await start(sumStage, settings, { root: elsewhere, modules })
    expect(job.dir).toBe(dir)
    expect(job.cached).toBeUndefined()
    expect(await job.result()).toEqual(whole)
    expect((await all(job)).filter((event) => event.type === 'started')).toHaveLength(1)
    expect(await (await openJob<Sum>(dir)).result()).toEqual(whole)
  })

  it('starts one process for two that ask at the same time', async () => {
    const settings = { seed: 7, steps: 30, delay: 20 }
    const elsewhere = await newRoot()
    const asked = [1, 2].map(() => submitElsewhere(elsewhere, JSON.stringify(settings)))
    await writeFile(join(elsewhere, 'go'), '')
    for (const printed of await Promise.all(asked)) expect(JSON.parse(printed)).toEqual({ result: whole })
    const { dir } = await describeJob(sumStage, settings, elsewhere)
    const started = (await readEvents(dir)).filter((event) => event.type === 'started')
    expect(started).toHaveLength(1)
  })

  it('runs jobs of a job within the same process', async () => {
    const outer = await start(outerStage, { seed: 3 }, { root, modules })
    const { inner, pid } = await outer.result()
    expect(inner).toEqual(await run(sumStage, { seed: 3 }, { root: await newRoot(), inline: true }))
    expect(pid).not.toBe(process.pid)
    expect((await start(sumStage, { seed: 3 }, { root })).cached).toBeDefined()
  })

  it('writes job.json anew when it is damaged', async () => {
    const elsewhere = await newRoot()
    const job = await start(sumStage, { seed: 4 }, { root: elsewhere, inline: true })
    const result = await job.result()
    await writeFile(join(job.dir, 'job.json'), '{"version":1,"st')
    await writeFile(join(job.dir, 'result.json'), '{"version":1,')
    expect((await job.status()).state).toBe('interrupted')
    const again = await start(sumStage, { seed: 4 }, { root: elsewhere, inline: true })
    expect(again.cached).toBeUndefined()
    expect(await again.result()).toEqual(result)
  })

  it('refuses bad settings by name', async () => {
    const error = await rejection(start(sumStage, { steps: -1 }, { root }))
    expect(error.code).toBe('bad-input')
    expect(error.message).toContain('steps')
  })

  it('says where it cannot write', async () => {
    const file = join(root, 'a-file')
    await writeFile(file, '')
    const error = await rejection(start(sumStage, {}, { root: join(file, 'jobs') }))
    expect(error.code).toBe('io')
    expect(error.message).toContain(file)
  })

  it('does not know a job that was never started', async () => {
    expect((await rejection(openJob(join(root, 'sum-0000000000000000')))).code).toBe('not-found')
  })
})

describe('run', () => {
  it('tells of events, and saves and stops when aborted', async () => {
    const settings = { seed: 7, steps: 30, delay: 100 }
    const elsewhere = await newRoot()
    const abort = new AbortController()
    const error = await rejection(
      run(sumStage, settings, {
        root: elsewhere,
        modules,
        signal: abort.signal,
        onEvent: (event) => {
          if (atStep(7)(event)) abort.abort()
        },
      }),
    )
    expect(error.code).toBe('stopped')
    const step = Number(/step (\d+)/.exec(error.hint ?? '')?.[1])
    expect(step).toBeGreaterThanOrEqual(7)
    const { dir } = await describeJob(sumStage, settings, elsewhere)
    expect((await (await openJob(dir)).status()).state).toBe('stopped')
    const seen: number[] = []
    const result = await run(sumStage, settings, { root: elsewhere, modules })
    expect(result).toEqual(whole)
    for (const event of await readEvents(dir)) if (event.type === 'metrics') seen.push(event.step)
    expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => index + 1))
  })

  it('does not begin when already aborted', async () => {
    const error = await rejection(run(sumStage, { seed: 99 }, { root, signal: AbortSignal.abort() }))
    expect(error.code).toBe('stopped')
    expect(existsSync((await describeJob(sumStage, { seed: 99 }, root)).dir)).toBe(false)
  })
})
