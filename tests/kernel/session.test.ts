// biome-ignore-all lint/suspicious/noTemplateCurlyInString: cells are source text
import { afterEach, describe, expect, it } from 'vitest'
import type { Output } from '../../kernel/outputs.ts'
import { callerSignal } from '../../lib/api/caller.ts'
import { type TestSession, testSession } from './fixtures/session.ts'

let session: TestSession
afterEach(() => session.close())

const kinds = () => session.outputs.map(({ output }) => output.output_type)

describe('outputs', () => {
  it('sends streams, displays and results in order', async () => {
    session = testSession()
    await session.run('console.log("a", { b: 1 })\nconsole.error("c")\ndisplay(html`<i>${"<x>"}</i>`)\n1 + 1')
    const [log, error, shown, result] = session.outputs.map(({ output }) => output)
    expect(log).toEqual({ output_type: 'stream', name: 'stdout', text: 'a { b: 1 }\n' })
    expect(error).toEqual({ output_type: 'stream', name: 'stderr', text: 'c\n' })
    expect(shown).toMatchObject({ output_type: 'display_data', data: { 'text/html': '<i>&lt;x&gt;</i>' } })
    expect(result).toEqual({
      output_type: 'execute_result',
      execution_count: 1,
      data: { 'text/plain': '2' },
      metadata: {},
    })
  })

  it('updates displays and clears', async () => {
    session = testSession()
    await session.run('const h = display(1, { id: "bar" })\nh.update(2)\nclearOutput(true)')
    expect(kinds()).toEqual(['display_data', 'update_display_data', 'clear_output'])
    for (const at of [0, 1])
      expect(session.outputs[at].output).toMatchObject({ transient: { display_id: 'bar' } })
    expect(session.outputs[2].output).toEqual({ output_type: 'clear_output', wait: true })
  })

  it('waits for representations that take time, and keeps their order', async () => {
    session = testSession()
    await session.run(
      `const slow = { [Symbol.for('Jupyter.display')]: async () => { await new Promise((r) => setTimeout(r, 20)); return { 'text/plain': 'slow' } } }
       display(slow)
       display('fast')`,
    )
    const texts = session.outputs.map(
      ({ output }) => (output as { data?: Record<string, string> }).data?.['text/plain'],
    )
    expect(texts).toEqual(['slow', "'fast'"])
  })

  it('loses none of 20,000 lines', async () => {
    session = testSession()
    await session.run('for (let i = 0; i < 20000; i++) console.log(i)')
    expect(session.text()).toBe(Array.from({ length: 20_000 }, (_, at) => `${at}\n`).join(''))
  })

  it('gives output after the end of a cell to the cell that made it', async () => {
    session = testSession()
    await session.run(
      `let done!: () => void
       const late = new Promise<void>((resolve) => { done = resolve })
       setTimeout(() => { console.log('from one'); done() }, 50)`,
      'await late; console.log("from two")',
    )
    const streams = session.outputs.filter(({ output }) => output.output_type === 'stream')
    expect(
      streams.map(({ output, cell }) => [(output as { text: string }).text, cell.executionCount]),
    ).toEqual([
      ['from one\n', 1],
      ['from two\n', 2],
    ])
  })

  it('runs cells one after another, each to its own listener', async () => {
    session = testSession()
    const got: string[] = []
    const to = (name: string) => (output: Output) =>
      got.push(`${name}:${(output as { text?: string }).text?.trim()}`)
    await Promise.all([
      session.execute('await new Promise((r) => setTimeout(r, 30)); console.log(1)', {
        id: 'a',
        onOutput: to('a'),
      }),
      session.execute('console.log(2)', { id: 'b', onOutput: to('b') }),
    ])
    expect(got).toEqual(['a:1', 'b:2'])
    expect(session.outputs).toEqual([])
  })

  it('runs silently', async () => {
    session = testSession()
    await session.execute('console.log("quiet"); const kept = 1', { silent: true })
    expect(session.outputs).toEqual([])
    expect(session.executionCount).toBe(0)
    expect(await session.run('kept')).toBe('1')
  })
})

