import { spawnSync } from 'node:child_process'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { SelmaError } from '../../lib/base/errors.ts'
import { readEvents } from '../../lib/jobs/event-log.ts'
import { createJob, openJob, run, start } from '../../lib/jobs/index.ts'
import { workerCommand } from '../../lib/jobs/spawn.ts'
import { newRoot, rejection, removeRoots, stagesFile } from './support/help.ts'
import { sumStage } from './support/stages.ts'

const options = { modules: [stagesFile], atOnce: 0 }
afterAll(removeRoots)

async function fails(trouble: 'selma' | 'bug' | 'uncaught' | 'abort' | 'exit' | 'file' | 'function') {
  const root = await newRoot()
  const job = await start(sumStage, { trouble }, { root, ...options })
  const error = await rejection(job.result())
  return { root, job, error, status: await job.status(), events: await readEvents(job.dir) }
}

/** Runs the worker by hand, as a Slurm script does. */
function work(...args: string[]) {
  const done = spawnSync(process.execPath, [...workerCommand(), ...args], { encoding: 'utf8' })
  return { code: done.status, err: done.stderr }
}

describe('a job that fails', () => {
  it('throws its own error at the notebook, and can be run again', async () => {
    const { root, error, status, events, job } = await fails('selma')
    expect(error).toBeInstanceOf(SelmaError)
    expect(error).toMatchObject({ code: 'mismatch', message: 'the weights do not fit', hint: 'take others' })
    expect(status.state).toBe('failed')
    expect(status.error).toEqual({ code: 'mismatch', message: 'the weights do not fit', hint: 'take others' })
    expect(events.at(-1)).toMatchObject({ type: 'failed', error: { code: 'mismatch' } })
    expect((await rejection((await openJob(job.dir)).result())).hint).toBe('take others')
    const again = await start(sumStage, { trouble: 'selma' }, { root, ...options })
    expect(await again.result()).toEqual(
      await run(sumStage, { trouble: 'none' }, { root: await newRoot(), inline: true }),
    )
    expect((await again.status()).error).toBeUndefined()
  })

  it.each([
    ['bug', 'undefined is not a picture', 'stages.ts'],
    ['uncaught', 'thrown where nobody waits', 'stages.ts'],
  ] as const)('tells a %s with the stack of its process', async (trouble, message, where) => {
    const { error } = await fails(trouble)
    expect(error).not.toBeInstanceOf(SelmaError)
    expect(error.message).toBe(message)
    expect(error.stack).toContain(where)
  })

  it('tells of native code that took the process down', async () => {
    const { root, error, status } = await fails('abort')
    expect(error.code).toBe('engine')
    expect(error.message).toContain('SIGABRT')
    expect(error.message).toContain('native code says goodbye')
    expect(error.hint).toContain('resume from step 10')
    expect(status.state).toBe('interrupted')
    const again = await start(sumStage, { trouble: 'abort' }, { root, ...options })
    expect((await again.result()).steps).toBe(20)
  })

  it('tells of an exit code', async () => {
    const { error } = await fails('exit')
    expect(error.code).toBe('engine')
    expect(error.message).toContain('exit code 3')
  })

  it('refuses a result that is not JSON', async () => {
    const { error } = await fails('function')
    expect(error.code).toBe('bad-input')
    expect(error.message).toContain('the result of sum.sum')
  })

  it('never writes a secret down', async () => {
    const root = await newRoot()
    const secret = 'very-secret-"42"-value'
    process.env.TEST_API_KEY = secret
    const job = await start(sumStage, { trouble: 'secret' }, { root, ...options })
    const error = await rejection(job.result())
    delete process.env.TEST_API_KEY
    expect(error.message).toBe('refused the key [TEST_API_KEY]')
    for (const name of ['job.json', 'events.jsonl', 'error.json', 'stderr.log', 'process.json']) {
      const text = await readFile(join(job.dir, name), 'utf8')
      expect(text).not.toContain('very-secret')
    }
    expect(await readFile(join(job.dir, 'events.jsonl'), 'utf8')).toContain('the key is [TEST_API_KEY]')
  })

  it('is not found when no module knows its stage', async () => {
    const job = await start(sumStage, {}, { root: await newRoot(), atOnce: 0 })
    const error = await rejection(job.result())
    expect(error.code).toBe('not-found')
    expect(error.message).toContain('sum')
  })
})

