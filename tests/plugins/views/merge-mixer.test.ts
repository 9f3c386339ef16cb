// The merge mixer's page without a page: what its buttons make of settings; and drawn in jsdom with a model that
// writes down what it is sent.
// @vitest-environment jsdom
import { act } from 'preact/test-utils'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { MergeMixerState, MixMethod, MixSettings } from '../../../lib/messages/views/merge-mixer.ts'
import {
  equal,
  heat,
  isSolo,
  orderOf,
  rangeOf,
  shortNames,
  solo,
  typed,
  withMethod,
  withWeight,
} from '../../../plugins/views/merge-mixer/settings.ts'

const settings: MixSettings = {
  method: 'average',
  weights: [0.5, 0.5],
  density: 0.5,
  majoritySign: 'total',
  seed: 0,
  rank: null,
}
const methodOf = (name: string, more: Partial<MixMethod> = {}): MixMethod => ({
  name,
  about: `about ${name}`,
  density: false,
  majoritySign: false,
  seed: false,
  rank: false,
  equal: 0.5,
  ...more,
})
const methods = [
  methodOf('average', { rank: true }),
  methodOf('dare_ties', { density: true, majoritySign: true, seed: true, equal: 1 }),
]

describe('settings', () => {
  it('are changed by the buttons', () => {
    expect(solo(settings, 1).weights).toEqual([0, 1])
    expect([isSolo(solo(settings, 1), 1), isSolo(settings, 1)]).toEqual([true, false])
    expect(withWeight(settings, 0, 0.2).weights).toEqual([0.2, 0.5])
    expect(equal(withWeight(settings, 0, 3), methods[0]).weights).toEqual([0.5, 0.5])
    expect(withMethod(settings, methods[0], methods[1])).toMatchObject({
      method: 'dare_ties',
      weights: [1, 1],
    })
    const own = withWeight(settings, 0, 0.2)
    expect(withMethod(own, methods[0], methods[1]).weights).toEqual([0.2, 0.5])
  })

  it('are numbers that somebody typed', () => {
    expect(typed('0.25', 0, 1)).toBe(0.25)
    expect(typed(' −1,5 ', -2, 2)).toBe(-1.5)
    for (const wrong of ['', 'x', '2', 'NaN', '1e999']) expect(typed(wrong, 0, 1)).toBeUndefined()
    expect(rangeOf(0.3)).toEqual([0, 1.5])
    expect(rangeOf(-1.2)).toEqual([-2, 1.5])
    expect(rangeOf(2.5)).toEqual([0, 3])
  })
})

