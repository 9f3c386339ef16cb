// What a job's events add up to: curves, pictures, progress. Fed event by event; knows no files and no page.
import type { JobEvent } from '../../../lib/messages/job-event.ts'
import type { MonitoredJob } from '../../../lib/messages/views/training-monitor.ts'
import { brief } from './brief.ts'

export interface Curve {
  readonly steps: number[]
  readonly values: number[]
  /** Points before this one have not changed since `news` was called. */
  changedFrom: number
}

export interface JobImage {
  /** Relative to the job's directory. */
  path: string
  caption: string
  step: number | null
}

/** Speed is measured over this much of the latest progress, in ms. */
const window = 60_000
/** More curves than this are not kept: a stage that names metrics after its data must not fill the memory. */
const mostCurves = 64

export class JobRecord {
  readonly curves = new Map<string, Curve>()
  readonly images: JobImage[] = []
  progress: MonitoredJob['progress'] = null
  checkpoint: number | null = null
  attempt: number | null = null
  /** What the events alone say; a killed process has no last word. */
  state: MonitoredJob['state'] = 'loading'
  readonly #pace: { time: number; done: number }[] = []

  take(event: JobEvent): void {
    const { type } = event
    if (type === 'metrics') {
      for (const [name, value] of Object.entries(event.values)) this.#point(name, event.step, value)
    } else if (type === 'progress') {
      const { done, total, unit, note = null } = event
      // Another kind of work has another pace.
      if (unit !== this.progress?.unit || total !== this.progress.total || note !== this.progress.note)
        this.#pace.length = 0
      this.progress = { done, total, unit: brief(unit, 40), note: note && brief(note, 200) }
      this.#pace.push({ time: Date.parse(event.time), done })
      while (this.#pace[0].time < Date.parse(event.time) - window) this.#pace.shift()
    } else if (type === 'image') {
      const { path, caption, step = null } = event
      // Drawn again by an attempt that went on from an earlier checkpoint: the later one counts.
      const known = this.images.findIndex((image) => image.path === path)
      const image = { path, caption: brief(caption), step }
      if (known >= 0) this.images[known] = image
      else this.images.push(image)
    } else if (type === 'checkpoint') this.checkpoint = event.step
    else if (type === 'started') {
      this.attempt = event.attempt
      this.#pace.length = 0
    }
    const states = { queued: 'queued', paused: 'paused', stopped: 'stopped', failed: 'failed' } as const
    if (type in states) this.state = states[type as keyof typeof states]
    else if (type === 'started' || type === 'resumed' || type === 'metrics' || type === 'progress')
      this.state = 'running'
    else if (type === 'finished') this.state = 'finished'
    if (type === 'resumed') this.#pace.length = 0
  }

  /** Seconds until the present work is done, at its present pace; null while there is none. */
  secondsLeft(): number | null {
    const [first, last] = [this.#pace[0], this.#pace.at(-1)]
    if (!this.progress || !first || !last || last.done <= first.done || last.time <= first.time) return null
    const perSecond = ((last.done - first.done) * 1000) / (last.time - first.time)
    return Math.max(0, this.progress.total - last.done) / perSecond
  }

  latest(): Record<string, number | null> {
    const finite = (value: number | undefined) =>
      value !== undefined && Number.isFinite(value) ? value : null
    return Object.fromEntries([...this.curves].map(([name, { values }]) => [name, finite(values.at(-1))]))
  }

  #point(name: string, step: number, value: number | null): void {
    let curve = this.curves.get(name)
    if (!curve) {
      if (this.curves.size >= mostCurves) return
      curve = { steps: [], values: [], changedFrom: 0 }
      this.curves.set(brief(name, 100), curve)
    }
    const { steps, values } = curve
    // After a resume steps come a second time, and the later ones count.
    while (steps.length > 0 && steps[steps.length - 1] >= step) {
      steps.pop()
      values.pop()
    }
    curve.changedFrom = Math.min(curve.changedFrom, steps.length)
    steps.push(step)
    values.push(value ?? Number.NaN)
  }
}
