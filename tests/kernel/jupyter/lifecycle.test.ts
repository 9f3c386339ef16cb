// How a kernel process ends, and that nothing is left of it.
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { kernelNode, startKernel } from '../../support/jupyter-client.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const entry = fileURLToPath(new URL('../../../kernel/bin/kernel.mjs', import.meta.url))

it('a shutdown is answered, and the process ends cleanly', async () => {
  const temporary = await temporaryFolder()
  const kernel = await startKernel({ env: { TMPDIR: temporary } })
  await kernel.execute('setInterval(() => {}, 1000)')
  const { reply, code, signal } = await kernel.shutdown(true)
  expect(reply.content).toEqual({ status: 'ok', restart: true })
  expect({ code, signal, log: kernel.log }).toEqual({ code: 0, signal: null, log: '' })
  const told = kernel.received.filter((one) => one.header.msg_type === 'shutdown_reply')
  expect(told.map((one) => one.channel).sort()).toEqual(['control', 'iopub'])
  // tsx, which Node 20 needs, keeps its cache.
  expect(readdirSync(temporary).filter((one) => !/^(tsx-|node-compile-cache)/.test(one))).toEqual([])
})

it('a shutdown ends a cell that blocks', async () => {
  const kernel = await startKernel()
  const id = kernel.begin('console.log("go"); while (true) {}')
  await kernel.printed(id, 'go')
  const { reply } = await kernel.shutdown()
  expect(reply.content).toEqual({ status: 'ok', restart: false })
})

it('a cell that ends the process: what it printed arrives, and its request is answered', async () => {
  const kernel = await startKernel()
  const id = kernel.begin('console.log("goodbye"); process.exit(3)')
  const { content } = await kernel.reply(id)
  expect(content).toMatchObject({ status: 'error', ename: 'KernelEnded' })
  await kernel.printed(id, 'goodbye')
  await kernel.printed(id, 'exit code 3')
  expect(await kernel.exited).toEqual({ code: 3, signal: null })
  expect(kernel.log).toBe('')
  kernel.close()
})

it('ends when the Jupyter that started it is gone', async () => {
  const jupyter = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const kernel = await startKernel({ env: { JPY_PARENT_PID: String(jupyter.pid) } })
  kernel.begin('while (true) {}')
  jupyter.kill('SIGKILL')
  await once(jupyter, 'exit')
  await kernel.exited
  kernel.close()
})

it('says what is wrong with how it was started', async () => {
  const start = (...args: string[]) =>
    promisify(execFile)(kernelNode, [entry, ...args]).then(
      () => ({ code: 0, stderr: '' }),
      (error: { code: number; stderr: string }) => ({ code: error.code, stderr: error.stderr }),
    )
  expect(await start()).toMatchObject({ code: 2, stderr: expect.stringContaining('usage: ') })
  const path = join(await temporaryFolder(), 'c.json')
  expect(existsSync(path)).toBe(false)
  expect(await start(path)).toMatchObject({ code: 1, stderr: expect.stringContaining(path) })
  writeFileSync(path, '{"shell_port": 1}')
  const { code, stderr } = await start('-f', path)
  expect({ code, stderr }).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('iopub_port is undefined'),
  })
})