describe.skipIf(process.platform !== 'linux')('a full disk', () => {
  it('is told as such when a stage writes', async () => {
    const { error, status } = await fails('file')
    expect(error.code).toBe('io')
    expect(error.message).toContain('ENOSPC')
    expect(error.hint).toContain('space')
    expect(status.state).toBe('failed')
  })

  it('is told as such when events cannot be written', async () => {
    const job = await createJob(sumStage, {}, { root: await newRoot() })
    await symlink('/dev/full', join(job.dir, 'events.jsonl'))
    const { code, err } = work('job', job.dir, '--stages', stagesFile)
    expect(code).toBe(1)
    expect(err).toContain('ENOSPC')
    expect(await rejection(job.result())).toMatchObject({
      code: 'io',
      hint: expect.stringContaining('space'),
    })
    await rm(join(job.dir, 'events.jsonl'))
    expect(work('job', job.dir, '--stages', stagesFile).code).toBe(0)
    expect((await job.result()).steps).toBe(20)
  })

  it('is told on stderr and by the exit code when nothing can be written', async () => {
    const job = await createJob(sumStage, {}, { root: await newRoot() })
    await symlink('/dev/full', join(job.dir, 'events.jsonl'))
    await mkdir(join(job.dir, 'error.json', 'in-the-way'), { recursive: true })
    const { code, err } = work('job', job.dir, '--stages', stagesFile)
    expect(code).toBe(74)
    expect(err).toContain(job.dir)
  })
})

describe('the worker, by hand', () => {
  it('runs a job that was only written down, and does not run it twice', async () => {
    const job = await createJob(sumStage, { seed: 5 }, { root: await newRoot() })
    expect((await job.status()).state).toBe('created')
    expect((await rejection(job.result())).code).toBe('not-found')
    expect(work('job', job.dir, '--stages', stagesFile).code).toBe(0)
    expect(await job.result()).toEqual(
      await run(sumStage, { seed: 5 }, { root: await newRoot(), inline: true }),
    )
    const before = await readEvents(job.dir)
    expect(work('job', job.dir, '--stages', stagesFile)).toEqual({ code: 0, err: '' })
    expect(await readEvents(job.dir)).toEqual(before)
    expect((await createJob(sumStage, { seed: 5 }, { root: dirname(job.dir) })).cached).toBeDefined()
  })

  it('leaves a job to the process that has it', async () => {
    const job = await start(sumStage, { steps: 1_000, delay: 20 }, { root: await newRoot(), ...options })
    const { code, err } = work('job', job.dir, '--stages', stagesFile)
    expect(code).toBe(73)
    expect(err).toContain(String((await job.status()).process?.pid))
    expect((await job.stop()).state).toBe('stopped')
    expect(work('job', job.dir).code).toBe(1)
  })

  it('refuses wrong arguments, missing directories, and settings that were changed', async () => {
    expect(work('dance').code).toBe(64)
    expect(work('job', 'x', '--at-once', 'many').code).toBe(64)
    const root = await newRoot()
    expect(work('job', join(root, 'nothing')).code).toBe(1)
    const job = await createJob(sumStage, { seed: 5 }, { root })
    const path = join(job.dir, 'job.json')
    await writeFile(path, (await readFile(path, 'utf8')).replace('"seed": 5', '"seed": 6'))
    const { code, err } = work('job', job.dir, '--stages', stagesFile)
    expect(code).toBe(1)
    expect(err).toContain('do not belong to its hash')
  })

  it('refuses a job made for another version of its stage', async () => {
    const job = await createJob({ ...sumStage, version: 2 }, {}, { root: await newRoot() })
    expect(work('job', job.dir, '--stages', stagesFile).code).toBe(1)
    expect((await rejection(job.result())).code).toBe('mismatch')
  })
})
