// biome-ignore-all lint/suspicious/noTemplateCurlyInString: cells are source text
// What the kernel answers to each kind of message, through its real sockets.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ClientMessage, type KernelClient, startKernel } from '../../support/jupyter-client.ts'

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
