import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readControl } from '../../lib/jobs/control.ts'
import { readProcessFile } from '../../lib/jobs/directory.ts'
import { readEvents } from '../../lib/jobs/event-log.ts'
import { run, start } from '../../lib/jobs/index.ts'
import { isRunning } from '../../lib/jobs/process-identity.ts'
import { all, atStep, eventOf, newRoot, rejection, removeRoots, stagesFile, until } from './support/help.ts'
import { deafStage, type Sum, sumStage, waitingStage } from './support/stages.ts'

const options = { modules: [stagesFile], atOnce: 0 }
const settings = { seed: 7, steps: 100, delay: 10, every: 1_000 }
let whole: Sum
beforeAll(async () => {
  whole = await run(sumStage, { ...settings, delay: 0 }, { root: await newRoot(), inline: true })
})
afterAll(removeRoots)

/** What the Lab panel does: it knows the directory and the message, nothing else. */
async function ask(dir: string, command: string): Promise<string> {
  const id = randomUUID()
  await writeFile(join(dir, 'control.json.part'), JSON.stringify({ version: 1, command, id }))
  await rename(join(dir, 'control.json.part'), join(dir, 'control.json'))
  return id
}

describe('control.json alone', () => {
  it('pauses, saves, goes on and stops a job', async () => {
    const job = await start(sumStage, settings, { root: await newRoot(), ...options })
    await eventOf(job, atStep(5))
    const paused = await ask(job.dir, 'pause')
    await eventOf(job, (event) => event.type === 'paused')
    await until(() => readProcessFile(job.dir)?.control === paused)
    expect((await job.status()).state).toBe('paused')
    const { length } = await readEvents(job.dir)
    await sleep(150)
    expect(await readEvents(job.dir)).toHaveLength(length)

    const saved = await ask(job.dir, 'checkpoint')
    await until(() => readProcessFile(job.dir)?.control === saved)
    const events = await readEvents(job.dir)
    expect(events).toHaveLength(length + 1)
    expect(events.at(-1)?.type).toBe('checkpoint')
    expect((await job.status()).state).toBe('paused')

    await ask(job.dir, 'run')
    await eventOf(job, (event) => event.type === 'resumed')
    await eventOf(job, atStep(20))
    await ask(job.dir, 'stop')
    expect((await rejection(job.result())).code).toBe('stopped')
    expect((await readEvents(job.dir)).at(-1)?.type).toBe('stopped')
    expect((await job.status()).state).toBe('stopped')

    const again = await start(sumStage, settings, { root: join(job.dir, '..'), ...options })
    expect(await again.result()).toEqual(whole)
  })

  it('is obeyed when written before the process looks, and damaged files are left alone', async () => {
    const job = await start(sumStage, settings, { root: await newRoot(), ...options })
    await ask(job.dir, 'stop')
    expect((await rejection(job.result())).code).toBe('stopped')
    const again = await start(sumStage, settings, { root: join(job.dir, '..'), ...options })
    await writeFile(join(job.dir, 'control.json'), '{"version":1,"comm')
    await eventOf(again, atStep(5))
    await writeFile(join(job.dir, 'control.json'), '{"version":1,"command":"dance","id":"1"}')
    expect(await again.result()).toEqual(whole)
  })
})

describe('a job handle', () => {
  it('returns from pause, checkpoint and resume when the job has obeyed', async () => {
    const job = await start(sumStage, settings, { root: await newRoot(), ...options })
    await eventOf(job, atStep(3))
    await job.pause()
    expect((await job.status()).state).toBe('paused')
    await job.checkpoint()
    const { metrics, checkpoint } = await job.status()
    expect(checkpoint).toBe(metrics?.step)
    const state = JSON.parse(await readFile(join(job.dir, 'state', 'sum.json'), 'utf8'))
    expect(state).toEqual({ step: checkpoint, sum: metrics?.values.sum })
    await job.resume()
    expect((await job.status()).state).toBe('running')
    await job.pause()
    expect((await job.stop()).state).toBe('stopped')
  })

  it('obeys between units of work that block the process', async () => {
    const blocked = { ...settings, delay: 0, block: 150 }
    const job = await start(sumStage, blocked, { root: await newRoot(), ...options })
    await eventOf(job, atStep(2))
    await job.checkpoint()
    expect((await job.status()).checkpoint).toBeGreaterThanOrEqual(2)
    expect((await job.stop()).state).toBe('stopped')
  })

  it('may be asked for again while the job stops: it goes on when it has', async () => {
    const root = await newRoot()
    const job = await start(sumStage, settings, { root, ...options })
    await eventOf(job, atStep(3))
    const stopping = job.stop()
    await until(() => readControl(job.dir)?.command === 'stop')
    const again = await start(sumStage, settings, { root, ...options })
    expect(await again.result()).toEqual(whole)
    await stopping
  })

  it('does not outlive its directory', async () => {
    const job = await start(sumStage, settings, { root: await newRoot(), ...options })
    await eventOf(job, atStep(3))
    await job.pause()
    const holder = readProcessFile(job.dir)
    await rm(job.dir, { recursive: true })
    await until(() => !holder || !isRunning(holder))
    expect(existsSync(job.dir)).toBe(false)
  })

  it('is not obeyed by a job that has ended, and says so', async () => {
    const job = await start(sumStage, {}, { root: await newRoot(), inline: true })
    await job.result()
    const error = await rejection(job.pause())
    expect(error.code).toBe('bad-input')
    expect(error.message).toContain('finished')
    expect((await job.stop()).state).toBe('finished')
  })

  it('stops a job that waits for an answer from elsewhere', async () => {
    const job = await start(waitingStage, {}, { root: await newRoot(), ...options })
    await eventOf(job, (event) => event.type === 'progress')
    expect((await job.stop()).state).toBe('stopped')
    expect((await rejection(job.result())).code).toBe('stopped')
  })

  it('kills a job that does not listen', async () => {
    const job = await start(deafStage, {}, { root: await newRoot(), ...options })
    await eventOf(job, (event) => event.type === 'progress')
    const holder = readProcessFile(job.dir)
    expect(holder && isRunning(holder)).toBe(true)
    expect((await job.stop({ grace: 300 })).state).toBe('interrupted')
    expect(holder && isRunning(holder)).toBe(false)
    const error = await rejection(job.result())
    expect(error.code).toBe('engine')
    expect(error.message).toContain('SIGKILL')
  })

  it('stops a job of this process, and leaves the process alone', async () => {
    const job = await start(sumStage, settings, { root: await newRoot(), inline: true })
    await eventOf(job, atStep(3))
    expect((await job.stop({ grace: 50 })).state).toBe('stopped')
    expect((await rejection(job.result())).code).toBe('stopped')
    const again = await start(sumStage, settings, { root: join(job.dir, '..'), inline: true })
    expect(await again.result()).toEqual(whole)
    expect((await all(again)).filter((event) => event.type === 'started')).toHaveLength(2)
  })
})
