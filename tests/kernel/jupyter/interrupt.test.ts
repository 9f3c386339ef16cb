// Interrupting whatever a cell does, and what is left of the session after it. Which cases are possible depends on
// the Node that runs the kernel: SELMA_KERNEL_NODE names another one than the tests'.
import { execFileSync } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Execution, type KernelClient, kernelNode, startKernel } from '../../support/jupyter-client.ts'

const version = execFileSync(kernelNode, ['--version'], { encoding: 'utf8' }).trim()
const canCut = Number(/^v(\d+)/.exec(version)?.[1]) >= 24

async function interrupted(kernel: KernelClient, code: string): Promise<Execution> {
  const id = kernel.begin(code)
  await kernel.printed(id, 'go')
  // Into the loop that comes after the print.
  await new Promise((resolve) => setTimeout(resolve, 50))
  const reply = await kernel.request('interrupt_request', {}, { channel: 'control' })
  expect(reply.content).toEqual({ status: 'ok' })
  return kernel.end(id)
}

describe(`on Node ${version}`, () => {
  let kernel: KernelClient
  beforeAll(async () => {
    kernel = await startKernel()
    await kernel.execute('let kept = "state"')
  }, 60_000)
  afterAll(() => kernel.close())

  const always = [
    ['a cell that waits', 'console.log("go"); await new Promise(() => {})'],
    ['a loop', 'let set = "before"; console.log("go"); while (true) {}'],
    ['a loop in the library of Node', 'console.log("go"); [1].forEach(() => { for (;;) {} })'],
  ]
  const cut = [
    ['a loop after an await', 'console.log("go"); await null; while (true) {}'],
    [
      'a loop after a pause',
      'console.log("go"); await new Promise((r) => setTimeout(r, 10)); while (true) {}',
    ],
    [
      'a loop deep in async calls',
      'console.log("go"); await (async () => { await null; await (async () => { await null; for (;;) {} })() })()',
    ],
    [
      'a timer’s loop while the cell waits',
      'console.log("go"); setTimeout(() => { for (;;) {} }, 10); await new Promise(() => {})',
    ],
    [
      'a value whose representation never ends',
      'console.log("go"); ({ [Symbol.for("Jupyter.display")]() { for (;;) {} } })',
    ],
  ]
  const cases = canCut ? [...always, ...cut] : always

  it.each(cases)('%s is stopped, and the session goes on', async (_name, code) => {
    const { reply, outputs } = await interrupted(kernel, code)
    expect(reply).toMatchObject({ status: 'error', ename: 'Interrupted' })
    expect(outputs.filter((one) => one.header.msg_type === 'error')).toHaveLength(1)
    const after = await kernel.execute(
      'await new Promise((r) => setTimeout(r, 5)); await new Promise((r) => setImmediate(r)); kept',
    )
    expect(after.result).toBe("'state'")
  })

  it('what a stopped cell had set stays', async () => {
    expect((await kernel.execute('set')).result).toBe("'before'")
  })

  it('what is queued behind a stopped cell is aborted', async () => {
    const id = kernel.begin('console.log("go"); await new Promise(() => {})')
    const next = kernel.begin('console.log("never")')
    await kernel.printed(id, 'go')
    await kernel.request('interrupt_request', {}, { channel: 'control' })
    expect((await kernel.end(next)).reply).toEqual({ status: 'aborted' })
  })

  it('what listens to cellSignal() hears of it', async () => {
    const code = `let heard = false
      cellSignal().addEventListener('abort', () => { heard = true })
      console.log("go"); await new Promise(() => {})`
    await interrupted(kernel, code)
    expect((await kernel.execute('heard')).result).toBe('true')
  })

  it('nothing happens when nothing runs', async () => {
    await kernel.request('interrupt_request', {}, { channel: 'control' })
    await kernel.request('interrupt_request', {}, { channel: 'control' })
    expect((await kernel.execute('kept')).result).toBe("'state'")
  })

  it.runIf(canCut)('a timer’s loop after the cell has ended is stopped', async () => {
    const run = await kernel.execute('setTimeout(() => { console.log("loops"); for (;;) {} }, 20); "ended"')
    await kernel.printed(run.id, 'loops')
    await kernel.request('interrupt_request', {}, { channel: 'control' })
    expect((await kernel.execute('kept')).result).toBe("'state'")
    const told = kernel.published(run.id).map((one) => one.content.text ?? '')
    expect(told.join('')).toContain('Interrupted')
  })

  it.runIf(canCut)('a comm’s handler that loops is stopped, and its message ends', async () => {
    const path = new URL('../../../kernel/comms.ts', import.meta.url).pathname
    await kernel.execute(
      `(await import('${path}')).comms.open('loops', {}, { id: 'loops' }).onMessage(() => { console.log('in'); for (;;) {} })`,
    )
    const id = kernel.send('comm_msg', { comm_id: 'loops', data: {} })
    await kernel.printed(id, 'in')
    await kernel.request('interrupt_request', {}, { channel: 'control' })
    await kernel.idle(id)
    expect((await kernel.execute('kept')).result).toBe("'state'")
  })

  it.runIf(canCut)('ten loops in a row are stopped', async () => {
    for (let round = 0; round < 10; round++) {
      const { reply } = await interrupted(kernel, 'console.log("go"); await null; for (;;) {}')
      expect(reply.ename).toBe('Interrupted')
    }
    expect((await kernel.execute('kept')).result).toBe("'state'")
  })
})

it.skipIf(canCut)(
  `where a loop cannot be stopped the kernel says so and ends (Node ${version}; Node 24 can stop it)`,
  async () => {
    const kernel = await startKernel()
    try {
      const id = kernel.begin('console.log("go"); await null; while (true) {}')
      await kernel.printed(id, 'go')
      const asked = kernel.send('interrupt_request', {}, { channel: 'control' })
      const [reply] = await Promise.all([kernel.reply(id), kernel.reply(asked), kernel.idle(id)])
      expect(reply.content).toMatchObject({ status: 'error', ename: 'KernelEnded' })
      await kernel.printed(id, 'could not be interrupted')
      await kernel.exited
    } finally {
      kernel.close()
    }
  },
)
