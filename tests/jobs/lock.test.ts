import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readdir, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { withLock } from '../../lib/jobs/lock.ts'
import { identityOf, isRunning, ownIdentity, sameProcess } from '../../lib/jobs/process-identity.ts'
import { newRoot, rejection, removeRoots } from './support/help.ts'

afterAll(removeRoots)

describe('withLock', () => {
  it('lets one in at a time, also when it starts with the lock of a dead process', async () => {
    const path = join(await newRoot(), 'lock')
    await writeFile(path, JSON.stringify({ ...ownIdentity(), startedAs: 'long ago' }))
    let [inside, most, count] = [0, 0, 0]
    const enter = () =>
      withLock(path, async () => {
        most = Math.max(most, ++inside)
        const before = count
        await sleep(1)
        count = before + 1
        inside--
      })
    await Promise.all(Array.from({ length: 20 }, enter))
    expect([most, count]).toEqual([1, 20])
    expect(await readdir(join(path, '..'))).toEqual([])
  })

  it('is let go of when the work fails', async () => {
    const path = join(await newRoot(), 'lock')
    expect((await rejection(withLock(path, () => Promise.reject(new Error('no'))))).message).toBe('no')
    expect(existsSync(path)).toBe(false)
  })

  it('gives up on a live holder, naming it, and leaves its lock', async () => {
    const path = join(await newRoot(), 'lock')
    await writeFile(path, JSON.stringify(ownIdentity()))
    const error = await rejection(withLock(path, async () => {}, { patience: 30 }))
    expect(error.code).toBe('io')
    expect(error.hint).toContain(String(process.pid))
    expect(existsSync(path)).toBe(true)
  })

  it('breaks an old lock that names nobody, and one of another machine', async () => {
    const path = join(await newRoot(), 'lock')
    const long = new Date(Date.now() - 60_000)
    for (const content of ['', JSON.stringify({ ...ownIdentity(), host: 'elsewhere' })]) {
      await writeFile(path, content)
      expect((await rejection(withLock(path, async () => {}, { patience: 30 }))).code).toBe('io')
      await utimes(path, long, long)
      expect(await withLock(path, async () => 'in')).toBe('in')
    }
  })
})

describe('the identity of a process', () => {
  it('tells a live process from a dead one and from another with its pid', async () => {
    const own = ownIdentity()
    expect(isRunning(own)).toBe(true)
    expect(sameProcess(own, ownIdentity())).toBe(true)
    expect(isRunning({ ...own, startedAs: `${own.startedAs}0` })).toBe(false)
    expect(isRunning({ ...own, host: 'elsewhere' })).toBe(false)
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
    const other = identityOf(child.pid ?? 0)
    expect(other && isRunning(other)).toBe(true)
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(other && isRunning(other)).toBe(false)
    expect(identityOf(child.pid ?? 0)).toBeUndefined()
  })
})
