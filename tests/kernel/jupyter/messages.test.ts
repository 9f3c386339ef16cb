// biome-ignore-all lint/suspicious/noTemplateCurlyInString: cells are source text
// What the kernel answers to each kind of message, through its real sockets.
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
const states = (id: string) =>
  kernel
    .published(id)
    .filter((one) => one.header.msg_type === 'status')
    .map((one) => one.content.execution_state)

describe('kernel_info', () => {
  it.each(['shell', 'control'] as const)('is given on %s', async (channel) => {
    const reply = await kernel.request('kernel_info_request', {}, { channel })
    expect(reply.channel).toBe(channel)
    expect(reply.header).toMatchObject({ msg_type: 'kernel_info_reply', version: '5.4' })
    expect(reply.content).toMatchObject({ status: 'ok', protocol_version: '5.4', implementation: 'selma' })
    expect(reply.content.help_links.length).toBeGreaterThan(0)
  })
})

describe('execute', () => {
  it('sends input, streams, displays and the result between busy and idle', async () => {
    const { id, reply, outputs, result } = await kernel.execute(
      'console.log("a"); console.error("b"); const h = display(1, { id: "d" }); h.update(2); clearOutput(true)\n6 * 7',
    )
    const count = reply.execution_count
    expect(reply).toEqual({ status: 'ok', execution_count: count, payload: [], user_expressions: {} })
    expect(types(outputs)).toEqual([
      'execute_input',
      'stream',
      'stream',
      'display_data',
      'update_display_data',
      'clear_output',
      'execute_result',
    ])
    expect(outputs[0].content).toEqual({ code: expect.stringContaining('6 * 7'), execution_count: count })
    expect(outputs[3].content).toMatchObject({ data: { 'text/plain': '1' }, transient: { display_id: 'd' } })
    expect(outputs[4].content).toMatchObject({ data: { 'text/plain': '2' }, transient: { display_id: 'd' } })
    expect(outputs[5].content).toEqual({ wait: true })
    expect(outputs[6].content).toEqual({ execution_count: count, data: { 'text/plain': '42' }, metadata: {} })
    expect(result).toBe('42')
    expect(states(id)).toEqual(['busy', 'idle'])
    expect(types(kernel.published(id)).at(0)).toBe('status')
    expect(types(kernel.published(id)).at(-1)).toBe('status')
  })

  it('reports an error as an error', async () => {
    const { reply, outputs } = await kernel.execute('const before = 1\nthrow new RangeError("too far")')
    expect(reply).toMatchObject({ status: 'error', ename: 'RangeError', evalue: 'too far' })
    expect(reply.traceback.join('\n')).toContain(`cell [${reply.execution_count}], line 2`)
    const { ename, evalue, traceback } = reply
    expect(outputs.at(-1)).toMatchObject({
      header: { msg_type: 'error' },
      content: { ename, evalue, traceback },
    })
    expect((await kernel.execute('let wrong: number = "text"')).reply.ename).toBe('TypeScriptError')
  })

  it('counts what is stored, and neither counts nor shows what is silent', async () => {
    const { reply: first } = await kernel.execute('1')
    const quiet = await kernel.execute('console.log("x"); 2', { silent: true })
    const unstored = await kernel.execute('3', { store_history: false })
    const { reply: last } = await kernel.execute('4')
    expect(quiet.outputs).toEqual([])
    expect(unstored.result).toBe('3')
    expect(unstored.reply.execution_count).toBe(first.execution_count)
    expect(last.execution_count).toBe(first.execution_count + 1)
  })

  it('evaluates user expressions', async () => {
    const { reply } = await kernel.execute('let base = 20', {
      user_expressions: { sum: 'base + 1', bad: 'nowhere', thrown: '(() => { throw new Error("no") })()' },
    })
    const { sum, bad, thrown } = reply.user_expressions
    expect(sum).toEqual({ status: 'ok', data: { 'text/plain': '21' }, metadata: {} })
    expect(bad).toMatchObject({ status: 'error', ename: 'TypeScriptError' })
    expect(thrown).toMatchObject({ status: 'error', ename: 'Error', evalue: 'no' })
  })

  it('aborts what was queued when a cell fails, and nothing that comes later', async () => {
    const ids = [
      kernel.begin('throw new Error("stop")'),
      kernel.begin('console.log("never")'),
      kernel.begin('console.log("nor this")'),
    ]
    const [failed, second, third] = await Promise.all(ids.map((id) => kernel.end(id)))
    const next = await kernel.execute('"runs"')
    expect(failed.reply.status).toBe('error')
    expect([second.reply, third.reply]).toEqual([{ status: 'aborted' }, { status: 'aborted' }])
    expect([...second.outputs, ...third.outputs]).toEqual([])
    expect(next.result).toBe("'runs'")
  })

  it('goes on after an error if told so', async () => {
    const first = kernel.begin('throw new Error("go on")', { stop_on_error: false })
    const second = kernel.begin('"went on"')
    expect((await kernel.end(first)).reply.status).toBe('error')
    expect((await kernel.end(second)).result).toBe("'went on'")
  })

  it('refuses a request without code', async () => {
    expect((await kernel.request('execute_request', {})).content).toMatchObject({
      status: 'error',
      ename: 'BadRequest',
    })
  })
})

