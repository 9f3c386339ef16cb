// Values of every kind, also those that resist being looked at: whatever they do, they have a text.
import { AsyncLocalStorage } from 'node:async_hooks'
import { afterEach, describe, expect, it } from 'vitest'
import { DISPLAY, format } from '../../kernel/display/formatters.ts'
import { displayGlobals } from '../../kernel/display/globals.ts'
import { type TestSession, testSession } from './fixtures/session.ts'

const text = async (value: unknown) => (await format(value))['text/plain'] as string
const globals = displayGlobals(() => {
  throw new Error('no cell is needed to make these')
}) as Record<
  'html' | 'svg' | 'markdown' | 'latex',
  (source: TemplateStringsArray | string, ...values: unknown[]) => object
> & {
  json(value: unknown): object
  $display: symbol
}

describe('plain values', () => {
  it.each<[string, unknown, string]>([
    ['bigint', 10n, '10n'],
    ['symbol', Symbol('x'), 'Symbol(x)'],
    ['negative zero', -0, '-0'],
    ['function', () => 1, '[Function (anonymous)]'],
    ['class', class A {}, '[class A]'],
    ['date', new Date(0), '1970-01-01T00:00:00.000Z'],
    ['invalid date', new Date(Number.NaN), 'Invalid Date'],
    ['map', new Map([['a', { b: 1 }]]), "Map(1) { 'a' => { b: 1 } }"],
    ['set', new Set([1, 'a']), "Set(2) { 1, 'a' }"],
    ['typed array', new Float32Array([0.5, 2]), 'Float32Array(2) [ 0.5, 2 ]'],
    ['buffer', Buffer.from('abc'), '<Buffer 61 62 63>'],
    ['blob', new Blob(['x'], { type: 'text/plain' }), "Blob { size: 1, type: 'text/plain' }"],
    ['no prototype', Object.assign(Object.create(null), { a: 1 }), '[Object: null prototype] { a: 1 }'],
    ['sparse array', new Array(2), '[ <2 empty items> ]'],
    ['pending promise', new Promise(() => {}), 'Promise { <pending> }'],
  ])('%s', async (_name, value, expected) => {
    expect(await format(value)).toEqual({ 'text/plain': expected })
  })

  it('shows a circle', async () => {
    const circle: { a: number; self?: unknown } = { a: 1 }
    circle.self = circle
    expect(await text(circle)).toBe('<ref *1> { a: 1, self: [Circular *1] }')
  })

  it('shows promises without what asynchronous hooks hang on them', async () => {
    const promise = new AsyncLocalStorage().run({ cell: { id: 1 } }, () => Promise.resolve([5]))
    expect(await text(promise)).toBe('Promise { [ 5 ] }')
    expect(await text({ later: [promise] })).not.toContain('Symbol')
  })

  it('shows an error with its cause', async () => {
    expect(await text(new Error('outer', { cause: new TypeError('inner') }))).toBe(
      'Error: outer\n  caused by TypeError: inner',
    )
  })

  it('shows the picture in a Blob', async () => {
    const bytes = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0])
    expect(await format(new Blob([bytes], { type: 'image/jpeg' }))).toEqual({
      'image/jpeg': '/9j/4A==',
      'text/plain': 'JPEG picture, 4 B',
    })
    expect(await text(new Blob(['no'], { type: 'image/png' }))).toBe('Blob of image/png, 2 B')
  })
})

