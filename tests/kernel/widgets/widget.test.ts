import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { comms } from '../../../kernel/comms.ts'
import { format } from '../../../kernel/display/formatters.ts'
import * as w from '../../../kernel/widgets/index.ts'
import { openPage, update } from './page.ts'

let page: ReturnType<typeof openPage>
beforeEach(() => {
  w.closeAll()
  page = openPage()
})
afterEach(() => {
  page.close()
  vi.restoreAllMocks()
})

describe('properties', () => {
  it('are checked, and what is refused changes nothing', () => {
    const slider = new w.IntSlider({ value: 3, max: 10 })
    page.news()
    expect(() => slider.set({ value: 5, description: 7 as never })).toThrow(
      /IntSlider.description cannot be 7/,
    )
    expect(() => slider.set({ min: 11 })).toThrow(/min 11 is above max 10/)
    expect(() => new w.IntSlider({ valu: 3 } as never)).toThrow(/no property 'valu'/)
    expect(() => new w.Checkbox({ value: 'yes' as never })).toThrow(/cannot be 'yes'/)
    expect(() => new w.HBox(['x' as never])).toThrow(/children cannot be/)
    expect(() => new w.FloatSlider({ value: Number.NaN })).toThrow(/value cannot be NaN/)
    expect(slider.value).toBe(3)
    expect(page.news().filter(({ type }) => type === 'comm_msg')).toEqual([])
  })

  it('are clamped and cut to whole numbers as in ipywidgets', () => {
    const slider = new w.IntSlider({ value: 20, min: 5, max: 10 })
    expect(slider.value).toBe(10)
    slider.value = 7.9
    expect(slider.value).toBe(7)
    slider.max = 6
    expect(slider.value).toBe(6)
    slider.set({ min: 20, max: 30 })
    expect(slider.value).toBe(20)
    const time = (hours: number) => ({ hours, minutes: 0, seconds: 0, milliseconds: 0 })
    expect(new w.TimePicker({ value: time(23), max: time(20) }).value).toEqual(time(20))
    const range = new w.IntRangeSlider({ value: [2, 4], max: 8 })
    expect([range.lower, range.upper]).toEqual([2, 4])
    range.upper = 99
    expect(range.value).toEqual([2, 8])
    expect(() => {
      range.lower = 9
    }).toThrow(/lower value 9 is above/)
  })

  it('hold lists that cannot be changed behind their back', () => {
    const labels = [new w.Label()]
    const box = new w.VBox(labels)
    labels.push(new w.Label())
    expect(box.children).toHaveLength(1)
    expect(() => (box.children as w.Widget[]).push(labels[1])).toThrow(TypeError)
  })

  it('make plain objects into layouts and styles, which end with their widget', () => {
    const slider = new w.IntSlider({ layout: { width: '50%' }, style: { handle_color: 'red' } })
    expect(slider.layout).toBeInstanceOf(w.Layout)
    slider.set({ layout: { border: '1px solid' } })
    expect(slider.layout.border_left).toBe('1px solid')
    const shared = new w.Layout()
    const label = new w.Label({ layout: shared })
    slider.close()
    label.close()
    expect(shared.open).toBe(true)
    expect(slider.style.open).toBe(false)
    expect(Object.keys(comms.list('jupyter.widget'))).toEqual([shared.model_id])
  })

  it('can be observed, together and not any more', () => {
    const slider = new w.IntSlider({ value: 1 })
    const seen: unknown[] = []
    const handler = ({ name, old, new: now }: { name: string; old: unknown; new: unknown }) =>
      seen.push([name, old, now])
    slider.observe(['value', 'max'], handler)
    slider.set({ value: 2, max: 50 })
    slider.value = 2
    slider.unobserve(['value', 'max'], handler)
    slider.value = 3
    slider.observe('value', handler)
    slider.value = 4
    slider.unobserve('value', handler)
    slider.value = 5
    expect(seen).toEqual([
      ['value', 1, 2],
      ['max', 100, 50],
      ['value', 3, 4],
    ])
    expect(() => slider.observe('valeu' as never, handler)).toThrow(/no property 'valeu'/)
  })

  it('are set although an observer throws, which the setter hears and the page does not', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const slider = new w.IntSlider()
    let after = 0
    slider.observe('value', () => {
      throw new Error('mine')
    })
    slider.observe('value', () => after++)
    expect(() => {
      slider.value = 3
    }).toThrow('mine')
    expect(update(slider, { value: 4 })).toEqual([])
    expect([slider.value, after, error.mock.calls.length]).toEqual([4, 2, 1])
  })

  it('shows rejections of asynchronous handlers', async () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {})
    const button = new w.Button()
    button.onClick(async () => {
      throw new Error('late')
    })
    button.click()
    await new Promise(setImmediate)
    expect(String(error.mock.calls[0][1])).toContain('late')
  })
})

describe('how widgets look', () => {
  it('is a view and a text', () => {
    const slider = new w.IntSlider({ value: 3, max: 10, description: 'steps' })
    expect(format(slider)).toEqual({
      'text/plain': "IntSlider(value=3, min=0, max=10, description='steps')",
      'application/vnd.jupyter.widget-view+json': {
        version_major: 2,
        version_minor: 0,
        model_id: slider.model_id,
      },
    })
    expect(String(new w.Password({ value: 'secret', description: 'key' }))).toBe(
      "Password(description='key')",
    )
    expect(String(new w.Image({ value: new Uint8Array(12) }))).toBe('Image(value=<12 bytes>)')
    const loop = new w.HBox()
    loop.children = [loop]
    expect(String(loop)).toBe('HBox(children=[HBox(children=[HBox(…)])])')
    const box = new w.HBox([slider], { layout: { width: '1px' } })
    expect(String(box)).toContain("HBox(layout=Layout(width='1px'), children=[IntSlider(value=3")
    expect(format(new w.Link({ source: [slider, 'value'], target: [slider, 'max'] }))).not.toHaveProperty([
      'application/vnd.jupyter.widget-view+json',
    ])
  })
})
