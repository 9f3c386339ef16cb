import { afterEach, describe, expect, it } from 'vitest'
import { comms } from '../../../kernel/comms.ts'
import * as w from '../../../kernel/widgets/index.ts'
import { openPage, update } from './page.ts'

afterEach(() => {
  comms.transport = undefined
})

describe('links', () => {
  it('keep two properties equal, from either side, until unlinked', () => {
    const [a, b] = [new w.IntSlider({ value: 7 }), new w.IntText()]
    const linked = w.link(a, 'value', b, 'value')
    expect(b.value).toBe(7)
    b.value = 9
    expect(a.value).toBe(9)
    update(a, { value: 2 })
    expect(b.value).toBe(2)
    linked.unlink()
    a.value = 3
    expect(b.value).toBe(2)
  })

  it('bring a correction of the other side back', () => {
    const [a, b] = [new w.IntSlider({ max: 100 }), new w.IntSlider({ max: 5 })]
    w.link(a, 'value', b, 'value')
    a.value = 50
    expect([a.value, b.value]).toEqual([5, 5])
  })

  it('end, also in a ring and with transforms that do not undo each other', () => {
    const ring = [0, 0, 0].map(() => new w.IntSlider({ max: 1000 }))
    for (const [at, one] of ring.entries()) w.link(one, 'value', ring[(at + 1) % 3], 'value')
    ring[1].value = 5
    expect(ring.map((one) => one.value)).toEqual([5, 5, 5])
    const [a, b] = [new w.FloatText({ value: 1 }), new w.FloatText()]
    w.link(a, 'value', b, 'value', [(value) => value + 1, (value) => value + 1])
    expect([a.value, b.value]).toEqual([1, 2])
    b.value = 10
    expect([a.value, b.value]).toEqual([11, 10])
  })

  it('go one way with dlink, through a transform', () => {
    const [a, b] = [new w.IntSlider({ value: 2 }), new w.Label()]
    const linked = w.dlink(a, 'value', b, 'value', (value) => `${value} steps`)
    b.value = 'mine'
    a.value = 3
    expect([a.value, b.value]).toEqual([3, '3 steps'])
    linked.unlink()
    a.value = 4
    expect(b.value).toBe('3 steps')
  })

  it('in the page are widgets of their own', () => {
    const page = openPage()
    const [a, b] = [new w.IntSlider(), new w.IntSlider()]
    page.news()
    const linked = w.jsdlink([a, 'value'], [b, 'max'])
    const [{ data }] = page.news()
    expect(data.state).toMatchObject({
      _model_name: 'DirectionalLinkModel',
      source: [`IPY_MODEL_${a.model_id}`, 'value'],
      target: [`IPY_MODEL_${b.model_id}`, 'max'],
    })
    linked.close()
    expect(page.news().map(({ type }) => type)).toEqual(['comm_close'])
    expect(() => w.jslink([a, 'nothing' as never], [b, 'value'])).toThrow(/source cannot be/)
  })
})
