import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { SelmaError } from '../../lib/base/errors.ts'
import { isRunning } from '../../lib/jobs/process-identity.ts'
import type { ProcessIdentity } from '../../lib/messages/process-file.ts'
import {
  add,
  cast,
  compile,
  Engine,
  type Feeds,
  Graph,
  LocalSession,
  matmul,
  mul,
  type Program,
  square,
  sum,
} from '../../lib/runtime/index.ts'

const engine = new Engine()
afterAll(() => engine.cancel())

/** y = 2x + the state `bias`. */
function small(length = 3): Program {
  const graph = new Graph()
  graph.output('y', add(mul(graph.input('x', [length]), 2), graph.variable('bias', [length])))
  return compile(graph)
}

/** Multiplies matrices for many seconds; ends with the sum of squares. */
function endless(): Program {
  const graph = new Graph()
  const x = graph.input('x', [1024, 1024])
  let y = x
  for (let i = 0; i < 400; i++) y = matmul(y, x)
  graph.output('y', sum(square(y)))
  return compile(graph)
}
const endlessFeeds = () => ({ x: new Float32Array(1024 * 1024) })

const rejection = (promise: Promise<unknown>): Promise<SelmaError> =>
  promise.then(
    () => expect.unreachable('it was not rejected'),
    (error) => error as SelmaError,
  )

describe('sessions in a process of their own', () => {
  it('run, keep their states, and are let go', async () => {
    const session = await engine.open(small())
    expect(engine.pid).not.toBe(process.pid)
    expect(session.program.inputs.map(({ name }) => name)).toEqual(['x'])
    expect((await session.run({ x: Float32Array.of(1, 2, 3) })).y).toEqual(Float32Array.of(2, 4, 6))
    await session.setState('bias', Float32Array.of(10, 20, 30))
    expect(await session.getState('bias')).toEqual(Float32Array.of(10, 20, 30))
    expect((await session.run({ x: new Float32Array(3) })).y).toEqual(Float32Array.of(10, 20, 30))
    await session.release()
    await session.release()
    expect(await rejection(session.run({ x: new Float32Array(3) }))).toMatchObject({ code: 'bad-input' })
  })

  it('stand side by side, and answer calls made at once', async () => {
    const [one, two] = await Promise.all([engine.open(small()), engine.open(small(2))])
    const [a, b, c] = await Promise.all([
      one.run({ x: Float32Array.of(1, 1, 1) }),
      two.run({ x: Float32Array.of(5, 5) }),
      one.run({ x: Float32Array.of(2, 2, 2) }),
    ])
    expect([a.y, b.y, c.y].map((y) => [...(y as Float32Array)])).toEqual([
      [2, 2, 2],
      [10, 10],
      [4, 4, 4],
    ])
  })

  it('take big arrays, parts of arrays, and every dtype as they are', async () => {
    const length = 5_000_000
    const graph = new Graph()
    const ids = graph.input('ids', [4], 'int64')
    graph.output('y', mul(graph.input('x', [length]), 1))
    graph.output('floats', cast(ids, 'float32'))
    graph.output('ids_out', cast(cast(ids, 'float32'), 'int64'))
    const session = await engine.open(compile(graph))
    const wide = Float32Array.from({ length: length + 10 }, (_, i) => Math.fround(Math.sin(i)))
    const x = wide.subarray(7, length + 7)
    const found = await session.run({ x, ids: BigInt64Array.of(1n, -2n, 3n, 2n ** 40n) })
    expect(Buffer.compare(bytes(found.y as Float32Array), bytes(x))).toBe(0)
    expect(found.ids_out).toEqual(BigInt64Array.of(1n, -2n, 3n, 2n ** 40n))
    expect(found.floats).toEqual(Float32Array.of(1, -2, 3, 2 ** 40))
    await session.release()
  })

  it('tell errors with code and hint, as a session here does', async () => {
    const session = await engine.open(small())
    const local = await LocalSession.create(small())
    const wrong: Feeds[] = [{}, { x: new Float32Array(2) }, { x: BigInt64Array.of(1n, 2n, 3n) }]
    for (const feeds of wrong) {
      const here = await rejection(local.run(feeds))
      const there = await rejection(session.run(feeds))
      expect(there).toMatchObject({ name: 'SelmaError', code: here.code, message: here.message })
      expect(there.hint).toBe(here.hint)
    }
    await local.release()
    expect((await session.run({ x: Float32Array.of(1, 1, 1) })).y).toEqual(Float32Array.of(2, 2, 2))
  })

  it('refuse a broken graph each time it is asked', async () => {
    const broken = { ...small(), model: new Uint8Array([1, 2, 3]) }
    expect(await rejection(engine.open(broken))).toMatchObject({ code: 'engine' })
    expect(await rejection(engine.open(broken))).toMatchObject({ code: 'engine' })
  })
})

