// The handle of a job: look at it, wait for it, steer it. Holds nothing but the directory's name, so that any
// number of processes may have one. On purpose not a thenable: an async function would silently await it.
import { statfs } from 'node:fs/promises'
import { basename } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SelmaError } from '../base/errors.ts'
import type { ControlCommand } from '../messages/control.ts'
import type { JobEvent } from '../messages/job-event.ts'
import { readControl, writeControl } from './control.ts'
import { isAlive, lastOutput, readErrorFile, readProcessFile, readResultFile } from './directory.ts'
import { fromErrorMessage } from './error-file.ts'
import { followEvents, readEvents } from './event-log.ts'
import type { Outcome } from './execute.ts'
import { exitCodes } from './exit-codes.ts'
import { type JobStatus, jobStatus } from './job-status.ts'
import { isRunning } from './process-identity.ts'
import { redact } from './secrets.ts'
import { exitOf } from './spawn.ts'

/** Says that a result was not computed now. */
export interface Cached {
  /** When it was computed, ISO 8601, UTC. */
  when: string
  /** The job's hash, 64 hex digits. */
  hash: string
}

const pause = 50

export class Job<Result = unknown> implements AsyncIterable<JobEvent> {
  /** The job's directory, absolute. */
  readonly dir: string
  /** The directory's name: stage and the first 16 digits of the hash. */
  readonly id: string
  /** Set when the result was there already. */
  readonly cached: Cached | undefined
  readonly #outcome: Promise<Outcome> | undefined

  constructor(dir: string, { cached, outcome }: { cached?: Cached; outcome?: Promise<Outcome> } = {}) {
    this.dir = dir
    this.id = basename(dir)
    this.cached = cached
    this.#outcome = outcome
    outcome?.catch(() => {}) // told by result()
  }

  status(): Promise<JobStatus> {
    return jobStatus(this.dir)
  }

  /** All events from the beginning (those of earlier attempts too), then as they come, until the job ends. */
  events({ signal }: { signal?: AbortSignal } = {}): AsyncGenerator<JobEvent, void, void> {
    return followEvents(this.dir, () => !isAlive(this.dir), signal)
  }

  [Symbol.asyncIterator](): AsyncGenerator<JobEvent, void, void> {
    return this.events()
  }

  /**
   * Waits for the end.
   *
   * @throws the job's own error, with code and hint; SelmaError `stopped` when it was stopped, `engine` when its
   *   process died without a word
   */
  async result(): Promise<Result> {
    if (this.#outcome) {
      const outcome = await this.#outcome
      if (outcome.state === 'finished') return outcome.result as Result
      throw outcome.error
    }
    for (;;) {
      const alive = isAlive(this.dir)
      const file = await readResultFile(this.dir)
      if (file) return file.result as Result
      if (!alive) throw await this.#reason()
      await sleep(pause)
    }
  }

  /** Asks it to wait between two units of work; returns when it does (or has ended). It keeps its memory. */
  pause(): Promise<void> {
    return this.#ask('pause')
  }

  /** Goes on after `pause()`. */
  resume(): Promise<void> {
    return this.#ask('run')
  }

  /** Asks it to save its state; returns when it has (or has ended). */
  checkpoint(): Promise<void> {
    return this.#ask('checkpoint')
  }

  /**
   * Asks it to save and end; returns when its process is gone. Starting it again goes on from what it saved.
   *
   * @param options grace: how long it may take (native code cannot be interrupted) before SIGTERM, and then once
   *   more before SIGKILL, milliseconds, default 60 s. Processes on other machines get no signals.
   */
  async stop({ grace = 60_000 }: { grace?: number } = {}): Promise<JobStatus> {
    const holder = readProcessFile(this.dir)
    if (!holder || !isAlive(this.dir, holder)) return this.status()
    await writeControl(this.dir, 'stop').catch((error) => {
      // A full disk must not keep it running: the signal asks the same.
      if (holder.inline) throw error
      signalTo(holder.pid, 'SIGTERM')
    })
    const gone = () => (holder.inline ? !isAlive(this.dir) : !isAlive(this.dir) && !isRunning(holder))
    for (const escalation of ['SIGTERM', 'SIGKILL', undefined] as const) {
      const until = Date.now() + grace
      while (!gone() && (Date.now() < until || holder.inline || escalation === undefined)) await sleep(pause)
      if (gone()) break
      // Looked at again just before: the pid might be another process by now.
      if (escalation && isRunning(holder)) signalTo(holder.pid, escalation)
    }
    return this.status()
  }

  async #ask(command: ControlCommand): Promise<void> {
    if (!isAlive(this.dir)) {
      const { state } = await this.status()
      throw new SelmaError('bad-input', `${this.id} is not running: ${state}`, {
        hint: 'start it again first',
      })
    }
    const id = await writeControl(this.dir, command)
    while (
      isAlive(this.dir) &&
      readProcessFile(this.dir)?.control !== id &&
      readControl(this.dir)?.id === id
    ) {
      await sleep(pause)
    }
  }

  /** Why it ended without a result. */
  async #reason(): Promise<Error> {
    const error = await readErrorFile(this.dir)
    if (error) return fromErrorMessage(error)
    const events = await readEvents(this.dir)
    const checkpoint = events.findLast((event) => event.type === 'checkpoint')
    const hint = checkpoint
      ? `run it again to resume from step ${checkpoint.step}`
      : 'run it again to go on from its last saved state'
    if (events.findLast((event) => event.type !== 'log')?.type === 'stopped') {
      return new SelmaError('stopped', `${this.id} was stopped`, { hint })
    }
    const holder = readProcessFile(this.dir)
    if (!holder) return new SelmaError('not-found', `${this.id} has not been started`, { hint: 'start it' })
    const exit = await exitOf(holder)
    const how = exit?.signal ? ` by ${exit.signal}` : exit ? ` with exit code ${exit.code}` : ''
    const output = redact(await lastOutput(this.dir))
    if (exit?.code === exitCodes.unrecorded || (await isFull(this.dir))) {
      return new SelmaError(
        'io',
        `the disk is full or cannot be written: ${this.id} could not even note why it failed`,
        {
          hint: `free some space under ${this.dir}; ${hint}`,
        },
      )
    }
    return new SelmaError('engine', `the process of ${this.id} died${how}${output ? `:\n${output}` : ''}`, {
      hint: exit?.signal === 'SIGKILL' ? `${hint}; out of memory kills like this too` : hint,
    })
  }
}

/** Whether nothing more can be written where the job lies. */
async function isFull(dir: string): Promise<boolean> {
  return statfs(dir).then(
    ({ bavail }) => bavail === 0,
    () => false,
  )
}

function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone in the meantime.
  }
}