describe('streams', () => {
  it('keep 20,000 lines, in order', async () => {
    const run = await kernel.execute('for (let i = 0; i < 20000; i++) console.log(i)')
    expect(run.text()).toBe(Array.from({ length: 20_000 }, (_, at) => `${at}\n`).join(''))
    expect(run.outputs.length).toBeLessThan(2000)
  })

  it('keep a line of 1 MB', async () => {
    const run = await kernel.execute('console.log("x".repeat(2 ** 20) + "end")')
    expect(run.text()).toBe(`${'x'.repeat(2 ** 20)}end\n`)
  })

  it('keep the order of stdout, stderr and displays', async () => {
    const { outputs } = await kernel.execute(
      'for (let i = 0; i < 50; i++) { console.log("o" + i); console.error("e" + i); if (i % 10 === 0) display(i) }',
    )
    const seen = outputs.slice(1).map((one) => one.content.text?.trim() ?? one.content.data['text/plain'])
    const expected = Array.from({ length: 50 }, (_, i) => [
      `o${i}`,
      `e${i}`,
      ...(i % 10 === 0 ? [`${i}`] : []),
    ])
    expect(seen).toEqual(expected.flat())
  })

  it('show the first line of a loop that blocks while it blocks', async () => {
    const id = kernel.begin(
      'console.log("first"); const until = Date.now() + 1500; while (Date.now() < until) {} console.log("last")',
    )
    await kernel.printed(id, 'first')
    expect(kernel.received.some((one) => one.parent.msg_id === id && one.channel === 'shell')).toBe(false)
    expect((await kernel.end(id)).text()).toBe('first\nlast\n')
  })

  it('go to the cell that started what prints', async () => {
    const first = await kernel.execute(
      'setTimeout(() => { console.log("late"); display("shown late") }, 400); 1',
    )
    const second = await kernel.execute('console.log("second")')
    await kernel.printed(first.id, 'late')
    expect(second.text()).toBe('second\n')
    expect(kernel.published(second.id).some((one) => one.content.text?.includes('late'))).toBe(false)
    await kernel.waitFor((one) => one.header.msg_type === 'display_data' && one.parent.msg_id === first.id)
  })
})

describe('while a cell blocks', () => {
  it('the heart beats, and kernel_info and history are answered', async () => {
    const id = kernel.begin('console.log("go"); const end = Date.now() + 2500; while (Date.now() < end) {}')
    await kernel.printed(id, 'go')
    const { echo } = await kernel.heartbeat(Buffer.from('beat'))
    expect(echo.toString()).toBe('beat')
    await kernel.request('kernel_info_request', {}, { channel: 'control' })
    await kernel.request('kernel_info_request')
    const history = await kernel.request('history_request', { hist_access_type: 'tail', n: 1, raw: true })
    expect(history.content.history[0][2]).toContain('"go"')
    expect(kernel.received.some((one) => one.parent.msg_id === id && one.channel === 'shell')).toBe(false)
    // Whoever shows one state for the kernel sees it busy again after each of these.
    await expect.poll(() => states(id).filter((one) => one === 'busy').length).toBeGreaterThanOrEqual(4)
    expect(states(id)).not.toContain('idle')
    await kernel.end(id)
  })
})

