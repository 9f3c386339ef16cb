// Comms through the kernel's real sockets, and what it must refuse or ignore.
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClientMessage, type KernelClient, startKernel } from '../../support/jupyter-client.ts'

const commsModule = fileURLToPath(new URL('../../../kernel/comms.ts', import.meta.url))
let kernel: KernelClient
beforeAll(async () => {
  kernel = await startKernel({ bare: true })
}, 60_000)
afterAll(() => kernel.close())

const types = (messages: readonly ClientMessage[]) => messages.map((one) => one.header.msg_type)

describe('comms', () => {
  const comm = (kind: string, id: string) =>
    kernel.waitFor((one) => one.header.msg_type === kind && one.content.comm_id === id, `${kind} of ${id}`)

  it('open from a cell, with buffers, and close', async () => {
    const { id } = await kernel.execute(
      `const comms = (await import('${commsModule}')).comms
       const own = comms.open('test.own', { a: 1 }, { id: 'own', metadata: { version: '1' }, buffers: [new Uint8Array([1, 2, 255])] })
       own.onMessage(({ data, buffers }) => {
         console.log('got', data)
         own.send({ echo: data }, { buffers: buffers.map((one) => one.toReversed()) })
       })
       own.onMessage(() => { throw new Error('handler broke') })`,
    )
    const opened = await comm('comm_open', 'own')
    expect(opened).toMatchObject({ parent: { msg_id: id }, metadata: { version: '1' }, channel: 'iopub' })
    expect(opened.content).toEqual({ comm_id: 'own', target_name: 'test.own', data: { a: 1 } })
    expect(opened.buffers).toEqual([Buffer.from([1, 2, 255])])

    const info = await kernel.request('comm_info_request', { target_name: 'test.own' })
    expect(info.content).toEqual({ status: 'ok', comms: { own: { target_name: 'test.own' } } })
    expect((await kernel.request('comm_info_request', { target_name: 'other' })).content.comms).toEqual({})
  })

  it('are answered while a cell waits, with outputs under the message', async () => {
    const running = kernel.begin('await new Promise((r) => { globalThis.release = r })')
    await kernel.waitFor((one) => one.parent.msg_id === running && one.header.msg_type === 'execute_input')
    const id = kernel.send('comm_msg', { comm_id: 'own', data: { n: 5 } }, { buffers: [Buffer.from([7, 8])] })
    await kernel.idle(id)
    const published = kernel.published(id)
    expect(types(published)).toEqual(['status', 'stream', 'comm_msg', 'stream', 'status'])
    expect(published[1].content).toEqual({ name: 'stdout', text: 'got { n: 5 }\n' })
    expect(published[2].content.data).toEqual({ echo: { n: 5 } })
    expect(published[2].buffers).toEqual([Buffer.from([8, 7])])
    expect(published[3].content).toMatchObject({
      name: 'stderr',
      text: expect.stringContaining('handler broke'),
    })
    expect(kernel.received.some((one) => one.parent.msg_id === running && one.channel === 'shell')).toBe(
      false,
    )
    await kernel.request('interrupt_request', {}, { channel: 'control' })
    await kernel.end(running)
  })

  it('are closed when nobody knows the target', async () => {
    kernel.send('comm_open', { comm_id: 'stray', target_name: 'nobody.knows', data: {} })
    const closed = await comm('comm_close', 'stray')
    expect(closed.parent.msg_type).toBe('comm_open')
  })

  it('open from the page, and close', async () => {
    await kernel.execute(
      `comms.registerTarget('test.page', (comm, { data }) => {
         comm.send({ hello: data })
         comm.onClose(() => console.log('page closed it'))
       })`,
    )
    kernel.send('comm_open', { comm_id: 'page', target_name: 'test.page', data: { x: 1 } })
    expect((await comm('comm_msg', 'page')).content.data).toEqual({ hello: { x: 1 } })
    const closing = kernel.send('comm_close', { comm_id: 'page', data: {} })
    await kernel.printed(closing, 'page closed it')
    expect((await kernel.request('comm_info_request', {})).content.comms.page).toBeUndefined()
  })
})

describe('what does not belong here', () => {
  it('is refused or ignored, and the next cell works', async () => {
    const debug = await kernel.request(
      'debug_request',
      { command: 'initialize', seq: 3 },
      { channel: 'control' },
    )
    expect(debug.content).toMatchObject({ success: false, request_seq: 3, command: 'initialize' })
    const unknown = await kernel.request('create_subshell_request', {}, { channel: 'control' })
    expect(unknown.content).toMatchObject({ status: 'error', ename: 'UnknownRequest' })
    kernel.send('no_such_message', {})
    for (const proto of ['__proto__', 'constructor', 'toString']) kernel.send(proto, {})
    const ports = (await kernel.request('connect_request', {})).content
    expect(ports).toMatchObject({ status: 'ok', shell_port: expect.any(Number) })
    expect((await kernel.execute('"still here"')).result).toBe("'still here'")
  })

  it('wrong signatures, replays and 500 malformed messages are ignored', async () => {
    const code = 'globalThis.forged = (globalThis.forged ?? 0) + 1'
    const content = { code, silent: false, store_history: true, user_expressions: {} }
    const good = kernel.frames('execute_request', content)
    await kernel.sendFrames('shell', good.with(1, Buffer.from('0'.repeat(64))))
    await kernel.sendFrames('shell', good.with(5, Buffer.from('{"code": "globalThis.forged = 99"}')))
    await kernel.sendFrames('shell', good)
    await kernel.sendFrames('shell', good)
    for (let at = 0; at < 500; at++) {
      const channel = (['shell', 'control', 'stdin'] as const)[at % 3]
      const frames = kernel.frames('execute_request', { code: 'globalThis.forged = 77' })
      const broken = [
        frames.slice(0, at % 5),
        frames.with(1 + (at % 5), Buffer.from('{')),
        frames.with(0, Buffer.from('<IDS>')),
        [Buffer.alloc(at)],
        frames.toReversed(),
      ][at % 5]
      await kernel.sendFrames(channel, broken.length > 0 ? broken : [Buffer.alloc(0)])
    }
    expect((await kernel.execute('forged')).reply.ename).toBe('TypeScriptError')
    expect((await kernel.execute('(globalThis as any).forged')).result).toBe('1')
    expect(kernel.log).toContain('wrong signature')
    expect(kernel.log).toContain('seen before')
    expect(kernel.log).not.toContain(code)
  })
})
