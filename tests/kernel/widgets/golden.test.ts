// Our messages against those that ipywidgets 8.1.9 and anywidget 0.11 really sent (tests/golden/widgets).
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { comms } from '../../../kernel/comms.ts'
import * as w from '../../../kernel/widgets/index.ts'
import { openPage, type Sent, say, update } from './page.ts'

interface Golden {
  versions: Record<string, string>
  defaults: Record<string, Record<string, unknown>>
  openings: Sent[]
  scenarios: Record<string, (Sent & { same?: number })[]>
}
const golden = JSON.parse(
  readFileSync(new URL('../../golden/widgets/messages.json', import.meta.url), 'utf8'),
) as Golden

let page: ReturnType<typeof openPage>
beforeEach(() => {
  w.closeAll()
  page = openPage()
})
afterEach(() => page.close())

/** Ids by the order of opening; changes that went out in several messages in a row as one. */
function normal(messages: readonly Sent[]): unknown[] {
  const ids = new Map<string, string>()
  for (const { type, id } of messages) if (type === 'comm_open') ids.set(id, `#${ids.size}`)
  let text = JSON.stringify(messages)
  for (const [id, short] of ids) text = text.replaceAll(id, short)
  const out: Sent[] = []
  for (const one of JSON.parse(text) as Sent[]) {
    const last = out.at(-1)
    const joins = last?.id === one.id && last.data.method === 'update' && one.data.method === 'update'
    if (joins && !last.buffers && !one.buffers) Object.assign(last.data.state, one.data.state)
    else out.push(one)
  }
  return out
}

const expected = (name: string) =>
  golden.scenarios[name].map(({ same, ...one }) =>
    same === undefined ? one : { ...golden.openings[same], ...one },
  )