it('completes, inspects and pages what cells declared, also while one blocks', async () => {
  await kernel.execute('/** How far it is. */\nconst distance = 1')
  const running = kernel.begin('console.log("blocks"); while (true) {}')
  await kernel.printed(running, 'blocks')
  try {
    const code = '/* 🎉 */ distan'
    const completed = await kernel.request('complete_request', { code, cursor_pos: 14 }, {}, 60_000)
    expect(completed.content).toMatchObject({ status: 'ok', cursor_start: 8, cursor_end: 14 })
    expect(completed.content.matches).toContain('distance')
    const types = completed.content.metadata._jupyter_types_experimental
    expect(types).toContainEqual({ text: 'distance', type: 'const', start: 8, end: 14 })

    const question = { code: '/* 🎉 */ distance', cursor_pos: 12, detail_level: 0 }
    const inspected = await kernel.request('inspect_request', question, {}, 60_000)
    expect(inspected.content).toMatchObject({ status: 'ok', found: true })
    expect(inspected.content.data['text/plain']).toMatch(/const distance: (number|1)[\s\S]*How far it is/)
    const empty = { code: '1 +   2', cursor_pos: 5 }
    const nothing = await kernel.request('inspect_request', empty, {}, 60_000)
    expect(nothing.content).toMatchObject({ status: 'ok', found: false, data: {} })
    const answered = kernel.received.some((one) => one.parent.msg_id === running && one.channel === 'shell')
    expect(answered).toBe(false)
  } finally {
    await kernel.request('interrupt_request', {}, { channel: 'control' })
  }
  await kernel.end(running)
  const { reply, outputs } = await kernel.execute('distance?', {}, 60_000)
  const data = { 'text/plain': expect.stringContaining('How far it is') }
  expect(reply.payload).toEqual([{ source: 'page', start: 0, data }])
  expect(outputs.map((one) => one.header.msg_type)).toEqual(['execute_input'])
  expect(kernel.log).toBe('')
}, 120_000)

describe('input', () => {
  const question = (id: string) =>
    kernel.waitFor((one) => one.header.msg_type === 'input_request' && one.parent.msg_id === id, 'a question')

  it('asks and gets answers, one after another', async () => {
    const id = kernel.begin(
      'const [name, secret] = await Promise.all([input("name? "), input("secret? ", { password: true })])\nname + secret',
      { allow_stdin: true },
    )
    const first = await question(id)
    expect(first).toMatchObject({ channel: 'stdin', content: { prompt: 'name? ', password: false } })
    // An answer to something else is not taken.
    kernel.send('input_reply', { value: 'wrong' }, { channel: 'stdin', parent: { msg_id: 'other' } })
    kernel.send('input_reply', { value: 'Ada ' }, { channel: 'stdin', parent: first.header })
    const second = await kernel.waitFor((one) => one.content.prompt === 'secret? ', 'the second question')
    expect(second.content.password).toBe(true)
    kernel.send('input_reply', { value: '🎉' }, { channel: 'stdin' })
    expect((await kernel.end(id)).result).toBe("'Ada 🎉'")
  })

  it('fails where nobody can be asked', async () => {
    const { reply } = await kernel.execute('await input("name?")')
    expect(reply).toMatchObject({ status: 'error', ename: 'StdinNotImplemented' })
  })

  it('ends with an interrupt, and a late answer goes nowhere', async () => {
    const id = kernel.begin('await input("wait")', { allow_stdin: true })
    const asked = await question(id)
    await kernel.request('interrupt_request', {}, { channel: 'control' })
    expect((await kernel.end(id)).reply).toMatchObject({ status: 'error', ename: 'Interrupted' })
    kernel.send('input_reply', { value: 'late' }, { channel: 'stdin', parent: asked.header })
    expect((await kernel.execute('"fine"')).result).toBe("'fine'")
  })
})

describe('is_complete', () => {
  it.each([
    ['1 + 1', 'complete'],
    ['function f() {', 'incomplete'],
    ['`${1', 'incomplete'],
    ['let x =', 'incomplete'],
    [')', 'invalid'],
  ])('%j is %s', async (code, status) => {
    expect((await kernel.request('is_complete_request', { code })).content.status).toBe(status)
  })
})

describe('history', () => {
  it('gives tail, range and search, with results', async () => {
    await kernel.execute('const marker = "history"')
    await kernel.execute('marker + "!"')
    const ask = async (content: object) =>
      (await kernel.request('history_request', { raw: true, output: false, ...content })).content.history
    const tail = await ask({ hist_access_type: 'tail', n: 2 })
    expect(tail.map((one: unknown[]) => one[2])).toEqual(['const marker = "history"', 'marker + "!"'])
    const line = tail[1][1]
    const range = { hist_access_type: 'range', session: 0, start: line, stop: line + 1, output: true }
    expect(await ask(range)).toEqual([[tail[1][0], line, ['marker + "!"', "'history!'"]]])
    expect(await ask({ hist_access_type: 'search', pattern: 'const marker*', n: 5 })).toEqual([tail[0]])
  })
})

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
