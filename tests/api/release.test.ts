// Memory that a cell's models hold: sessions let go when asked, and by themselves after a while; the engine's process ends
// with the last of them, and everything is drawn the same again.
import { afterEach, describe, expect, it } from 'vitest'
import { sharedEngine } from '../../lib/api/shared-engine.ts'
import { T2I } from '../../lib/api/t2i.ts'
import { goldenPath } from '../support/golden.ts'

const usual = T2I.idleAfter
afterEach(() => {
  T2I.idleAfter = usual
})
const draw = (model: T2I) => model.draw('a red ring', { steps: 2 })
const engine = sharedEngine()

/** Waits until something holds; the test's own time limit is the limit. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((done) => setTimeout(done, 20))
}
const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

describe('a model that is released', () => {
  it('leaves the sessions of others, and the process with the last of them', {
    timeout: 120_000,
  }, async () => {
    const [first, second] = await Promise.all(
      ['tiny-sd15', 'tiny-sdxl'].map((name) => T2I.load(goldenPath(name))),
    )
    expect(engine.sessions).toBe(0)
    const drawn = await draw(first)
    const own = engine.sessions
    expect(own).toBeGreaterThanOrEqual(3)
    const other = await draw(second)
    expect(engine.sessions).toBeGreaterThan(own)
    const both = engine.sessions
    const pid = engine.pid!
    await first.release()
    expect(engine.sessions).toBe(both - own)
    expect(engine.pid).toBe(pid)
    expect((await draw(second)).pictures).toEqual(other.pictures)
    await second.release()
    expect([engine.sessions, engine.pid]).toEqual([0, undefined])
    await until(() => !isRunning(pid))
    await second.release() // Once more is nothing.

    expect((await draw(first)).pictures).toEqual(drawn.pictures)
    expect(engine.pid).not.toBe(pid)
    await first.release()
  })

  it('finishes what is being drawn first', { timeout: 120_000 }, async () => {
    const model = await T2I.load(goldenPath('tiny-sd15'))
    const drawing = draw(model)
    await model.release()
    expect((await drawing).pictures).toHaveLength(1)
    expect(engine.sessions).toBe(0)
  })
})

describe('a model that nobody draws with', () => {
  it('lets go by itself, and not while it draws', { timeout: 120_000 }, async () => {
    T2I.idleAfter = 1
    const model = await T2I.load(goldenPath('tiny-sd15'))
    const drawn = await Promise.all([draw(model), draw(model)])
    await until(() => engine.sessions === 0 && engine.pid === undefined)
    T2I.idleAfter = Number.POSITIVE_INFINITY
    expect((await draw(model)).pictures).toEqual(drawn[0].pictures)
    expect(engine.sessions).toBeGreaterThan(0)
    await model.release()
  })
})
