// The prompt studio's page over its real kernel half, without a browser: what is shown, and what is asked for.
import { JSDOM } from 'jsdom'
import { render } from 'preact'
import { act } from 'preact/test-utils'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { comms } from '../../../kernel/comms.ts'
import { type PromptStudio, promptStudio } from '../../../kernel/widgets/index.ts'
import type { CandidateRow } from '../../../lib/messages/views/prompt-studio.ts'
import type { LanguageModel } from '../../../lib/prompts/index.ts'
import { countWords, skill } from '../../../lib/prompts/skill.ts'
import view from '../../../plugins/views/prompt-studio/index.tsx'
import { changesOf } from '../../../plugins/views/prompt-studio/skill-form.tsx'
import { chosen, scoreBins, statisticsOf } from '../../../plugins/views/prompt-studio/stats.ts'

const row = (at: number, more: Partial<CandidateRow> = {}): CandidateRow => ({
  at,
  text: `prompt ${at}`,
  cut: false,
  original: null,
  request: 0,
  accepted: true,
  rule: 'accepted',
  detail: null,
  nearest: null,
  score: null,
  hand: null,
  ...more,
})

describe('what the page counts', () => {
  it('words, lengths, and how varied they are', () => {
    const texts = ['A red ring and a Red square', 'two rings', 'ein größerer Ring']
    const found = statisticsOf(texts, 3)
    expect(found.lengths).toEqual([
      { words: 2, prompts: 1 },
      { words: 3, prompts: 1 },
      { words: 4, prompts: 0 },
      { words: 5, prompts: 0 },
      { words: 6, prompts: 0 },
      { words: 7, prompts: 1 },
    ])
    expect(found.mean).toBe(texts.reduce((sum, text) => sum + countWords(text), 0) / 3)
    expect(found.frequent[0]).toEqual({ word: 'ring', prompts: 2 })
    expect(found.frequent.map(({ word }) => word)).not.toContain('a')
    // a red ring and square two rings ein größerer; 12 words in all, 9 pairs of which one comes twice.
    expect([found.vocabulary, found.distinct]).toEqual([9, { words: 9 / 12, pairs: 8 / 9 }])
    expect(statisticsOf([])).toMatchObject({
      prompts: 0,
      lengths: [],
      mean: 0,
      distinct: { words: 0, pairs: 0 },
    })
  })

  it('scores of those that were compared with the pool', () => {
    const counted = scoreBins([
      row(0, { score: 1, accepted: false, rule: 'near-duplicate' }),
      row(1, { score: 0.8 }),
      row(2, { score: 0.9, accepted: false, rule: 'test-prompt' }),
      row(3),
    ])
    expect(counted.flatMap(({ accepted, rejected }, at) => (accepted + rejected > 0 ? [at] : []))).toEqual([
      40, 49,
    ])
  })

  it('which rows are shown, newest first', () => {
    const rows = [
      row(0),
      row(1, { accepted: false, rule: 'too-long' }),
      row(2, { accepted: false, rule: 'surplus' }),
      row(3, { rule: 'surplus', hand: 'accept' }),
    ]
    const numbers = (filter: Parameters<typeof chosen>[1]) =>
      chosen(rows, filter, new Set([1])).map(({ at }) => at)
    expect(numbers('judged')).toEqual([3, 1, 0])
    expect(numbers('accepted')).toEqual([3, 0])
    expect(numbers('rejected')).toEqual([1])
    expect(numbers('hand')).toEqual([3])
    expect(numbers('surplus')).toEqual([2])
    expect(numbers('changes')).toEqual([1])
  })

  it('what of the skill was changed', () => {
    const now = { name: 'odd', teaches: 'x', seeds: ['a', 'b'], rules: [], maxWords: 30 }
    const draft = { teaches: 'x', seeds: 'a\nb', rules: '', maxWords: '30' }
    expect(changesOf(draft, now)).toEqual({})
    expect(changesOf({ ...draft, seeds: 'a\n\n  c ', maxWords: '12' }, now)).toEqual({
      seeds: ['a', 'c'],
      maxWords: 12,
    })
  })
})

/** Draws a studio: its messages go to the page and the page's to it, as comms carry them. */
function show(studio: PromptStudio) {
  const { state } = structuredClone(studio.modelState()) as { state: Record<string, unknown> }
  const listeners = new Map<string, Set<(...args: unknown[]) => void>>()
  const emit = (name: string, ...args: unknown[]) => {
    for (const one of [...(listeners.get(name) ?? [])]) one(...args)
  }
  comms.transport = (type, { data }) => {
    if (type !== 'comm_msg') return
    const message = structuredClone(data) as { method: string; state: object; content: unknown }
    if (message.method === 'update') {
      Object.assign(state, message.state)
      for (const name of Object.keys(message.state)) emit(`change:${name}`)
    } else if (message.method === 'custom') emit('msg:custom', message.content, [])
  }
  const model = {
    get: (name: string) => state[name],
    on: (name: string, handler: () => void) => {
      listeners.set(name, (listeners.get(name) ?? new Set()).add(handler))
    },
    off: (name: string, handler: () => void) => listeners.get(name)?.delete(handler),
    send: (content: unknown) => {
      const data = { method: 'custom', content: structuredClone(content) }
      comms.get(studio.model_id)?.receive('message', { data, metadata: {}, buffers: [] } as never)
    },
  }
  const el = document.createElement('div')
  document.body.append(el)
  act(() => {
    view.render({ model: model as never, el })
  })
  const find = (name: string | RegExp) => {
    const button = [...el.querySelectorAll('button')].find((one) => {
      const label = one.getAttribute('aria-label') ?? one.textContent ?? ''
      return typeof name === 'string' ? label.trim() === name : name.test(label)
    })
    if (!button) throw new Error(`no button ${name}`)
    return button
  }
  const click = (name: string | RegExp) => act(() => find(name).click())
  const type = (input: HTMLInputElement | HTMLTextAreaElement, value: string) =>
    act(() => {
      input.value = value
      input.dispatchEvent(new Event('input', { bubbles: true }))
    })
  return {
    el,
    click,
    find,
    type,
    texts: () => [...el.querySelectorAll('.ps-words')].map((one) => one.textContent),
  }
}