describe('a process that dies', () => {
  it('is an error of the running call, and the next call starts another', async () => {
    const session = await engine.open(small())
    const busy = await engine.open(endless())
    const first = engine.pid!
    const running = busy.run(endlessFeeds())
    const waiting = session.run({ x: Float32Array.of(1, 2, 3) })
    await sleep(100)
    process.kill(first, 'SIGKILL')
    const error = await rejection(running)
    expect(error).toMatchObject({ name: 'SelmaError', code: 'engine' })
    expect(error.message).toContain('SIGKILL')
    expect(error.hint).toContain('again')
    expect(await rejection(waiting)).toMatchObject({ code: 'engine' })
    expect(engine.pid).toBeUndefined()
    // The session opens itself again; its state starts from zeros.
    expect((await session.run({ x: Float32Array.of(1, 2, 3) })).y).toEqual(Float32Array.of(2, 4, 6))
    expect(engine.pid).not.toBe(first)
    await busy.release()
  })

  it('while idle is not spoken of', async () => {
    const child = engine.pid!
    process.kill(child, 'SIGKILL')
    while (engine.pid === child) await sleep(5)
    const session = await engine.open(small())
    expect((await session.run({ x: Float32Array.of(1, 2, 3) })).y).toEqual(Float32Array.of(2, 4, 6))
  })

  it('is cancelled at once when asked', async () => {
    const session = await engine.open(endless())
    const running = session.run(endlessFeeds())
    await sleep(50)
    engine.cancel()
    expect(await rejection(running)).toMatchObject({ name: 'SelmaError', code: 'stopped' })
    engine.cancel()
    const next = await engine.open(small())
    expect((await next.run({ x: Float32Array.of(1, 2, 3) })).y).toEqual(Float32Array.of(2, 4, 6))
  })
})

describe('a program with an engine', () => {
  const parent = (what: string): ChildProcess =>
    spawn(
      process.execPath,
      ['--import', 'tsx', fileURLToPath(new URL('../support/engine-parent.ts', import.meta.url)), what],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
  const said = async (child: ChildProcess): Promise<{ y: number[]; engine: ProcessIdentity }> => {
    let text = ''
    for await (const chunk of child.stdout!) {
      text += chunk
      if (text.endsWith('\n')) break
    }
    return JSON.parse(text)
  }
  const gone = async (identity: ProcessIdentity): Promise<void> => {
    while (isRunning(identity)) await sleep(20)
  }

  it('ends by itself while the engine is idle, and the engine with it', async () => {
    const child = parent('idle')
    const exit = once(child, 'exit')
    const { y, engine: own } = await said(child)
    expect(y).toEqual([2, 4, 6])
    expect(await exit).toEqual([0, null])
    await gone(own)
  })

  it('leaves no engine behind when it is killed', async () => {
    const child = parent('stays')
    const { engine: own } = await said(child)
    expect(isRunning(own)).toBe(true)
    child.kill('SIGKILL')
    await gone(own)
  })
})

const bytes = (array: Float32Array): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength)
