// Kernels under load: thousands of broken messages, fifty restarts, and an interrupt in the middle of a training.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Random } from '../../../lib/base/random.ts'
import { startKernel } from '../../support/jupyter-client.ts'
import { temporaryFolder } from '../../support/temporary.ts'

it('10,000 broken messages are ignored', async () => {
  const kernel = await startKernel({ bare: true })
  try {
    const random = new Random(11)
    const types = [
      'execute_request',
      'comm_open',
      'comm_msg',
      'complete_request',
      'history_request',
      'input_reply',
    ]
    const contents = [
      { code: '1' },
      { code: 5 },
      { data: null },
      { comm_id: {} },
      { hist_access_type: [] },
      {},
    ]
    for (let round = 0; round < 10_000; round++) {
      const channel = random.pick(['shell', 'control', 'stdin'] as const)
      const frames = kernel.frames(random.pick(types), random.pick(contents)).map((one) => Buffer.from(one))
      const at = random.int(0, frames.length - 1)
      const kind = random.int(0, 4)
      // One kind is signed rightly and only makes no sense.
      if (kind === 0) frames.splice(at, 1)
      else if (kind === 1) frames[at] = Buffer.from(Array.from({ length: 30 }, () => random.int(0, 255)))
      else if (kind === 2) frames[at] = frames[at].subarray(0, frames[at].length >> 1)
      else if (kind === 3) frames.reverse()
      await kernel.sendFrames(channel, frames)
    }
    const { result } = await kernel.execute('"alive"', {}, 120_000)
    expect(result).toBe("'alive'")
    expect(kernel.log.split('\n').length).toBeLessThan(500)
  } finally {
    kernel.close()
  }
})

it('fifty kernels, one after another, leave nothing behind', async () => {
  const temporary = await temporaryFolder()
  const handles = () => readdirSync('/proc/self/fd').length
  let before = 0
  for (let round = 0; round < 50; round++) {
    const kernel = await startKernel({ bare: true, env: { TMPDIR: temporary } })
    expect((await kernel.execute(`${round} + 1`)).result).toBe(String(round + 1))
    const { code, signal } = await kernel.shutdown(true)
    expect({ code, signal, log: kernel.log }).toEqual({ code: 0, signal: null, log: '' })
    expect(processesNaming(kernel.folder)).toEqual([])
    if (round === 5) before = handles()
  }
  // tsx, which Node 20 needs, keeps its cache.
  expect(readdirSync(temporary).filter((one) => !/^(tsx-|node-compile-cache)/.test(one))).toEqual([])
  expect(handles()).toBeLessThan(before + 20)
})

it('an interrupt stops the training job that a cell waits for, and the next run goes on from there', async () => {
  const kernel = await startKernel()
  try {
    const code = `const base = await T2I.load('shapes')
      const count = skill('count', { teaches: 'counting', seeds: ['three red squares', 'two blue rings', 'four green crosses'] })
      const text = await prompts.generate(count, { n: 8, llm: offline, seed: 1 })
      const data = await images.generate(base, text, { steps: 2, seed: 1 })
      console.log('trains')
      await experts.train(base, data, { name: 'count', rank: 4, steps: 5000, seed: 1,
        onEvent: (event) => { if (event.type === 'metrics') console.log('step', event.step) } })`
    const id = kernel.begin(code)
    await kernel.printed(id, 'step', 600_000)
    await kernel.request('interrupt_request', {}, { channel: 'control' })
    expect((await kernel.end(id)).reply.ename).toBe('Interrupted')
    const jobs = join(kernel.folder, 'jobs')
    const state = () =>
      readdirSync(jobs)
        .filter((one) => !one.startsWith('.'))
        .map((one) => readFileSync(join(jobs, one, 'events.jsonl'), 'utf8'))
        .join('')
    await expect.poll(state, { timeout: 120_000, interval: 500 }).toContain('"stopped"')
    expect(state()).toContain('checkpoint')
    expect((await kernel.execute('data.length > 0')).reply.status).toBe('ok')
  } finally {
    kernel.close()
  }
})

/** Command lines of processes that name a file in a folder. */
function processesNaming(folder: string): string[] {
  return readdirSync('/proc')
    .filter((one) => /^\d+$/.test(one))
    .flatMap((pid) => {
      try {
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8')]
      } catch {
        return []
      }
    })
    .filter((line) => line.includes(folder))
}