describe('errors', () => {
  it('name the cell, the line and the call, and hide what is not the user’s', async () => {
    session = testSession()
    await session.run(
      'interface Gone { x: number }\n\nfunction fails(): never {\n  throw new RangeError("too far")\n}',
    )
    await session.run('const one = 1\nfails()')
    expect(session.last?.error).toEqual({
      ename: 'RangeError',
      evalue: 'too far',
      traceback: [
        'RangeError: too far',
        '',
        '  2 | ',
        '  3 | function fails(): never {',
        '> 4 |   throw new RangeError("too far")',
        '    |         ^',
        '  5 | }',
        '',
        '    at fails (cell [1], line 4, column 9)',
        expect.stringMatching(/^ {4}at cell \[2\], line 2, column \d+$/),
      ],
    })
    expect(session.outputs.at(-1)?.output).toEqual({ output_type: 'error', ...session.last?.error })
  })

  it('name the line after an await', async () => {
    session = testSession()
    await session.run('await Promise.resolve()\n\nawait (async () => { await null; throw new Error("x") })()')
    expect(session.last?.error?.traceback.join('\n')).toContain('cell [1], line 3')
  })

  it('tell the cause', async () => {
    session = testSession()
    await session.run('throw new Error("outer", { cause: new Error("inner") })')
    const text = session.last!.error!.traceback.join('\n')
    expect(text).toMatch(/^Error: outer[\s\S]*caused by Error: inner/)
  })

  it.each([
    ['throw "text"', 'Thrown: text'],
    ['throw { code: 1 }', 'Thrown: { code: 1 }'],
    ['throw undefined', 'Thrown: undefined'],
    ['await Promise.reject(null)', 'Thrown: null'],
  ])('cope with %s', async (code, message) => {
    session = testSession()
    expect(await session.run(code)).toBe(message)
  })

  it('keep what the cell had set before, and the names of nothing else', async () => {
    session = testSession()
    await session.run('const old = 1')
    await session.run('const before = 5\nif (before) throw new Error("stop")\nconst old = "new", after = 6')
    expect(await session.run('before + old')).toBe('6')
    expect(await session.run('after')).toContain("Cannot find name 'after'")
  })

  it('do not end the session', async () => {
    session = testSession()
    await session.run('throw new Error("x")')
    expect(await session.run('1')).toBe('1')
    expect(session.last?.executionCount).toBe(2)
  })
})

describe('interrupts', () => {
  it('end a waiting cell, abort its signal, and leave the session usable', async () => {
    session = testSession()
    const stop = new AbortController()
    const running = session.execute(
      'let aborted = false\ncellSignal().addEventListener("abort", () => { aborted = true })\nawait new Promise(() => {})',
      { signal: stop.signal, onOutput: () => {} },
    )
    setTimeout(() => stop.abort(), 50)
    expect(await running).toMatchObject({ status: 'error', error: { ename: 'Interrupted' } })
    expect(await session.run('aborted')).toBe('true')
  })

  it('reach what the library waits for, by the signal of the cell that calls it', async () => {
    session = testSession()
    expect(callerSignal()).toBeUndefined()
    ;(globalThis as Record<string, unknown>).callerSignalOfTest = callerSignal
    try {
      const code = '(globalThis as any).callerSignalOfTest() === cellSignal()'
      expect(await session.run(`await null; ${code}`)).toBe('true')
    } finally {
      delete (globalThis as Record<string, unknown>).callerSignalOfTest
    }
  })

  it('are waited for by as many calls as a cell makes, without a warning of a leak', async () => {
    session = testSession()
    const warnings: Error[] = []
    const keep = (warning: Error) => warnings.push(warning)
    process.on('warning', keep)
    await session.run('for (let i = 0; i < 20; i++) cellSignal().addEventListener("abort", () => {})')
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', keep)
    expect(warnings).toEqual([])
  })

  it('do not start a cell that is interrupted before its turn', async () => {
    session = testSession()
    const reply = await session.execute('console.log("ran")', { signal: AbortSignal.abort() })
    expect(reply.error?.ename).toBe('Interrupted')
    expect(session.text()).toBe('')
  })
})

describe('several sessions', () => {
  it('keep their variables apart', async () => {
    session = testSession()
    const other = testSession()
    await session.run('const mine = 1')
    await other.run('const mine = "other"')
    expect([await session.run('mine'), await other.run('mine')]).toEqual(['1', "'other'"])
    other.close()
  })

  it('put the process back as it was', () => {
    const before = globalThis.console
    session = testSession()
    expect(globalThis.console).not.toBe(before)
    session.close()
    expect(globalThis.console).toBe(before)
    expect('display' in globalThis).toBe(false)
    session = testSession()
  })
})

it('does not grow with every cell', async () => {
  session = testSession()
  for (let at = 0; at < 60; at++) await session.execute(`const same = ${at}\nsame`, { onOutput: () => {} })
  expect(await session.run('same')).toBe('59')
  expect(Object.keys(session.locals)).toEqual(['same'])
})
