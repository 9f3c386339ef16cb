// The training monitor: jobs as they run, live, and the means to pause, save and stop them. All it knows comes from
// the jobs' directories, so that a monitor made by another kernel shows the same.
import { fail } from '../../../lib/base/errors.ts'
import { confine } from '../../../lib/base/files.ts'
import { type Job, restartJob } from '../../../lib/jobs/index.ts'
import {
  type Steering,
  type Stretch,
  type TrainingMonitorAnswer,
  type TrainingMonitorMessage,
  type TrainingMonitorState,
  trainingMonitorMessage,
} from '../../../lib/messages/views/training-monitor.ts'
import { DISPLAY } from '../../display/formatters.ts'
import type { MimeBundle } from '../../outputs.ts'
import { brief } from './brief.ts'
import { JobFeed } from './job-feed.ts'
import { mimeOf, readPictureFile } from './picture-source.ts'
import { curvePicture } from './training-picture.ts'
import { View } from './view.ts'

export interface TrainingMonitorOptions {
  /** Stands above it. Default: none. */
  title?: string
  /** News go to the page at most this often, ms. Default 200. */
  interval?: number
}

type Waiting = Job | Promise<Job>

export class TrainingMonitor extends View<
  TrainingMonitorState,
  TrainingMonitorMessage,
  TrainingMonitorAnswer
> {
  readonly #feeds: JobFeed[] = []
  readonly #interval: number
  readonly #ready: Promise<void>
  #timer: NodeJS.Timeout | undefined
  #closed = false

  constructor(
    jobs: Waiting | readonly Waiting[],
    { title = '', interval = 200 }: TrainingMonitorOptions = {},
  ) {
    const all = (Array.isArray(jobs) ? jobs : [jobs]) as readonly Waiting[]
    if (all.length === 0) fail('bad-input', 'there is no job to monitor', 'give one, or openJob(directory)')
    super({
      name: 'training-monitor',
      messages: trainingMonitorMessage,
      state: { version: 1, title: brief(title, 200), jobs: [] },
    })
    this.#interval = interval
    this.#ready = this.#open(all)
    this.#ready.catch((error) => this.complain(error))
  }

  async #open(jobs: readonly Waiting[]): Promise<void> {
    for (const job of await Promise.all(jobs)) this.#feeds.push(new JobFeed(job, () => this.#soon()))
    await Promise.all(this.#feeds.map((feed) => feed.look()))
    if (this.#closed) return
    for (const feed of this.#feeds) feed.follow().catch((error) => this.complain(error))
  }

  /** Tells the page what is new, now and then. */
  #soon(): void {
    if (this.#timer || this.#closed) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      this.#flush()
    }, this.#interval)
    this.#timer.unref()
  }

  #flush(): void {
    this.share({ jobs: this.#feeds.map((feed) => feed.shown) })
    this.#points(null, ({ changedFrom }) => changedFrom)
    for (const { record } of this.#feeds)
      for (const curve of record.curves.values()) curve.changedFrom = curve.steps.length
  }

  #points(view: string | null, from: (curve: { changedFrom: number }) => number): void {
    const stretches: Stretch[] = []
    const buffers: Uint8Array[] = []
    for (const [job, { record }] of this.#feeds.entries()) {
      for (const [metric, curve] of record.curves) {
        const start = from(curve)
        const count = curve.steps.length - start
        if (count === 0) continue
        stretches.push({ job, metric, from: start, count })
        for (const list of [curve.steps, curve.values])
          buffers.push(new Uint8Array(Float64Array.from(list.slice(start)).buffer))
      }
    }
    if (stretches.length > 0 || view !== null)
      this.tell({ version: 1, kind: 'points', view, stretches }, buffers)
  }

  protected override async receive(message: TrainingMonitorMessage): Promise<void> {
    await this.#ready
    if (message.kind === 'open') {
      this.share({ jobs: this.#feeds.map((feed) => feed.shown) })
      this.#points(message.view, () => 0)
    } else if (message.kind === 'pictures') for (const id of message.ids) await this.#sendPicture(id)
    else await this.#steer(message.job, message.command)
  }

  async #steer(at: number, command: Steering): Promise<void> {
    const feed =
      this.#feeds[at] ?? fail('bad-input', `there is no job ${at}`, `there are ${this.#feeds.length}`)
    try {
      if (command === 'restart') await restartJob(feed.job.dir)
      else await feed.job[command]()
    } finally {
      await feed.look()
      this.tell({ version: 1, kind: 'steered', job: at, command })
    }
  }

  async #sendPicture(id: string): Promise<void> {
    const [job, at] = id.split(':').map(Number)
    const feed = this.#feeds[job]
    const image = feed?.record.images[at]
    const answer = { version: 1, kind: 'picture', id, mime: 'image/png' } as const
    try {
      if (!image) return this.tell({ ...answer, missing: 'there is no such picture' })
      const path = confine(feed.job.dir, image.path)
      const bytes = await readPictureFile(path)
      this.tell({ ...answer, mime: mimeOf(bytes) }, [bytes])
    } catch (error) {
      this.tell({ ...answer, missing: brief((error as Error).message, 300) })
    }
  }

  /** Stops following the jobs, which go on. */
  override close(): void {
    this.#closed = true
    clearTimeout(this.#timer)
    for (const feed of this.#feeds) feed.stop()
    super.close()
  }

  override toString(): string {
    const lines = this.#feeds.map(({ shown: { id, name, state, progress, latest } }) => {
      const done = progress ? `, ${progress.done} of ${progress.total} ${progress.unit}` : ''
      const loss = typeof latest.loss === 'number' ? `, loss ${latest.loss.toPrecision(4)}` : ''
      return `${name === id ? id : `${name} (${id})`}: ${state}${done}${loss}`
    })
    return ['Training monitor', ...lines].join('\n')
  }

  override async [DISPLAY](): Promise<MimeBundle> {
    await this.#ready.catch(() => {})
    return super[DISPLAY]()
  }

  protected override picture(): Promise<Uint8Array | undefined> {
    return curvePicture(this.#feeds.map((feed) => feed.job))
  }
}

/**
 * Shows jobs as they run: losses, pictures, speed, and buttons to pause, save and stop them.
 *
 * @param jobs handles, or promises of them, such as `experts.start(…)` or `openJob(directory)`
 * @throws SelmaError `bad-input` without a job
 */
export function trainingMonitor(
  jobs: Waiting | readonly Waiting[],
  options: TrainingMonitorOptions = {},
): TrainingMonitor {
  return new TrainingMonitor(jobs, options)
}
