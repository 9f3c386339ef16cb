// Follows one job for as long as somebody looks: reads its events, notices when its process dies or another takes
// it up again. Everything comes from the job's directory, so that it works for jobs of any process.
import { setTimeout as sleep } from 'node:timers/promises'
import { isAlive, readJobFile, readProcessFile } from '../../../lib/jobs/directory.ts'
import type { Job } from '../../../lib/jobs/index.ts'
import type { MonitoredJob } from '../../../lib/messages/views/training-monitor.ts'
import { isRecord } from '../../display/table.ts'
import { brief } from './brief.ts'
import { JobRecord } from './job-record.ts'

/** How often a job that has ended is looked at, ms. */
const idle = 1_000

export class JobFeed {
  readonly job: Job
  /** Made anew when the job is read from its beginning again. */
  record = new JobRecord()
  #name: string
  #stage: string | null = null
  #error: MonitoredJob['error'] = null
  /** The directory's word, which counts more than the events'; undefined while a process has the job. */
  #ended: MonitoredJob['state'] | undefined
  readonly #stop = new AbortController()
  readonly #changed: () => void

  /** @param changed called after every event, and when the state changes */
  constructor(job: Job, changed: () => void) {
    this.job = job
    this.#name = job.id
    this.#changed = changed
  }

  /** What is shown of it now. */
  get shown(): MonitoredJob {
    const { record } = this
    const state = this.#ended ?? record.state
    return {
      id: this.job.id,
      name: this.#name,
      stage: this.#stage,
      state,
      progress: record.progress,
      latest: record.latest(),
      secondsLeft: state === 'running' ? record.secondsLeft() : null,
      checkpoint: record.checkpoint,
      attempt: record.attempt,
      error: this.#error,
      images: record.images.map(({ step, caption }) => ({ step, caption })),
    }
  }

  stop(): void {
    this.#stop.abort()
  }

  /** Reads what there is to know at once, without following. */
  async look(): Promise<void> {
    const file = await readJobFile(this.job.dir)
    const settings = file?.settings
    this.#stage = file?.stage ?? null
    if (isRecord(settings) && typeof settings.name === 'string') this.#name = brief(settings.name, 200)
    const { state, error } = await this.job.status()
    const alive = state === 'running' || state === 'queued' || state === 'paused'
    this.#ended = alive ? undefined : state
    this.#error = error
      ? { message: brief(error.message, 1_000), hint: brief(error.hint ?? '', 500) || null }
      : null
    this.#changed()
  }

  /** Follows the job until `stop`, through all its attempts. */
  async follow(): Promise<void> {
    const { signal } = this.#stop
    const attempt = () => readProcessFile(this.job.dir)?.attempt
    while (!signal.aborted) {
      const known = attempt()
      this.record = new JobRecord()
      await this.look()
      for await (const event of this.job.events({ signal })) {
        this.record.take(event)
        this.#changed()
      }
      await this.look()
      // Another attempt may have come and gone between two looks.
      while (!signal.aborted && !isAlive(this.job.dir) && attempt() === known) {
        await sleep(idle, undefined, { ref: false })
      }
    }
  }
}