describe('values that resist', () => {
  const no = (): never => {
    throw new Error('no')
  }
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  it.each<[string, unknown, string]>([
    [
      'a getter that throws',
      Object.defineProperty({ a: 1 }, 'data', { get: no, enumerable: true }),
      '{ a: 1, data: [Getter] }',
    ],
    [
      'a proxy that throws',
      new Proxy(
        { a: 1 },
        { get: no, has: no, ownKeys: no, getPrototypeOf: no, getOwnPropertyDescriptor: no },
      ),
      '{ a: 1 }',
    ],
    ['a revoked proxy', revoked.proxy, '<Revoked Proxy>'],
    [
      'an inspection that throws',
      { [Symbol.for('nodejs.util.inspect.custom')]: no },
      '[object] that cannot be looked at (no)',
    ],
    [
      'records with a getter that throws',
      [Object.defineProperty({}, 'a', { get: no, enumerable: true })],
      '[ { a: [Getter] } ]',
    ],
    [
      'an error whose message throws',
      Object.defineProperty(new Error('x'), 'message', { get: no }),
      '[object] that cannot be looked at (no)',
    ],
  ])('%s', async (_name, value, expected) => {
    expect(await text(value)).toEqual(expected)
  })

  it('says why a display cannot be shown', async () => {
    expect(await text({ [DISPLAY]: () => ({ 'application/json': 5n }) })).toContain('(its display failed: ')
    expect(await text({ [DISPLAY]: () => 'text' })).toContain(
      '(its display failed: it returned no MIME bundle)',
    )
  })

  it('keeps the text beside what is too large to show', async () => {
    const bundle = await format({
      [DISPLAY]: () => ({ 'text/plain': 'short', 'text/html': 'x'.repeat(2 ** 24 + 1) }),
    })
    expect(bundle).toEqual({ 'text/plain': 'short\ntext/html of 16.0 MB, too large to show' })
  })
})

describe('large values', () => {
  const million = 1_000_000
  const deep = (depth: number): unknown =>
    depth === 0 ? 1 : Array.from({ length: 100 }, () => deep(depth - 1))
  it.each<[string, () => unknown, RegExp]>([
    ['numbers', () => Array.from({ length: million }, (_, at) => at), /… 999900|\.\.\. 999900 more items/],
    ['a typed array', () => new Float32Array(million), /999900 more items/],
    ['a map', () => new Map(Array.from({ length: million }, (_, at) => [at, at])), /999900 more items/],
    [
      'records',
      () => Array.from({ length: million }, (_, at) => ({ at })),
      /1,000,000 rows × 1 column, the first 50 rows and 1 column shown$/,
    ],
    [
      'keys',
      () => Object.fromEntries(Array.from({ length: million }, (_, at) => [`k${at}`, at])),
      /1,000,000 keys in all, the first 100 shown$/,
    ],
    ['nested arrays', () => deep(3), /75 more items/],
    ['text', () => 'x'.repeat(million), /1,000,000 characters in all, the first 20,000 shown$/],
  ])('%s are cut, and say their size', async (_name, make, pattern) => {
    const shown = await text(make())
    expect(shown).toMatch(pattern)
    expect(shown.length).toBeLessThan(21_000)
  })
})

