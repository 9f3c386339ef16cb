import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { Cell, within } from '../../../kernel/cell.ts'
import type { Output } from '../../../kernel/outputs.ts'
import * as w from '../../../kernel/widgets/index.ts'
import { openPage } from './page.ts'

let outputs: Output[]
let cell: Cell
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout', 'clearTimeout', 'Date'] })
  outputs = []
  cell = new Cell('cell', 1, { onOutput: (one) => outputs.push(one) })
})
afterEach(() => {
  vi.useRealTimers()
})

const lines = () =>
  outputs.map(
    (one) =>
      `${one.output_type.split('_')[0]} ${(one as { data: Record<string, string> }).data['text/plain']}`,
  )

describe('progress without a page', () => {
  it('is one line, at most ten times a second, and says how long it took', () => {
    within(cell, () => {
      const bar = new w.ProgressBar({ description: 'images', total: 50 })
      for (let at = 1; at <= 50; at++) {
        vi.advanceTimersByTime(40)
        bar.increment()
      }
      bar.finish()
      bar.finish()
      bar.update(7)
    })
    expect(lines()[0]).toBe('display images: 0/50')
    expect(lines().at(-1)).toBe('update images: 50/50 in 2.0 s')
    expect(lines()[10]).toMatch(/^update images: 2\d\/50, 2\d(\.\d)?\/s, \d\.\d s left$/)
    expect(lines().length).toBeLessThan(23)
    expect(
      new Set(outputs.map((one) => (one as { transient: { display_id: string } }).transient.display_id)).size,
    ).toBe(1)
  })

  it('shows the last step also when nothing comes after it', () => {
    within(cell, () => {
      const bar = new w.ProgressBar({ total: 4 })
      bar.update(1)
      bar.update(3)
      expect(lines()).toEqual(['display 0/4'])
      vi.advanceTimersByTime(100)
      expect(lines()).toEqual(['display 0/4', 'update 3/4'])
      bar.stop()
    })
    expect(lines().at(-1)).toBe('update stopped at 3/4 after 0.1 s')
  })

  it('follows the items of an iterable', async () => {
    await within(cell, async () => {
      const seen: number[] = []
      for await (const one of w.track([Promise.resolve(1), 2], { description: 'all' })) seen.push(one)
      async function* endless() {
        for (let at = 0; ; at++) yield at
      }
      for await (const one of w.track(endless())) if (one === 2) break
      await expect(async () => {
        for await (const one of w.track(new Set([1, 2, 3]))) if (one === 2) throw new Error('mine')
      }).rejects.toThrow('mine')
      expect(seen).toEqual([1, 2])
    })
    expect(lines()).toEqual([
      'display all: 0/2',
      'update all: 2/2 in 0.0 s',
      'display 0',
      'update stopped at 2 after 0.0 s',
      'display 0/3',
      'update stopped at 1/3 after 0.0 s',
    ])
  })

  it('needs no cell either', () => {
    const bar = new w.ProgressBar()
    bar.increment()
    bar.finish()
    expect(bar.value).toBe(1)
  })
})

describe('progress in a page', () => {
  it('is a bar that leaves one line and no widgets', () => {
    w.closeAll()
    const page = openPage()
    within(cell, () => {
      const bar = new w.ProgressBar({ description: 'steps', total: 4 })
      vi.advanceTimersByTime(1000)
      bar.update(2)
      bar.finish()
    })
    page.close()
    const bundle = (outputs[0] as { data: Record<string, unknown> }).data
    expect(bundle).toHaveProperty(['application/vnd.jupyter.widget-view+json'])
    expect(outputs.at(-1)).toMatchObject({
      output_type: 'update_display_data',
      data: { 'text/plain': 'steps: 2/4 in 1.0 s' },
    })
    const told = page.sent.filter(({ data }) => data.method === 'update').map(({ data }) => data.state)
    expect(told).toEqual([{ value: 2 }, { value: '2/4, 2/s, 1.0 s left' }, { value: '2/4 in 1.0 s' }])
    expect(w.widgetState().state).toEqual({})
  })
})
