// What is going on, on standard error: a spinner with a changing line on a terminal, and plain lines, few of
// them, in a log. Standard output stays free for results.
import yoctoSpinner, { type Spinner } from 'yocto-spinner'
import type { JobEvent } from '../../lib/messages/job-event.ts'
import { duration, oneLine, plain } from './plain.ts'

/** Plain lines come at most this often, ms. */
const EVERY = 5_000

export class Progress {
  readonly verbose: boolean
  readonly #stream: NodeJS.WriteStream
  readonly #spinner: Spinner | undefined
  /** The spinner turns. */
  #live = false
  #printed = 0
  #waiting = ''
  #last = ''

  constructor({
    verbose = false,
    stream = process.stderr,
  }: {
    verbose?: boolean
    stream?: NodeJS.WriteStream
  } = {}) {
    this.verbose = verbose
    this.#stream = stream
    const live = stream.isTTY && process.env.TERM !== 'dumb' && !('CI' in process.env)
    // Signals are ours: an interrupt saves the job first.
    if (live) this.#spinner = yoctoSpinner({ stream, handleSignals: false })
  }

  /** A state that the next one replaces. */
  update(text: string): void {
    const line = oneLine(text, Math.max(20, (this.#stream.columns ?? 120) - 4))
    if (this.#spinner) {
      if (this.#live) this.#spinner.text = line
      else this.#spinner.start(line)
      this.#live = true
      return
    }
    if (line !== this.#last) this.#waiting = line
    if (Date.now() - this.#printed >= EVERY) this.#flush()
  }

  /** A line that stays. */
  line(text: string): void {
    if (this.#live) this.#spinner?.stop()
    this.#flush()
    this.#stream.write(`${plain(text)}\n`)
    if (this.#live) this.#spinner?.start()
  }

  /** Ends the changing line; `drop` leaves out a state that was not printed yet. */
  end({ drop = false } = {}): void {
    if (drop) this.#waiting = ''
    if (this.#live) this.#spinner?.stop()
    this.#live = false
    this.#flush()
  }

  #flush(): void {
    if (this.#waiting === '') return
    this.#stream.write(`${this.#waiting}\n`)
    this.#last = this.#waiting
    this.#waiting = ''
    this.#printed = Date.now()
  }
}

/** Turns a job's events into progress. Those from before this command (an earlier attempt's) are left out. */
export function jobProgress(
  progress: Progress,
  stage: string,
  since = new Date(),
): (event: JobEvent) => void {
  const began = since.toISOString()
  let loss: number | null | undefined
  let first: { done: number; at: number; of: string } | undefined
  return (event) => {
    if (event.time < began) return
    if (event.type === 'queued')
      progress.update(`${stage}: waiting for ${event.ahead} ${event.ahead === 1 ? 'job' : 'jobs'}`)
    if (event.type === 'started' && event.attempt > 1)
      progress.line(`${stage}: goes on from where it was (attempt ${event.attempt})`)
    if (event.type === 'paused') progress.line(`${stage}: paused`)
    if (event.type === 'resumed') progress.line(`${stage}: goes on`)
    if (event.type === 'metrics') loss = event.values.loss ?? loss
    if (event.type === 'checkpoint' && progress.verbose)
      progress.line(`${stage}: saved at step ${event.step}`)
    if (event.type === 'log' && (event.level !== 'info' || progress.verbose))
      progress.line(`${stage}: ${oneLine(event.text)}`)
    if (event.type !== 'progress') return
    const { done, total, unit, note } = event
    const now = Date.parse(event.time)
    const of = `${unit} ${note ?? ''}`
    if (first?.of !== of) first = { done, at: now, of }
    const rate = (done - first.done) / (now - first.at)
    const left = rate > 0 && done < total ? `, ${duration((total - done) / rate / 1000)} left` : ''
    const shown = typeof loss === 'number' && !note ? `, loss ${loss.toPrecision(4)}` : ''
    progress.update(`${stage}: ${note ? `${note} ` : ''}${done}/${total} ${unit}${shown}${left}`)
  }
}