describe('what cells show with', () => {
  it('classes, functions and $display', async () => {
    class Skill {
      readonly name = 'count'
      async [globals.$display as typeof DISPLAY]() {
        return { 'text/html': `<b>${this.name}</b>` }
      }
    }
    expect(await format(new Skill())).toEqual({
      'text/html': '<b>count</b>',
      'text/plain': "Skill { name: 'count' }",
    })
    const shown = Object.assign(() => 1, { [DISPLAY]: () => ({ 'text/plain': 'a function' }) })
    expect(await format(shown)).toEqual({ 'text/plain': 'a function' })
  })

  it('pieces of markup made by the same function, which are not escaped again', async () => {
    const { html } = globals
    const items = ['<a>', 'b'].map((one) => html`<li>${one}</li>`)
    expect((await format(html`<ul>${items}${undefined}</ul>`))['text/html']).toBe(
      '<ul><li>&lt;a&gt;</li><li>b</li></ul>',
    )
    expect((await format(html`<p>${globals.svg`<svg/>`}</p>`))['text/html']).toBe('<p>&lt;svg/&gt;</p>')
  })

  it('formulas', async () => {
    const { latex } = globals
    expect(await format(latex`\frac{1}{${'a_b%'}}`)).toEqual({
      'text/latex': '$\\displaystyle \\frac{1}{a\\_b\\%}$',
      'text/plain': '$\\displaystyle \\frac{1}{a\\_b\\%}$',
    })
    expect((await format(latex('$x$')))['text/latex']).toBe('$x$')
    expect((await format(latex`\begin{align} x \end{align}`))['text/latex']).toBe(
      '\\begin{align} x \\end{align}',
    )
    expect((await format(latex`x = ${'\\input{/etc/passwd}'}`))['text/latex']).not.toContain('\\input')
  })

  it('JSON, as it was when it was shown', async () => {
    const value = { list: [1n, undefined], at: new Date(0) }
    const shown = globals.json(value)
    value.list.length = 0
    expect(await format(shown)).toEqual({
      'application/json': { list: ['1', null], at: '1970-01-01T00:00:00.000Z' },
      'text/plain': '{\n  "list": [\n    "1",\n    null\n  ],\n  "at": "1970-01-01T00:00:00.000Z"\n}',
    })
    expect((await format(globals.json(undefined)))['application/json']).toBeNull()
    const circle: Record<string, unknown> = {}
    circle.self = circle
    expect(() => globals.json(circle)).toThrow(/json\(\) cannot show this value: Converting circular/)
  })

  it('escapes what a table holds, functions and symbols too', async () => {
    const row = { a: '<script>alert(1)</script>', b: null, c: undefined, d: () => 1, e: Symbol('<q>'), f: 5n }
    const bundle = await format([row])
    expect(bundle['text/html']).not.toMatch(/<script|<q>/)
    expect(bundle['text/plain']).toContain('[Function: d]')
    expect(bundle['text/plain']).toMatch(/1 row × 6 columns$/)
  })
})

describe('figures', () => {
  it('have a picture beside them, and lists for typed arrays', async () => {
    const figure = {
      data: [{ y: new Float32Array([1, 2]) }],
      layout: { title: 'T', width: 200, height: 100 },
    }
    const bundle = await format(figure)
    expect(bundle['application/vnd.plotly.v1+json']).toEqual({ ...figure, data: [{ y: [1, 2] }] })
    expect(bundle['text/plain']).toBe('Plotly figure “T”: scatter')
    const png = Buffer.from(bundle['image/png'] as string, 'base64')
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([400, 200])
  }, 300_000)

  it('have one also with a text of a megabyte, which stays whole for the page', async () => {
    const title = 'a red ring, '.repeat(100_000)
    const figure = { data: [{ y: [1, 2], name: title }], layout: { title, showlegend: true } }
    const bundle = await format(figure)
    expect(bundle['application/vnd.plotly.v1+json']).toEqual(figure)
    expect(bundle['text/plain']).toBe(`Plotly figure “${title.slice(0, 300)}…”: scatter`)
    expect(bundle['image/png']).toEqual(expect.any(String))
  }, 300_000)

  it('go without one where Plotly paints on a canvas', async () => {
    const figure = { data: [{ type: 'scatter3d', x: [1], y: [1], z: [1] }], layout: {} }
    expect(await format(figure)).toEqual({
      'application/vnd.plotly.v1+json': figure,
      'text/plain': 'Plotly figure: scatter3d',
    })
  })
})

describe('in a cell', () => {
  let session: TestSession
  afterEach(() => session.close())

  it('all of these are there, with their types', async () => {
    session = testSession()
    await session.run(
      'display(latex`\\alpha`); display(json([1]))\nclass P { [$display]() { return { "text/plain": "mine" } } }',
    )
    const shown = session.outputs.map(({ output }) => Object.keys((output as { data: object }).data)[0])
    expect(shown).toEqual(['text/latex', 'application/json'])
    expect(await session.run('new P()')).toBe('mine')
    expect(await session.run('Promise.resolve(1)')).toBe('Promise { 1 }')
    expect(await session.run('json()')).toContain('Expected 1 arguments')
  })
})
