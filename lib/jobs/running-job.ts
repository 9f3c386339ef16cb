// What a stage sees of its job while it runs: events, saved state, and what is asked through control.json.
import { join } from 'node:path'
import { setTimeout as sleep, setImmediate as turnOver } from 'node:timers/promises'
import { fail, SelmaError } from '../base/errors.ts'
import { readJson, writeJson } from '../base/files.ts'
import type { JobEventInput } from '../messages/job-event.ts'
import type { Claim } from './claim.ts'
import { readControl } from './control.ts'
import { jobFiles } from './directory.ts'
import type { EventLog } from './event-log.ts'
import type { Asked, JobContext } from './stage.ts'

/** How often control.json is looked at between turns (a stage waiting for a network answer), milliseconds. */
const look = 250

export class RunningJob implements JobContext {
  readonly dir: string
  readonly #log: EventLog
  readonly #claim: Claim
  readonly #stop = new AbortController()
  readonly #timer: NodeJS.Timeout
  #seen: string | undefined
  #owed: string | undefined
  #paused = false
  #saidPaused = false
  #checkpoint = false

  constructor(dir: string, log: EventLog, claim: Claim) {
    this.dir = dir
    this.#log = log
    this.#claim = claim
    this.#seen = claim.control
    this.#timer = setInterval(() => this.#look(), look)
    this.#timer.unref()
    this.#look()
  }

  get attempt(): number {
    return this.#claim.attempt
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  emit(event: JobEventInput): void {
    this.#log.emit(event)
  }

  progress(
    done: number,
    total: number,
    { unit = 'steps', note }: { unit?: string; note?: string } = {},
  ): void {
    this.emit({ type: 'progress', done, total, unit, ...(note === undefined ? {} : { note }) })
  }

  metrics(step: number, values: Record<string, number>): void {
    this.emit({ type: 'metrics', step, values })
  }

  log(text: string, level: 'info' | 'warn' | 'error' = 'info'): void {
    this.emit({ type: 'log', level, text })
  }

  async turn(save?: () => Promise<void>): Promise<Asked> {
    for (;;) {
      const asked = await this.#ask()
      if (!save || asked === 'continue') return asked
      await save()
      this.throwIfStopped()
    }
  }

  async #ask(): Promise<Asked> {
    // Signals and timers get their turn here, after native code that let nothing else run.
    await turnOver()
    await this.#settle()
    this.#look()
    while (this.#paused && !this.#checkpoint && !this.signal.aborted) {
      if (!this.#saidPaused) this.emit({ type: 'paused' })
      this.#saidPaused = true
      await this.#settle()
      await sleep(100)
      this.#look()
    }
    if (this.#saidPaused && !this.#paused) {
      this.emit({ type: 'resumed' })
      this.#saidPaused = false
    }
    if (this.signal.aborted) return 'stop'
    const asked = this.#checkpoint ? 'checkpoint' : 'continue'
    this.#checkpoint = false
    // A request for a checkpoint is owed an answer until the stage comes back, having saved.
    if (asked === 'continue') await this.#settle()
    return asked
  }

  throwIfStopped(): void {
    this.signal.throwIfAborted()
  }

  async saveState(name: string, state: unknown): Promise<void> {
    await writeJson(this.#statePath(name), state)
  }

  async loadState<State>(name: string): Promise<State | undefined> {
    const path = this.#statePath(name)
    try {
      return (await readJson(path)) as State
    } catch (error) {
      if (error instanceof SelmaError && error.code === 'not-found') return undefined
      this.log(`${(error as Error).message}; starting over`, 'warn')
      return undefined
    }
  }

  /** Asks the stage to save and end; for signals sent to the process, and a caller's AbortSignal. */
  requestStop(): void {
    this.#stop.abort(
      new SelmaError('stopped', 'the job was stopped', {
        hint: 'run it again to go on from its last saved state',
      }),
    )
  }

  /** No more requests are taken; the last one counts as done. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    await this.#settle()
  }

  #look(): void {
    const request = readControl(this.dir)
    if (!request || request.id === this.#seen) return
    this.#seen = request.id
    this.#owed = request.id
    if (request.command === 'stop') this.requestStop()
    else if (request.command === 'checkpoint') this.#checkpoint = true
    else this.#paused = request.command === 'pause'
  }

  async #settle(): Promise<void> {
    if (this.#owed === undefined || this.#checkpoint) return
    const id = this.#owed
    this.#owed = undefined
    await this.#claim.acted(id)
  }

  #statePath(name: string): string {
    if (!/^[A-Za-z0-9_][A-Za-z0-9._-]*$/.test(name)) {
      fail(
        'bad-input',
        `bad name for a saved state: ${JSON.stringify(name)}`,
        'letters, digits, dot, - and _',
      )
    }
    return join(this.dir, jobFiles.state, `${name}.json`)
  }
}