const scenarios: Record<string, () => unknown> = {
  int_slider() {
    const s = new w.IntSlider({ value: 3, min: 0, max: 10, description: 'steps' })
    s.value = 4
    s.value = 4
    s.value = 99
    update(s, { value: 7 })
    update(s, { value: 77 })
    s.max = 5
    s.style.handle_color = 'red'
    s.layout.width = '50%'
    say(s, { method: 'request_state' })
    comms.get(s.model_id)?.close()
  },
  float_sliders() {
    new w.FloatSlider({ value: 0.5, max: 1, step: 0.1 })
    new w.FloatLogSlider({ value: 5000, min: -3, max: 3 })
    const r = new w.FloatRangeSlider({ min: 1, max: 3 })
    r.value = [0, 2]
    r.max = 1.5
    new w.IntRangeSlider({ value: [2, 4], max: 8 })
  },
  hold_sync() {
    const s = new w.IntSlider()
    s.hold(() => {
      s.value = 1
      s.max = 50
      s.value = 2
    })
  },
  observers() {
    const s = new w.IntSlider()
    s.observe('value', () => {
      s.value = 3 * Math.floor(s.value / 3)
    })
    update(s, { value: 6 })
    update(s, { value: 7 })
  },
  dropdown() {
    const d = new w.Dropdown<string | number>({
      options: [
        ['one', 1],
        ['two', 2],
        ['three', 3],
      ],
      value: 2,
      description: 'n',
    })
    d.value = 3
    d.label = 'one'
    update(d, { index: 1 })
    d.options = ['a', 'b']
  },
  selections() {
    new w.RadioButtons({ options: ['a', 'b'] })
    new w.ToggleButtons({ options: ['a', 'b'], tooltips: ['A', 'B'], icons: ['check', ''] })
    new w.Select({ options: { one: 1 }, rows: 3 })
    const m = new w.SelectMultiple({ options: ['a', 'b', 'c'], value: ['a', 'c'] })
    update(m, { index: [1] })
    m.value = []
    new w.SelectionSlider({ options: ['low', 'high'], value: 'high' })
    new w.SelectionRangeSlider({ options: ['a', 'b', 'c'], index: [0, 2] })
  },
  texts() {
    const x = new w.Text({ value: 'hello', placeholder: 'say' })
    update(x, { value: 'world' })
    new w.Textarea({ rows: 4 })
    new w.Password({ value: 'secret' })
    new w.Combobox({ options: ['x', 'y'], ensure_option: true })
    new w.HTML({ value: '<b>x</b>' })
    new w.Label({ value: 'y' })
  },
  buttons() {
    const b = new w.Button({ description: 'Go', icon: 'fa-play', button_style: 'success', tooltip: 'start' })
    b.onClick((it) => {
      it.disabled = true
    })
    say(b, { method: 'custom', content: { event: 'click' } })
    const c = new w.Checkbox({ value: true, description: 'on' })
    update(c, { value: false })
    new w.ToggleButton({ value: true })
    new w.Valid({ value: true })
  },
  boxes() {
    const a = new w.Label({ value: 'a' })
    const h = new w.HBox([a, new w.Label({ value: 'b' })])
    h.children = [a]
    h.addClass('mine')
    h.removeClass('mine')
    const tab = new w.Tab([a, h], { titles: ['one', 'two'] })
    update(tab, { selected_index: 1 })
    new w.Accordion([a], { titles: ['x'] })
    new w.Stack([a], { selected_index: 0 })
    new w.GridBox([], { layout: { grid_template_columns: '1fr 1fr' } })
  },
  layout() {
    new w.Layout({ border: '1px solid', width: '10px' })
  },
  pictures() {
    const i = new w.Image({ value: new Uint8Array([0x89, 0x50, 0x4e, 0x47]), width: '10' })
    i.value = new Uint8Array([0, 1])
    update(i, {}, [['value']], [new Uint8Array([7])])
    expect([...i.value]).toEqual([7])
  },
  dates() {
    const d = new w.DatePicker({ value: new Date(2024, 1, 29), max: new Date(2024, 11, 31) })
    update(d, { value: { year: 2025, month: 0, date: 2 } })
    new w.DatetimePicker({ value: new Date(Date.UTC(2024, 1, 29, 12, 30, 15, 250)) })
    new w.TimePicker({ value: { hours: 12, minutes: 30, seconds: 0, milliseconds: 0 } })
  },
  upload() {
    const u = new w.FileUpload({ multiple: true })
    const file = { name: 'a.txt', type: 'text/plain', size: 2, last_modified: 1500000000000 }
    update(u, { value: [file] }, [['value', 0, 'content']], [Buffer.from('hi')])
    expect(Buffer.from(u.value[0].content).toString()).toBe('hi')
    expect(u.value[0].last_modified).toEqual(new Date(1500000000000))
  },
  output() {
    const o = new w.Output()
    o.append_stdout('a')
    o.append_stderr('b')
  },
  tags() {
    const g = new w.TagsInput({ value: ['a'], allowed_tags: ['a', 'b'] })
    update(g, { value: ['b'] })
    new w.IntsInput({ value: [1, 2] })
  },
  progress() {
    const p = new w.IntProgress({ value: 1, max: 4, bar_style: 'info' })
    p.value = 2
  },
  links() {
    const a = new w.IntSlider()
    const b = new w.IntSlider()
    w.jslink([a, 'value'], [b, 'value'])
    w.link(a, 'value', b, 'value')
    update(a, { value: 9 })
  },
  any_widget() {
    const c = new w.AnyWidget({
      esm: 'export default { render() {} }',
      css: '.x { color: red }',
      id: '__main__.Counter',
      count: 1,
      blob: new Uint8Array([1, 2]),
      nested: { rows: [{ data: new Uint8Array([3]) }, 5] },
      commands: {
        double: (message, buffers) => [
          (message as number) * 2,
          buffers.map((one) => new Uint8Array([...one, ...one])),
        ],
      },
    })
    c.count = 2
    update(c, { count: 5 })
    update(c, {}, [['blob']], [new Uint8Array([9])])
    c.send({ hello: 1 }, [new Uint8Array([8])])
    const request = { id: '1', kind: 'anywidget-command', name: 'double', msg: 4 }
    say(c, { method: 'custom', content: request }, [new Uint8Array([6])])
  },
  control() {
    new w.Image({ value: new Uint8Array([5]) })
    comms.accept('jupyter.widget.control', 'control', {
      data: {},
      metadata: { version: '1.0.0' },
      buffers: [],
    })
    say({ model_id: 'control' }, { method: 'request_states' })
    page.sent.push({ type: 'embedded', data: JSON.parse(JSON.stringify(w.widgetState())) } as Sent)
  },
}

describe('messages', () => {
  it('are compared in every scenario there is', () => {
    expect(Object.keys(scenarios).sort()).toEqual(Object.keys(golden.scenarios).sort())
    expect(golden.versions).toEqual({ ipywidgets: '8.1.9', anywidget: '0.11.0' })
  })

  for (const [name, run] of Object.entries(scenarios)) {
    it(`are those of ipywidgets: ${name}`, () => {
      run()
      expect(normal(page.sent)).toEqual(normal(expected(name) as Sent[]))
    })
  }
})

describe('opening states', () => {
  const classes = new Map(
    Object.values(w)
      .filter((one): one is typeof w.IntSlider => typeof one === 'function' && Object.hasOwn(one, 'spec'))
      .map((one) => [(one as unknown as { spec: { model: string[] } }).spec.model[2], one]),
  )
  for (const [model, data] of Object.entries(golden.defaults)) {
    it(`are those of ipywidgets: ${model}`, () => {
      const cls = classes.get(model)
      expect(cls).toBeDefined()
      new cls!()
      const opened = page.sent.filter(({ type }) => type === 'comm_open')
      expect((normal(opened).at(-1) as Sent).data).toEqual(data)
    })
  }
})
