import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, expectTypeOf, it, vi } from 'vitest'
import { comms } from '../../../kernel/comms.ts'
import * as w from '../../../kernel/widgets/index.ts'
import { openPage, say, update } from './page.ts'

const esm = 'export default { render({ model, el }) {} }'

afterEach(() => {
  comms.transport = undefined
  vi.restoreAllMocks()
})

describe('AnyWidget', () => {
  it('has a typed property for each entry of its state', () => {
    const counter = new w.AnyWidget({ esm, count: 1, rows: [{ id: 'a' }] })
    expectTypeOf(counter.count).toEqualTypeOf<number>()
    const seen: unknown[] = []
    counter.observe('count', ({ old, new: now }) => seen.push([old, now]))
    update(counter, { count: 4 })
    counter.count++
    expect(seen).toEqual([
      [1, 4],
      [4, 5],
    ])
    counter.rows[0].id = 'b'
    counter.rows = counter.rows.slice()
    expect(counter.modelState().state).toMatchObject({ count: 5, rows: [{ id: 'b' }], _esm: esm })
    expect(counter.modelState().state).not.toHaveProperty('_css')
    expect(String(counter)).toBe("AnyWidget(count=5, rows=[{ id: 'b' }])")
  })

  it('is extended like any class', () => {
    class Counter extends w.AnyWidget<{ count: number }> {
      constructor(count = 0) {
        super({ esm, count })
      }
      up(): void {
        this.count++
      }
    }
    const counter = new Counter(3)
    counter.up()
    expect([counter.count, String(counter)]).toEqual([4, 'Counter(count=4)'])
    expect((counter.modelState().state as { _anywidget_id: string })._anywidget_id).toMatch(
      /^selma\.[0-9a-f]{12}$/,
    )
  })

  it('carries other widgets both ways', () => {
    const slider = new w.IntSlider()
    const widget = new w.AnyWidget({ esm, inner: { list: [slider] as unknown[] }, other: null as unknown })
    expect(widget.modelState().state.inner).toEqual({ list: [`IPY_MODEL_${slider.model_id}`] })
    update(widget, { other: `IPY_MODEL_${slider.model_id}`, inner: { list: ['IPY_MODEL_unknown'] } })
    expect(widget.other).toBe(slider)
    expect(widget.inner.list).toEqual(['IPY_MODEL_unknown'])
  })

  it('refuses what cannot be sent, and names that are taken', () => {
    const cycle: Record<string, unknown> = {}
    cycle.self = cycle
    for (const bad of [cycle, () => 1, 1n, Number.NaN, [undefined], new Map(), Symbol('x')]) {
      expect(() => new w.AnyWidget({ esm, bad })).toThrow(/AnyWidget.bad cannot be/)
    }
    expect(() => new w.AnyWidget({ esm, send: 1 })).toThrow(/cannot have a property 'send'/)
    const widget = new w.AnyWidget({ esm })
    const page = openPage()
    update(widget, { _esm: 'evil' })
    expect(page.sent.map(({ data }) => data)).toEqual([
      { method: 'update', state: { _esm: esm }, buffer_paths: [] },
    ])
  })

  it('takes its module and style from files', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'widget-'))
    try {
      const [js, css] = [join(folder, 'index.js'), join(folder, 'index.css')]
      await writeFile(js, esm)
      await writeFile(css, '.x {}')
      const widget = new w.AnyWidget({ esm: js, css: pathToFileURL(css) })
      expect(widget.modelState().state).toMatchObject({ _esm: esm, _css: '.x {}' })
      expect(() => new w.AnyWidget({ esm: pathToFileURL(join(folder, 'no.js')) })).toThrow(
        /cannot read the module/,
      )
      const remote = new w.AnyWidget({ esm: new URL('https://example.org/x.js') })
      expect(remote.modelState().state._esm).toBe('https://example.org/x.js')
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('answers commands, later ones too, and prints what goes wrong', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const page = openPage()
    const widget = new w.AnyWidget({
      esm,
      commands: {
        slow: async (message) => [`${message}!`],
        broken: () => {
          throw new Error('mine')
        },
      },
    })
    page.news()
    const invoke = (name: string, id: string) =>
      say(widget, { method: 'custom', content: { kind: 'anywidget-command', id, name, msg: 'hi' } })
    for (const [at, name] of ['slow', 'broken', 'nothing', 'toString'].entries()) invoke(name, String(at))
    say(widget, { method: 'custom', content: { kind: 'other' } })
    await new Promise(setImmediate)
    expect(page.sent.map(({ data }) => data)).toEqual([
      { method: 'custom', content: { id: '0', kind: 'anywidget-command-response', response: 'hi!' } },
    ])
    const printed = error.mock.calls.map(([, thrown]) => (thrown as Error).message)
    expect(printed).toEqual(['mine', "the page invoked 'nothing'", "the page invoked 'toString'"])
  })
})
