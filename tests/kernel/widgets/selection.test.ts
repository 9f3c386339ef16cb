import { describe, expect, expectTypeOf, it } from 'vitest'
import * as w from '../../../kernel/widgets/index.ts'
import { update } from './page.ts'

describe('selections', () => {
  it('choose the first option, or what value, label or index says', () => {
    expect(new w.Dropdown({ options: ['a', 'b'] }).value).toBe('a')
    expect(new w.Dropdown().value).toBeNull()
    expect(new w.Dropdown({ options: ['a', 'b'], index: null }).value).toBeNull()
    expect(new w.Select({ options: { one: 1, two: 2 }, label: 'two' }).value).toBe(2)
    const pairs = new w.Dropdown({
      options: [
        ['one', 1],
        ['two', 2],
      ],
      value: 2,
    })
    expect([pairs.index, pairs.label]).toEqual([1, 'two'])
    expectTypeOf(pairs.value).toEqualTypeOf<number | null>()
    expectTypeOf(new w.Dropdown({ options: ['a', 'b'] }).value).toEqualTypeOf<string | null>()
    expectTypeOf(new w.SelectMultiple({ options: { one: 1 } }).value).toEqualTypeOf<readonly number[]>()
  })

  it('keep values of any kind here, with a label from what names them', () => {
    const models = [
      { name: 'tiny', layers: 2 },
      { name: 'big', layers: 9 },
    ]
    const pick = new w.RadioButtons({ options: models })
    const seen: unknown[] = []
    pick.observe('value', ({ old, new: now }) => seen.push([old?.name, now?.name]))
    update(pick, { index: 1 })
    expect(pick.value).toBe(models[1])
    expect(pick.label).toBe('big')
    pick.value = { name: 'tiny', layers: 2 }
    expect(pick.value).toBe(models[0])
    expect(seen).toEqual([
      ['tiny', 'big'],
      ['big', 'tiny'],
    ])
    expect(new w.Dropdown({ options: [1, true, null] }).modelState().state._options_labels).toEqual([
      '1',
      'true',
      'null',
    ])
  })

  it('refuse what is not among the options', () => {
    const pick = new w.Dropdown({ options: ['a', 'b'] })
    expect(() => {
      pick.value = 'c'
    }).toThrow(/Dropdown has no option with the value 'c'/)
    expect(() => {
      pick.label = 'c'
    }).toThrow(/no option with the label 'c'/)
    expect(() => {
      pick.index = 2
    }).toThrow(/index 2 is not among its 2 options/)
    expect(() => new w.SelectionSlider({ options: [] })).toThrow(/must have a choice/)
    expect(() => new w.SelectionRangeSlider({ options: ['a'], index: [0, 0, 0] })).toThrow(
      /index cannot be \[ 0, 0, 0 \]/,
    )
    expect(() => new w.SelectionRangeSlider({ options: ['a'], value: ['a'] })).toThrow(
      /a first and a last value/,
    )
    expect(() => new w.Dropdown({ options: 7 as never })).toThrow(/options cannot be 7/)
    expect(pick.value).toBe('a')
  })

  it('start over when the options change', () => {
    const one = new w.Dropdown<string>({ options: ['a', 'b'], value: 'b' })
    one.options = ['x', 'y']
    expect([one.index, one.value, one.label]).toEqual([0, 'x', 'x'])
    one.set({ options: ['p', 'q'], value: 'q' } as never)
    expect(one.index).toBe(1)
    one.options = []
    expect([one.index, one.value]).toEqual([null, null])
    one.options = ['z']
    expect(one.value).toBeNull()
    const many = new w.SelectMultiple({ options: ['a', 'b', 'c'], value: ['c', 'a'] })
    expect([many.index, many.label]).toEqual([
      [2, 0],
      ['c', 'a'],
    ])
    many.options = ['c']
    expect(many.value).toEqual([])
  })

  it('are printed with their options', () => {
    expect(String(new w.Dropdown({ options: ['a', 'b'] }))).toBe("Dropdown(value='a', options=['a', 'b'])")
  })
})

describe('pages of tabs and accordions', () => {
  it('always have a title, and a selection that exists', () => {
    const [a, b] = [new w.Label(), new w.Label()]
    const tab = new w.Tab([a, b], { titles: ['one'] })
    expect([tab.titles, tab.selected_index]).toEqual([['one', ''], 0])
    tab.setTitle(1, 'two')
    tab.selected_index = 1
    tab.children = [a]
    expect([tab.titles, tab.selected_index]).toEqual([['one'], 0])
    tab.children = []
    expect(tab.selected_index).toBeNull()
    tab.children = [b]
    expect(tab.selected_index).toBe(0)
    const accordion = new w.Accordion([a, b], { selected_index: 1 })
    accordion.children = [a]
    expect(accordion.selected_index).toBeNull()
    expect(() => {
      accordion.selected_index = 1
    }).toThrow(/there is no child 1, only 1/)
  })
})

describe('tags', () => {
  it('are limited as their widget says', () => {
    const tags = new w.TagsInput({ value: ['a'], allowed_tags: ['a', 'b'] })
    expect(() => {
      tags.value = ['c']
    }).toThrow(/the tag "c" is not allowed/)
    expect(() => new w.TagsInput({ value: [''] })).toThrow(/cannot be empty/)
    const ints = new w.IntsInput({ value: [3], min: 1, max: 5 })
    expect(() => {
      ints.value = [3, 9]
    }).toThrow(/9 is not between 1 and 5/)
    update(ints, { value: [0] })
    expect(ints.value).toEqual([3])
  })
})
