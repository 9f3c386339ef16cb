// Runs one job directory in this process, from job.json to result.json. Not the process entry (lib/worker.ts),
// and no decision on whether it should run (submit.ts).
import { rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fail } from '../base/errors.ts'
import { writeJson } from '../base/files.ts'
import type { JobFile, ResultFile } from '../messages/job-file.ts'
import { type Claim, claimJob } from './claim.ts'
import { jobFiles, readJobFile, readResultFile } from './directory.ts'
import { toErrorMessage } from './error-file.ts'
import { EventLog } from './event-log.ts'
import { canonicalJson, jobHash, resolveSettings } from './job-name.ts'
import { waitForTurn } from './queue.ts'
import { RunningJob } from './running-job.ts'
import type { AnyStage } from './stage.ts'

/** How a run of a job ended. `stopped` can be resumed; `failed` may work when run again. */
export type Outcome =
  | { state: 'finished'; result: unknown }
  | { state: 'stopped' | 'failed'; error: unknown; recorded: boolean }

export interface ExecuteOptions {
  /** Called when it is the job's turn, so that waiting processes stay small. */
  findStage: (name: string) => AnyStage | Promise<AnyStage>
  /** Jobs at once on this machine, 0 for no limit. */
  atOnce: number
  /** The job in this process's hands; default: it is taken. */
  claim?: Claim
  /** Rejects when something outside the stage's promise goes wrong (an uncaught exception). */
  uncaught?: Promise<never>
  /** Called when someone deleted the directory; default: the job is stopped. */
  onLost?: () => void
  signal?: AbortSignal
}

/**
 * Runs or resumes a job. How it ends is in the directory too: result.json, or error.json, or neither when stopped.
 *
 * @throws JobTakenError when another process runs it; SelmaError `io` when the directory cannot be written
 */
export async function execute(dir: string, options: ExecuteOptions): Promise<Outcome> {
  const claim = options.claim ?? (await claimJob(dir))
  let log: EventLog | undefined
  let job: RunningJob | undefined
  try {
    const done = await readResultFile(dir)
    if (done && done.hash === (await readJobFile(dir))?.hash)
      return { state: 'finished', result: done.result }
    await rm(join(dir, jobFiles.error), { force: true })
    log = new EventLog(dir)
    job = new RunningJob(dir, log, claim)
    claim.onLost = options.onLost ?? (() => job?.requestStop())
    return { state: 'finished', result: await runInTurn(job, options) }
  } catch (error) {
    return await recordEnd(dir, job, log, error)
  } finally {
    await job?.end()
    log?.close()
    await claim.end()
  }
}

async function runInTurn(job: RunningJob, options: ExecuteOptions): Promise<unknown> {
  const { dir } = job
  const stop = () => job.requestStop()
  options.signal?.addEventListener('abort', stop)
  if (options.signal?.aborted) stop()
  const release = await waitForTurn({
    root: dirname(dir),
    id: basename(dir),
    atOnce: options.atOnce,
    onQueued: (ahead) => job.emit({ type: 'queued', ahead }),
    signal: job.signal,
  })
  try {
    const file = await readJobFile(dir)
    if (!file) fail('bad-file', `${join(dir, jobFiles.job)} is missing or damaged`, 'start the job again')
    const stage = await options.findStage(file.stage)
    const settings = checkJobFile(file, stage)
    job.throwIfStopped()
    job.emit({ type: 'started', attempt: job.attempt })
    const began = performance.now()
    const running = stage.run(settings, job)
    const result = await (options.uncaught ? Promise.race([running, options.uncaught]) : running)
    const plain = toPlain(stage, result)
    const seconds = (performance.now() - began) / 1000
    await writeJson(join(dir, jobFiles.result), {
      version: 1,
      hash: file.hash,
      when: new Date().toISOString(),
      seconds,
      result: plain,
    } satisfies ResultFile)
    quietly(() => job.emit({ type: 'finished', seconds }))
    return plain
  } finally {
    options.signal?.removeEventListener('abort', stop)
    await release()
  }
}

/** The job was written for this very stage, and nobody changed it since. */
function checkJobFile(file: JobFile, stage: AnyStage): unknown {
  if (file.stageVersion !== stage.version) {
    fail(
      'mismatch',
      `the job was made for version ${file.stageVersion} of ${stage.name}, this is version ${stage.version}`,
      'start it again: it gets another name',
    )
  }
  const settings = resolveSettings(stage, file.settings)
  if (jobHash(stage, settings, file.inputs) !== file.hash) {
    fail(
      'bad-file',
      `the settings in ${jobFiles.job} do not belong to its hash`,
      'start the job with new settings',
    )
  }
  return settings
}

function toPlain(stage: AnyStage, result: unknown): unknown {
  canonicalJson(result, `the result of ${stage.name}`)
  return JSON.parse(JSON.stringify(result))
}

async function recordEnd(
  dir: string,
  job: RunningJob | undefined,
  log: EventLog | undefined,
  error: unknown,
): Promise<Outcome> {
  const message = toErrorMessage(error)
  const wasStopped = message.code === 'stopped' || (error as Error | undefined)?.name === 'AbortError'
  if (job?.signal.aborted && wasStopped) {
    quietly(() => log?.emit({ type: 'stopped' }))
    return { state: 'stopped', error: job.signal.reason, recorded: true }
  }
  const recorded = await writeJson(join(dir, jobFiles.error), message).then(
    () => true,
    () => false,
  )
  quietly(() => log?.emit({ type: 'failed', error: message }))
  return { state: 'failed', error, recorded }
}

/** When the disk is full the last event may be lost; the file that counts was written, or could not be. */
function quietly(action: () => void): void {
  try {
    action()
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`)
  }
}
