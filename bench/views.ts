// How smooth the views are: 10,000 pictures scrolled through and 100,000 loss points moved in, in Chromium, with the
// real kernel side answering. What counts are tasks of the page longer than 50 ms, by the clock (the browser's own
// measure of what a person feels) and by the processor time they took, which other work on the machine does not
// lengthen.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { DISPLAY } from '../kernel/display/formatters.ts'
import { imageGrid, trainingMonitor } from '../kernel/widgets/index.ts'
import { Random } from '../lib/base/random.ts'
import { encodePng } from '../lib/formats/png.ts'
import { Dataset } from '../lib/index.ts'
import { Job } from '../lib/jobs/index.ts'
import { type Bridge, openBridge } from '../tests/plugins/views/support/bridge.ts'

const seconds = 8

export interface Smoothness {
  what: string
  seconds: number
  frames: number
  /** Milliseconds between two frames: the middle one, and the longest. */
  frame: { median: number; longest: number }
  /** Tasks of more than 50 ms by the clock, milliseconds each. */
  longTasks: number[]
  /** Tasks that took more than 50 ms of processor time, milliseconds each. */
  busyTasks: number[]
  /** Processor time of the page's thread per frame, milliseconds. */
  busyPerFrame: number
  /** From the view's opening until all was there, milliseconds. */
  ready: number
}

/** Runs in the page: does `act` before every frame, and keeps the time. */
async function watch(bridge: Bridge, what: string, ready: number, act: string): Promise<Smoothness> {
  const browser = bridge.page.context().browser() as Browser
  await browser.startTracing(bridge.page, { categories: ['toplevel'] })
  const measured = (await bridge.page.evaluate(
    `(async () => {
      const longTasks = []
      const observer = new PerformanceObserver((list) => {
        for (const { duration } of list.getEntries()) longTasks.push(Math.round(duration))
      })
      observer.observe({ type: 'longtask' })
      const gaps = []
      const began = performance.now()
      const act = ${act}
      let last = began
      for (let frame = 0; performance.now() - began < ${seconds * 1000}; frame++) {
        await new Promise(requestAnimationFrame)
        const now = performance.now()
        gaps.push(now - last)
        last = now
        act(frame, (now - began) / ${seconds * 1000})
      }
      await new Promise((done) => setTimeout(done, 300))
      observer.disconnect()
      gaps.sort((a, b) => a - b)
      return { longTasks, frames: gaps.length, frame: { median: gaps[gaps.length >> 1], longest: gaps.at(-1) } }
    })()`,
  )) as Pick<Smoothness, 'longTasks' | 'frames' | 'frame'>
  const tasks = processorTimes(await browser.stopTracing())
  const busyTasks = tasks.filter((time) => time > 50).map(Math.round)
  const busyPerFrame = tasks.reduce((sum, time) => sum + time, 0) / measured.frames
  return { what, seconds, ready, ...measured, busyTasks, busyPerFrame }
}

interface TraceEvent {
  name: string
  pid: number
  tid: number
  /** Thread time, microseconds. */
  tdur?: number
  args: { name?: string }
}

/** Processor time of every task of the busiest page, milliseconds, from Chromium's own trace. */
function processorTimes(trace: Buffer): number[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] }
  const pages = traceEvents.filter(
    ({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain',
  )
  const each = pages.map((page) =>
    traceEvents
      .filter(({ name, pid, tid }) => name.endsWith('RunTask') && pid === page.pid && tid === page.tid)
      .map(({ tdur = 0 }) => tdur / 1000),
  )
  return each.sort((a, b) => b.length - a.length)[0] ?? []
}

/** Pictures of noise: as large as PNG makes them. */
async function writePictures(folder: string, count: number): Promise<string[]> {
  const random = new Random(0)
  const names = Array.from({ length: count }, (_, at) => `${at}.png`)
  for (const name of names) {
    const data = Uint8Array.from({ length: 64 * 64 * 3 }, () => random.bits() & 255)
    await writeFile(join(folder, name), await encodePng({ width: 64, height: 64, data }))
  }
  return names
}

async function grid(bridge: Bridge, folder: string): Promise<Smoothness> {
  const names = await writePictures(folder, 200)
  const records = Array.from({ length: 10_000 }, (_, at) => ({
    file_name: names[at % names.length],
    text: `picture ${at} of a bench, with a caption of an ordinary length`,
    seed: at,
  }))
  const view = imageGrid(new Dataset(folder, records, 'a bench'))
  await view[DISPLAY]()
  const began = performance.now()
  await bridge.show(view)
  await bridge.page.getByText(/10\s?000 of 10\s?000/).waitFor()
  await bridge.page.locator('.ig-picture img').first().waitFor()
  const ready = performance.now() - began
  // Three pages a second, and in the second half ten times as fast: what a wheel does, and a dragged scrollbar.
  const result = await watch(
    bridge,
    'image grid: 10,000 pictures of 64 x 64, scrolled',
    ready,
    `(() => { const box = document.querySelector('.ig-scroll'); return (frame, share) => { box.scrollTop += share < 0.5 ? 28 : 280 } })()`,
  )
  view.close()
  return result
}

async function chart(bridge: Bridge, folder: string): Promise<Smoothness> {
  const random = new Random(1)
  const lines = Array.from({ length: 100_000 }, (_, i) => {
    const values = { loss: 0.1 + 1 / (1 + i / 500) + 0.05 * random.normal(), learningRate: 1e-3 }
    const time = new Date(Date.UTC(2026, 0, 1) + i * 100).toISOString()
    return JSON.stringify({ version: 1, time, type: 'metrics', step: i + 1, values })
  })
  await writeFile(join(folder, 'events.jsonl'), `${lines.join('\n')}\n`)
  const view = trainingMonitor(new Job(folder))
  await bridge.page.evaluate(() => document.getElementById('out')?.replaceChildren())
  const began = performance.now()
  await bridge.show(view)
  await bridge.page.waitForFunction(() =>
    document.querySelector('.tm-chart')?.getAttribute('aria-label')?.includes('100000 points'),
  )
  const ready = performance.now() - began
  const press = (key: string) =>
    `chart.dispatchEvent(new KeyboardEvent('keydown', { key: '${key}', bubbles: true }))`
  // Closer first, then to and fro: every frame draws what is in sight anew.
  const result = await watch(
    bridge,
    'training monitor: 100,000 loss points, raw and smoothed, moved in',
    ready,
    `(() => { const chart = document.querySelector('.tm-chart'); ${press('+')}; return (frame) => { if (frame % 40 < 20) { ${press('ArrowRight')} } else { ${press('ArrowLeft')} } } })()`,
  )
  view.close()
  return result
}

/** Measures both views; nothing is left behind. */
export async function measureViews(): Promise<{ chromium: string; views: Smoothness[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'selma-bench-'))
  const bridge = await openBridge()
  try {
    // A busy machine takes its time to get ready; only what follows is measured.
    bridge.page.setDefaultTimeout(300_000)
    const chromium = bridge.page.context().browser()?.version() ?? 'unknown'
    return { chromium, views: [await grid(bridge, folder), await chart(bridge, folder)] }
  } finally {
    await bridge.close()
    await rm(folder, { recursive: true, force: true })
  }
}