describe('the prompt studio in a page', () => {
  // Not vitest's environment: its replaced globals are none that esbuild, which builds the view, works with.
  beforeAll(() => {
    const { window } = new JSDOM('<!doctype html><body></body>')
    for (const name of ['window', 'document', 'Event', 'Node', 'Element'])
      vi.stubGlobal(name, name === 'window' ? window : window[name])
  })
  afterAll(() => {
    vi.unstubAllGlobals()
  })
  afterEach(() => {
    comms.transport = undefined
    for (const el of document.body.children) render(null, el)
    document.body.replaceChildren()
  })

  it('writes, rejects by hand, previews and applies a threshold, undoes', async () => {
    const studio = promptStudio('count', { n: 30, shapesOnly: true })
    const { el, click, type, texts } = show(studio)
    expect(el.textContent).toContain('Nothing is written yet')
    click('Generate')
    await vi.waitFor(() => expect(el.textContent).toContain('30 of 30 accepted'), { timeout: 20_000 })
    click(/^Accepted/)
    expect(texts()).toEqual(studio.prompts.records.map(({ text }) => text).reverse())
    click(/^Reject candidate/)
    await vi.waitFor(() => expect(el.textContent).toContain('29 of 30 accepted'))
    expect(el.textContent).toContain('By hand 1')
    const slider = el.querySelector('input[type="range"]') as HTMLInputElement
    type(slider, '0.6')
    await vi.waitFor(() => expect(el.querySelector('.ps-effect')?.textContent).toMatch(/would be rejected/))
    const { accepted, rejected, total } = studio.preview(0.6)
    expect(el.querySelector('.ps-effect')?.textContent).toBe(
      `${accepted.length} more would be accepted, ${rejected.length} would be rejected: ${total} accepted.`,
    )
    click(/^Would change/)
    expect(texts()).toHaveLength(accepted.length + rejected.length)
    expect(studio.prompts.length).toBe(29)
    click('Apply 0.60')
    await vi.waitFor(() => expect(studio.prompts.length).toBe(total))
    await vi.waitFor(() => expect(el.textContent).toContain(`${total} of 30 accepted`))
    expect(el.querySelector('.ps-effect')?.textContent).toContain('Move it')
    click('Undo')
    await vi.waitFor(() => expect(el.textContent).toContain('By hand 0'))
  })

  it('edits a candidate and the skill', async () => {
    const studio = promptStudio('color', { n: 5 })
    await studio.generate()
    const { el, click, type, texts } = show(studio)
    await vi.waitFor(() => expect(texts().length).toBeGreaterThan(0))
    click(/^Edit candidate/)
    type(el.querySelector('.ps-editor input') as HTMLInputElement, 'a blue whale')
    click('Save')
    await vi.waitFor(() => expect(texts()).toContain('a blue whale'))
    expect(studio.prompts.records.map(({ text }) => text)).toContain('a blue whale')
    const [teaches, seeds] = el.querySelectorAll('textarea')
    type(teaches, 'to draw whales')
    click('Save the skill')
    await vi.waitFor(() => expect(studio.skill.teaches).toBe('to draw whales'))
    type(seeds, 'only one')
    click('Save the skill')
    await vi.waitFor(() => expect(el.querySelector('[role="alert"]')?.textContent).toContain('at least 3'))
    expect(seeds.value).toBe('only one')
  })

  it('shows hostile text as text, and an error with what to do', async () => {
    const hostile = '<img src=x onerror="window.hacked=1">'
    let answers = 0
    const llm: LanguageModel = {
      name: hostile,
      kind: 'llm',
      async complete() {
        if (answers++ > 0) throw new Error('the wire is cut <b>here</b>')
        const long = 'x'.repeat(1_000_000)
        return { text: `4. ${hostile} a ring\n5. ${long}`, promptTokens: 1, completionTokens: 1 }
      },
    }
    const seeds = ['<b>one</b> seed here', 'another good seed', 'some third seed']
    const studio = promptStudio(skill('odd', { teaches: `things ${hostile}`, seeds }), { n: 9, llm })
    const { el, click, texts } = show(studio)
    click('Generate')
    await vi.waitFor(() =>
      expect(el.querySelector('[role="alert"]')?.textContent).toContain('the wire is cut <b>'),
    )
    expect(texts()).toContain(`${hostile} a ring`)
    expect(el.textContent?.length).toBeLessThan(10_000)
    expect(el.querySelectorAll('img, b')).toHaveLength(0)
    expect(el.textContent).toContain('What was written so far is kept')
    expect((window as unknown as { hacked?: number }).hacked).toBeUndefined()
  })
})
