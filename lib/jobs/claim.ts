// process.json, from the side of the process that runs the job: taking the job, heartbeat, letting go.
import { existsSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { SelmaError } from '../base/errors.ts'
import { writeJson } from '../base/files.ts'
import type { ProcessFile, ProcessIdentity } from '../messages/process-file.ts'
import { isAlive, jobFiles, lockOf, readProcessFile } from './directory.ts'
import { withLock } from './lock.ts'
import { ownIdentity, sameProcess } from './process-identity.ts'

const heartbeat = 2_000

/** Writes down that a process runs the job. The caller holds the job's lock and knows that nobody else does. */
export async function recordProcess(
  dir: string,
  identity: ProcessIdentity,
  { inline }: { inline: boolean },
): Promise<ProcessFile> {
  const before = readProcessFile(dir)
  const file: ProcessFile = {
    version: 1,
    ...identity,
    attempt: (before?.attempt ?? 0) + 1,
    inline,
    ...(before?.control === undefined ? {} : { control: before.control }),
  }
  await writeJson(join(dir, jobFiles.process), file)
  return file
}

/** Another process runs the job. */
export class JobTakenError extends SelmaError {
  constructor(dir: string, { pid, host }: ProcessIdentity) {
    super('bad-input', `${dir} is run by process ${pid} on ${host}`, {
      hint: 'wait for it, or stop it first',
    })
  }
}

/**
 * Takes the job for this process, unless whoever spawned it did so already.
 *
 * @throws JobTakenError when another process runs it
 */
export async function claimJob(dir: string): Promise<Claim> {
  return withLock(lockOf(dir), async () => {
    const before = readProcessFile(dir)
    const own = ownIdentity()
    if (before && !before.ended && sameProcess(before, own)) return new Claim(dir, before)
    if (before && isAlive(dir, before)) throw new JobTakenError(dir, before)
    return new Claim(dir, await recordProcess(dir, own, { inline: false }))
  })
}

/** A job in the hands of this process. */
export class Claim {
  /** Called when the directory is gone: nothing the job does can be kept any more. */
  onLost: () => void = () => {}
  readonly #dir: string
  readonly #path: string
  readonly #timer: NodeJS.Timeout
  #file: ProcessFile

  constructor(dir: string, file: ProcessFile) {
    this.#dir = dir
    this.#path = join(dir, jobFiles.process)
    this.#file = file
    this.#timer = setInterval(() => this.#beat(), heartbeat)
    this.#timer.unref()
  }

  get attempt(): number {
    return this.#file.attempt
  }

  /** The request that was last acted on, by this process or the one before it. */
  get control(): string | undefined {
    return this.#file.control
  }

  /** Tells whoever wrote control.json that its request is done. */
  async acted(id: string): Promise<void> {
    await this.#write({ ...this.#file, control: id })
  }

  /** Lets go of the job. */
  async end(): Promise<void> {
    clearInterval(this.#timer)
    await this.#write({ ...this.#file, ended: new Date().toISOString() })
  }

  /** Not to be able to answer (disk full) is no reason for the job to fail; a directory that is gone stays gone. */
  async #write(file: ProcessFile): Promise<void> {
    this.#file = file
    if (!existsSync(this.#dir)) return
    try {
      await writeJson(this.#path, file)
    } catch (error) {
      process.stderr.write(`${(error as Error).message}\n`)
    }
  }

  #beat(): void {
    const now = new Date()
    try {
      utimesSync(this.#path, now, now)
    } catch {
      if (!existsSync(this.#dir)) this.onLost()
    }
  }
}
