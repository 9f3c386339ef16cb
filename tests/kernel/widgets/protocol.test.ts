import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Comm, comms } from '../../../kernel/comms.ts'
import { format } from '../../../kernel/display/formatters.ts'
import { splitBuffers } from '../../../kernel/widgets/buffers.ts'
import * as w from '../../../kernel/widgets/index.ts'
import { Random } from '../../../lib/base/random.ts'
import { openPage, say, update } from './page.ts'

let page: ReturnType<typeof openPage>
beforeEach(() => {
  w.closeAll()
  page = openPage()
})
afterEach(() => {
  page.close()
  vi.restoreAllMocks()
})

/** Methods and states of what was sent since the last look. */
const told = () => page.news().map(({ data }) => [data.method, data.state])

describe('the page', () => {
  it('is told again what it may not change', () => {
    const slider = new w.IntSlider({ value: 3, max: 10 })
    page.news()
    update(slider, { value: 'ten', step: 2, _model_name: 'X', unknown: 1 })
    expect(told()).toEqual([
      ['echo_update', { step: 2 }],
      ['update', { value: 3 }],
    ])
    update(slider, { min: 11 })
    expect(told()).toEqual([['update', { min: 0 }]])
    const drop = new w.Dropdown({ options: ['a', 'b'] })
    page.news()
    update(drop, { index: 2 })
    update(drop, { _options_labels: ['evil'], value: 'evil', options: ['evil'] })
    expect(told()).toEqual([
      ['update', { index: 0 }],
      ['update', { _options_labels: ['a', 'b'] }],
    ])
    expect(drop.value).toBe('a')
  })

  it('is corrected also when the corrected value was there before', () => {
    const slider = new w.IntSlider({ value: 10, max: 10 })
    page.news()
    update(slider, { value: 99 })
    expect(told()).toEqual([
      ['echo_update', { value: 99 }],
      ['update', { value: 10 }],
    ])
  })

  it('exchanges buffers, nested ones too', () => {
    const state = { a: [1, new Uint8Array([1])], b: { c: new DataView(new ArrayBuffer(2)) }, d: 'x' }
    const split = splitBuffers(state)
    expect(split.state).toEqual({ a: [1, null], b: {}, d: 'x' })
    expect(split.buffer_paths).toEqual([
      ['a', 1],
      ['b', 'c'],
    ])
    expect(split.buffers.map((one) => one.length)).toEqual([1, 2])
    const widget = new w.AnyWidget({ esm: 'x', deep: {} as unknown })
    update(
      widget,
      { deep: { list: [null, { z: 1 }] } },
      [
        ['deep', 'list', 0],
        ['deep', 'list', 1, 'y'],
      ],
      [Buffer.from([1, 2]), Buffer.from([3])],
    )
    expect(widget.deep).toEqual({ list: [new Uint8Array([1, 2]), { z: 1, y: new Uint8Array([3]) }] })
  })

  it('sees bytes that were written to and assigned again', () => {
    const bytes = new Uint8Array(2)
    const image = new w.Image({ value: bytes })
    page.news()
    bytes[0] = 5
    image.value = bytes
    expect(page.news().map(({ buffers }) => buffers)).toEqual([['BQA=']])
  })

  it('sends messages of its own kind', () => {
    const widget = new w.AnyWidget({ esm: 'x' })
    const seen: unknown[] = []
    const handler = (content: unknown, buffers: readonly Uint8Array[]) => seen.push([content, buffers.length])
    widget.onMessage(handler)
    say(widget, { method: 'custom', content: { a: 1 } }, [new Uint8Array(1)])
    widget.offMessage(handler)
    say(widget, { method: 'custom', content: { a: 2 } })
    expect(seen).toEqual([[{ a: 1 }, 1]])
    const text = new w.Text()
    text.onSubmit((it) => seen.push(it.value))
    update(text, { value: 'done' })
    say(text, { method: 'custom', content: { event: 'submit' } })
    expect(seen.at(-1)).toBe('done')
  })

  it('can close a widget; nothing is sent after that, and values stay', () => {
    const slider = new w.IntSlider({ value: 3 })
    const [comm] = [comms.get(slider.model_id) as Comm]
    comms.drop(slider.model_id)
    comm.receive('close', { data: {}, metadata: {}, buffers: [] })
    page.news()
    slider.value = 4
    slider.send('x')
    slider.close()
    expect(page.news()).toEqual([])
    expect([slider.value, slider.open]).toEqual([4, false])
    expect(format(slider)).toEqual({ 'text/plain': 'IntSlider(value=4, min=0, max=100)' })
  })

  it('can make widgets, of known models only', () => {
    const opening = (state: object, version = '2.1.0') => ({
      data: { state: state as Record<string, unknown>, buffer_paths: [] },
      metadata: { version },
      buffers: [],
    })
    const state = {
      _model_module: '@jupyter-widgets/controls',
      _model_module_version: '2.0.0',
      _model_name: 'ControllerButtonModel',
      value: 0.5,
      pressed: true,
    }
    comms.accept('jupyter.widget', 'made-there', opening(state))
    const pad = new w.Controller()
    update(pad, { buttons: ['IPY_MODEL_made-there'], connected: true })
    expect(pad.buttons[0]).toBeInstanceOf(w.ControllerButton)
    expect([pad.buttons[0].value, pad.buttons[0].pressed, pad.connected]).toEqual([0.5, true, true])
    page.news()
    comms.accept('jupyter.widget', 'a', opening({ ...state, _model_name: 'NoSuchModel' }))
    comms.accept('jupyter.widget', 'b', opening(state, '1.0'))
    comms.accept('jupyter.widget.control', 'c', opening({}, '2.0.0'))
    comms.accept('jupyter.widget', 'd', { data: {}, metadata: {}, buffers: [] })
    expect(page.news().map(({ type, id }) => `${type} ${id}`)).toEqual(
      ['a', 'b', 'c', 'd'].map((id) => `comm_close ${id}`),
    )
    expect(comms.get('a')).toBeUndefined()
  })

  it('need not be there', () => {
    page.close()
    const button = new w.Button({ description: 'x' })
    let clicks = 0
    button.onClick(() => clicks++)
    button.click()
    button.description = 'y'
    expect([clicks, button.description, page.sent]).toEqual([1, 'y', []])
    expect(w.widgetState().state).toHaveProperty(button.model_id)
  })

  it('never makes a widget throw, whatever it sends', () => {
    vi.spyOn(console, 'error').mockImplementation(() => {})
    const random = new Random(7)
    const widgets = Object.values(w)
      .filter((one): one is typeof w.IntSlider => typeof one === 'function' && Object.hasOwn(one, 'spec'))
      .filter((one) => !/AnyWidget|Interactive|Selection(Range)?Slider/.test(one.name))
      .map((one) => new one())
    widgets.push(new w.AnyWidget({ esm: 'x', a: 1 as unknown }) as never)
    const values = [
      null,
      true,
      -1,
      1e300,
      'IPY_MODEL_x',
      `IPY_MODEL_${widgets[0].model_id}`,
      '',
      [],
      [0],
      [0, 1],
      {},
    ]
    const strange: unknown[] = [
      ...values,
      [null, [[]]],
      { year: 1e9, month: 1, date: 1 },
      { hours: 'x' },
      JSON.parse('{"__proto__":{"polluted":1}}'),
      [{ name: 'x', type: 'y', size: 1, last_modified: 1e99 }],
    ]
    const pick = <T>(list: readonly T[]): T => random.pick(list)
    const methods = ['update', 'update', 'update', 'custom', 'request_state', 'nonsense', undefined]
    const changed = new Set<string>()
    for (let round = 0; round < 2500; round++) {
      const widget = pick(widgets)
      const names = [...Object.keys(Object.getPrototypeOf(widget)), 'a', '_model_name', '__proto__', 'set']
      const state = Object.fromEntries(Array.from({ length: 3 }, () => [pick(names), pick(strange)]))
      const paths = pick<unknown>([
        [],
        undefined,
        'x',
        [[]],
        [['value']],
        [['value', 0]],
        [['__proto__', 'x'], null],
      ])
      const data = {
        method: pick(methods),
        state: pick([state, state, state, null, [], 'x']),
        buffer_paths: paths,
      }
      const before = String(widget)
      expect(say(widget, data as never, pick([[], [new Uint8Array(3)]]))).toEqual([])
      if (String(widget) !== before) changed.add(widget.constructor.name)
    }
    expect(changed.size).toBeGreaterThan(30)
    expect(({} as { polluted?: number }).polluted).toBeUndefined()
    // What is kept can still be sent and kept in a file.
    expect(() => JSON.stringify(w.widgetState())).not.toThrow()
  })
})
