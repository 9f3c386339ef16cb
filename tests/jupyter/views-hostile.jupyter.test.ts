// Captions, names and errors that would be markup in a page that trusts text, in every view, in Chromium.
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { blindComparison, imageGrid, trainingMonitor, type Widget } from '../../kernel/widgets/index.ts'
import { eventually, folder, hostile, losses, scores, trainingJob } from '../kernel/widgets/views/support.ts'
import { type Bridge, openBridge } from '../plugins/views/support/bridge.ts'
import { findChromium } from './lab/chromium.ts'

const asked = hostile.map((prompt, at) => ({ id: `${at}`, prompt, answers: ['yes', 'no'] }))

describe.skipIf(!findChromium())('hostile text', () => {
  let bridge: Bridge
  beforeAll(async () => {
    bridge = await openBridge()
  })
  afterAll(() => bridge?.close())

  async function shown(widget: Widget, ready: string): Promise<string> {
    await bridge.show(widget)
    await bridge.page.locator(ready).first().waitFor()
    const found = await bridge.page.evaluate(() => {
      const out = document.getElementById('out') as HTMLElement
      const bad = out.querySelectorAll('script, a, b, iframe, object, img:not([src^="blob:"])')
      const handlers = [...out.querySelectorAll('*')].flatMap((one) =>
        one.getAttributeNames().filter((name) => name.startsWith('on')),
      )
      const hacked = (window as { hacked?: number }).hacked
      const text = out.textContent ?? ''
      out.replaceChildren()
      return { bad: [...bad].map((one) => one.outerHTML), handlers, hacked, text }
    })
    expect(found).toMatchObject({ bad: [], handlers: [] })
    expect(found.hacked).toBeUndefined()
    expect(found.text.length).toBeLessThan(30_000)
    return found.text
  }

  it.each(hostile.map((text, at) => [at, text] as const))('%s in the training monitor', async (_, text) => {
    const job = await trainingJob(
      [
        ...losses(3),
        { type: 'progress', done: 1, total: 2, unit: text, note: text },
        { type: 'metrics', step: 4, values: { [text]: 1 } },
        { type: 'image', path: 'none.png', caption: text, step: 1 },
      ],
      { name: text, finished: false },
    )
    const widget = trainingMonitor(job, { title: text, interval: 1 })
    expect(await shown(widget, '.tm-sample')).toContain(text.slice(0, 30))
    widget.close()
  })

  it('in the image grid and the blind comparison', async () => {
    const [a, b] = await Promise.all([scores(hostile[0], asked), scores(hostile[2], asked, 200)])
    const grid = imageGrid([a, b], { title: hostile[1] })
    const text = await shown(grid, '.ig-picture img')
    for (const one of hostile) expect(text).toContain(one.slice(0, 30))
    const blind = blindComparison(a, b, { file: `${await folder()}/votes.jsonl`, rater: hostile[0] })
    await eventually(() => expect(blind.modelState().state.total).toBe(4))
    expect(await shown(blind, '.bc-side img')).toContain('0 of 4 pairs judged')
    expect(bridge.errors).toEqual([])
  })
})