describe('numbers', () => {
  it('put layers in order', () => {
    const norms = [
      [1, 3, 2],
      [9, null, 9],
    ]
    expect(orderOf(norms, undefined)).toEqual([0, 1, 2])
    expect(orderOf(norms, 0)).toEqual([1, 2, 0])
    expect(orderOf(norms, 1)).toEqual([0, 2, 1])
    expect(orderOf([], 0)).toEqual([])
    expect(shortNames(['unet.a.0.to_q', 'unet.a.0.to_k', 'unet.a.1.to_q'])).toEqual([
      '0.to_q',
      '0.to_k',
      '1.to_q',
    ])
    expect(shortNames(['unet.a.to_q'])).toEqual(['to_q'])
  })

  it('have colours that text can be read on', () => {
    expect(heat(null)).toBeUndefined()
    expect(heat(0)).toEqual({ background: 'rgb(247,247,247)', color: '#000' })
    const light = (css: string) => {
      const [r, g, b] = (
        css.startsWith('#')
          ? [...css.slice(1)].map((digit) => 17 * Number.parseInt(digit, 16))
          : (css.match(/\d+/g) as string[]).map(Number)
      ).map((one) => (one / 255 <= 0.03928 ? one / 255 / 12.92 : ((one / 255 + 0.055) / 1.055) ** 2.4))
      return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    for (let value = -1; value <= 1; value += 0.05) {
      const { background, color } = heat(value) as { background: string; color: string }
      const [high, low] = [light(background), light(color)].sort((a, b) => b - a)
      expect((high + 0.05) / (low + 0.05)).toBeGreaterThan(4.5)
    }
  })
})

const state: MergeMixerState = {
  version: 1,
  title: '',
  base: 'shapes',
  experts: ['count', '<img src=x onerror="window.hacked=1">'],
  methods,
  largestRank: 8,
  initial: settings,
  settings,
  items: [{ prompt: 'a red ring', seed: 3 }],
  drawnWith: 'guidance 3, 2 steps',
  baseDone: 1,
  mixId: 'm1',
  mixDone: 1,
  work: null,
  problem: null,
  numbers: {
    layers: ['unet.a.to_q', 'unet.a.to_k'],
    norms: [
      [1, 2],
      [4, null],
    ],
    cosine: [
      [1, -0.25],
      [-0.25, 1],
    ],
    conflict: [
      [0, 0.61],
      [0.61, 0],
    ],
  },
  saved: null,
}

/** Stands where anywidget's model is. */
function fakeModel() {
  const values: Record<string, unknown> = structuredClone(state)
  const listeners = new Map<string, Set<(...args: never[]) => void>>()
  const emit = (event: string, ...args: unknown[]) =>
    act(() => {
      for (const one of [...(listeners.get(event) ?? [])]) one(...(args as never[]))
    })
  const sent: { kind: string; [key: string]: unknown }[] = []
  return {
    sent,
    of: (kind: string) => sent.filter((message) => message.kind === kind),
    change(more: Partial<MergeMixerState>) {
      Object.assign(values, more)
      for (const name of Object.keys(more)) emit(`change:${name}`)
    },
    message: (content: object, buffers: DataView[] = []) => emit('msg:custom', content, buffers),
    model: {
      get: (name: string) => values[name],
      on: (event: string, handler: (...args: never[]) => void) => {
        if (!listeners.has(event)) listeners.set(event, new Set())
        listeners.get(event)?.add(handler)
      },
      off: (event: string, handler: (...args: never[]) => void) => listeners.get(event)?.delete(handler),
      send: (content: (typeof sent)[number]) => sent.push(content),
    },
  }
}

describe('the page', () => {
  let view: { render(context: object): () => void }
  beforeAll(async () => {
    view = (await import('../../../plugins/views/merge-mixer/index.tsx')).default as never
    let urls = 0
    URL.createObjectURL = () => `blob:${++urls}`
    URL.revokeObjectURL = () => {}
  })
  let close = () => {}
  afterEach(() => {
    close()
    document.body.replaceChildren()
  })

  async function shown() {
    const fake = fakeModel()
    const el = document.body.appendChild(document.createElement('div'))
    await act(() => {
      close = view.render({ model: fake.model, el })
    })
    const find = <Found extends Element>(selector: string): Found => {
      const found = el.querySelector<Found>(selector)
      if (!found) throw new Error(`there is no ${selector}`)
      return found
    }
    const button = (words: string): HTMLButtonElement => {
      const all = [...el.querySelectorAll('button')]
      const found = all.find((one) => one.textContent?.includes(words) || one.ariaLabel?.includes(words))
      if (!found) throw new Error(`there is no button ${words}`)
      return found
    }
    const fill = (selector: string, value: string, event = 'input') =>
      act(() => {
        const field = find<HTMLInputElement>(selector)
        field.value = value
        field.dispatchEvent(new Event(event, { bubbles: true }))
      })
    return { ...fake, el, find, button, fill, click: (words: string) => act(() => button(words).click()) }
  }

  it('asks for the pictures that are drawn, and keeps the last one until the next is there', async () => {
    const page = await shown()
    expect(page.of('open')).toHaveLength(1)
    await vi.waitFor(() => expect(page.of('pictures')[0]?.ids).toEqual(['base:0', 'm1:0']))
    const bytes = [new DataView(new ArrayBuffer(4))]
    await page.message({ version: 1, kind: 'picture', id: 'm1:0', mime: 'image/png' }, bytes)
    const mixed = () => page.el.querySelector<HTMLImageElement>('img[alt^="The mix"]')
    await vi.waitFor(() => expect(mixed()?.className).not.toContain('mm-stale'))
    const before = mixed()?.src
    await page.change({ mixId: 'm2', mixDone: 0 })
    expect([mixed()?.src, mixed()?.className.includes('mm-stale')]).toEqual([before, true])
    await page.change({ mixDone: 1 })
    await vi.waitFor(() => expect(page.of('pictures').at(-1)?.ids).toEqual(['m2:0']))
    await page.message({ version: 1, kind: 'picture', id: 'm2:0', mime: 'image/png' }, bytes)
    await vi.waitFor(() => expect(mixed()?.src).not.toBe(before))
  })

  it('sends the last of several changes, and takes back what is refused', async () => {
    const page = await shown()
    for (const value of ['0.6', '0.7', '0.8']) await page.fill('[aria-label="Weight of count"]', value)
    const entry = () => page.find<HTMLInputElement>('[aria-label="Exact weight of count"]').value
    expect(entry()).toBe('0.8')
    expect(page.of('mix')).toEqual([])
    await vi.waitFor(() => expect(page.of('mix')).toHaveLength(1))
    expect(page.of('mix')[0].settings).toEqual({ ...settings, weights: [0.8, 0.5] })
    await page.message({ version: 1, kind: 'error', message: 'not <b>so</b>', hint: 'but so' })
    await vi.waitFor(() => expect(entry()).toBe('0.5'))
    expect(page.find('.selma-error').textContent).toContain('not <b>so</b>')
    await page.click('Only count')
    await vi.waitFor(() => expect(page.of('mix').at(-1)?.settings).toEqual({ ...settings, weights: [1, 0] }))
  })

  it('shows what the method takes, sorts layers, and shows hostile names as text', async () => {
    const page = await shown()
    expect(page.el.textContent).not.toContain('Density')
    await page.fill('.mm-field select', 'dare_ties', 'change')
    for (const words of ['Density', 'Majority sign', 'Seed of the masks', 'about dare_ties'])
      expect(page.el.textContent).toContain(words)
    const first = () => page.find('.mm-layers tbody th').getAttribute('title')
    expect(first()).toBe('unet.a.to_q')
    await page.click('count')
    expect(page.el.querySelector('img[src="x"]')).toBeNull()
    expect(page.el.textContent).toContain('<img src=x')
    expect(page.el.textContent).toContain('−0.25')
    expect(page.el.textContent).toContain('61 %')
    await act(() => page.find<HTMLButtonElement>('.mm-layers thead th:nth-child(2) button').click())
    expect(first()).toBe('unet.a.to_k')
    expect(page.find('.mm-layers thead th:nth-child(2)').ariaSort ?? 'descending').toBe('descending')
  })

  it('asks before an expert is replaced', async () => {
    const page = await shown()
    await page.fill('.mm-folder input', ' here ')
    await page.click('Save as expert')
    expect(page.of('save').at(-1)).toMatchObject({ folder: 'here', name: 'mixed', overwrite: false })
    await page.message({ version: 1, kind: 'exists', folder: 'somewhere else' })
    expect(page.el.textContent).not.toContain('There is an expert')
    await page.message({ version: 1, kind: 'exists', folder: 'here' })
    await page.click('Replace it')
    expect(page.of('save').at(-1)).toMatchObject({ folder: 'here', overwrite: true })
    await page.message({ version: 1, kind: 'saved', folder: 'here' })
    expect(page.find('.mm-answer').textContent).toBe('Saved in here.')
  })

  it('stops and goes on, and says what went wrong', async () => {
    const page = await shown()
    await page.change({ mixDone: 0, work: { what: 'mix', share: 0.4 } })
    expect(page.el.textContent).toContain('Drawing the mix')
    expect(page.find('[role=progressbar]').getAttribute('aria-valuenow')).toBe('40')
    await page.click('Stop')
    expect(page.of('halt')).toHaveLength(1)
    await page.change({ work: null })
    await page.click('Draw')
    expect(page.of('mix').at(-1)?.settings).toEqual(settings)
    await page.change({ problem: { message: 'the experts have ranks 2, 4', hint: 'use average' } })
    expect(page.find('.selma-error').textContent).toMatch(/ranks 2, 4.*use average/)
  })
})
