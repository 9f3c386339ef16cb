// Starting jobs: the same settings give the same directory, so a job is found finished, running, or half done,
// and is answered, attached to, or resumed. Not how it runs (execute.ts).
import { randomBytes } from 'node:crypto'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fail, SelmaError } from '../base/errors.ts'
import { fileError, writeJson } from '../base/files.ts'
import type { JobEvent } from '../messages/job-event.ts'
import type { JobFile } from '../messages/job-file.ts'
import { Claim, recordProcess } from './claim.ts'
import { readControl, writeControl } from './control.ts'
import {
  isAlive,
  jobFiles,
  jobsRoot,
  lockOf,
  readJobFile,
  readProcessFile,
  readResultFile,
} from './directory.ts'
import { execute } from './execute.ts'
import { isInsideJob } from './inside-job.ts'
import { Job } from './job.ts'
import { canonicalJson, jobHash, jobId, resolveSettings } from './job-name.ts'
import { withLock } from './lock.ts'
import { isRunning, ownIdentity } from './process-identity.ts'
import { jobsAtOnce } from './queue.ts'
import { recordedFacts } from './recorded.ts'
import { spawnWorker } from './spawn.ts'
import type { Stage } from './stage.ts'

export interface StartOptions {
  /** Where jobs are kept; default `$SELMA_HOME/jobs`, else `.selma/jobs` in the working directory. */
  root?: string
  /** Throw away what is there (a running process too) and compute anew; default false. */
  fresh?: boolean
  /** Run in this process instead of a child; default: only inside another job. */
  inline?: boolean
  /** Jobs at once on this machine, 0 for no limit; default `$SELMA_JOBS_AT_ONCE` or 1. Not for inline jobs. */
  atOnce?: number
  /** Environment variables for the child besides this process's own. */
  env?: Record<string, string | undefined>
  /** Modules that export `stages`, for stages that lib/stages.ts does not list. */
  modules?: readonly string[]
}

/**
 * Starts a job, or finds it: a finished one answers at once (`job.cached`), a running one is attached to, a
 * stopped, failed or killed one goes on from its last saved state.
 *
 * @throws SelmaError `bad-input` for bad settings, `io` when the directory cannot be written
 */
export async function start<Settings, Result, Input>(
  stage: Stage<Settings, Result, Input>,
  settings: Input,
  options: StartOptions = {},
): Promise<Job<Result>> {
  const { dir, file } = await describeJob(stage, settings, options.root)
  const { fresh = false, inline = isInsideJob(), env = {}, modules = [] } = options
  const atOnce = jobsAtOnce(options.atOnce)
  const attempt = () =>
    withLock(lockOf(dir), async () => {
      if (fresh) await clear(dir)
      const done = await readResultFile(dir)
      if (done?.hash === file.hash) {
        return new Job<Result>(dir, { cached: { when: done.when, hash: done.hash } })
      }
      if (isAlive(dir)) return isStopping(dir) ? undefined : new Job<Result>(dir)
      await prepare(dir, file)
      if (inline) {
        const claim = new Claim(dir, await recordProcess(dir, ownIdentity(), { inline: true }))
        return new Job<Result>(dir, { outcome: execute(dir, { findStage: () => stage, atOnce: 0, claim }) })
      }
      const identity = await spawnWorker({
        ...{ dir, atOnce, env },
        modules: modules.map((path) => resolve(path)),
      })
      await recordProcess(dir, identity, { inline: false })
      return new Job<Result>(dir)
    })
  for (;;) {
    const job = await attempt()
    if (job) return job
    await sleep(50) // It is saving; then it can be resumed.
  }
}

/** Asked to stop, and not gone yet. */
function isStopping(dir: string): boolean {
  return readControl(dir)?.command === 'stop'
}

export interface RunOptions extends StartOptions {
  /** Called for each event, from the job's beginning on. */
  onEvent?: (event: JobEvent) => void
  /** Aborting saves and stops the job; `run` then throws SelmaError `stopped`. */
  signal?: AbortSignal
}

/** Starts a job and waits for its result. @throws as `start` and `waitFor` */
export async function run<Settings, Result, Input>(
  stage: Stage<Settings, Result, Input>,
  settings: Input,
  { onEvent, signal, ...options }: RunOptions = {},
): Promise<Result> {
  if (signal?.aborted) fail('stopped', `${stage.name} was stopped before it began`, 'run it again')
  return waitFor(await start(stage, settings, options), { onEvent, signal })
}

/**
 * Waits for a started job's result; aborting the signal saves and stops the job.
 *
 * @throws as `Job.result`; SelmaError `stopped` once an aborted job is gone
 */
export async function waitFor<Result>(
  job: Job<Result>,
  { onEvent, signal }: Pick<RunOptions, 'onEvent' | 'signal'> = {},
): Promise<Result> {
  let stopping: Promise<unknown> | undefined
  const stop = () => {
    stopping ??= job.stop()
  }
  signal?.addEventListener('abort', stop)
  if (signal?.aborted) stop()
  try {
    if (onEvent) for await (const event of job) onEvent(event)
    return await job.result()
  } catch (error) {
    if (!stopping) throw error
    await stopping
    const { checkpoint } = await job.status()
    const from = checkpoint === undefined ? 'its last saved state' : `step ${checkpoint}`
    throw new SelmaError('stopped', `${job.id} was stopped`, { hint: `run it again to go on from ${from}` })
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/**
 * What a job would be called and written as, without starting it: for Slurm scripts and plans.
 *
 * @throws SelmaError `bad-input` for bad settings
 */
export async function describeJob<Settings, Result, Input>(
  stage: Stage<Settings, Result, Input>,
  input: Input,
  root?: string,
): Promise<{ dir: string; id: string; file: JobFile }> {
  const settings = resolveSettings(stage, input)
  canonicalJson(settings, stage.name)
  const inputs = (await stage.inputs?.(settings)) ?? {}
  const hash = jobHash(stage, settings, inputs)
  const id = jobId(stage, hash)
  const { name, version } = stage
  const recorded = recordedFacts()
  const file: JobFile = {
    ...{ version: 1, stage: name, stageVersion: version, settings, inputs, hash },
    recorded,
  }
  return { dir: join(jobsRoot(root), id), id, file }
}

/** Writes a job's directory without starting it: any `lib/worker.ts job DIR` runs it, on this machine or another. */
export async function createJob<Settings, Result, Input>(
  stage: Stage<Settings, Result, Input>,
  input: Input,
  { root }: { root?: string } = {},
): Promise<Job<Result>> {
  const { dir, file } = await describeJob(stage, input, root)
  return withLock(lockOf(dir), async () => {
    const done = await readResultFile(dir)
    if (done?.hash === file.hash)
      return new Job<Result>(dir, { cached: { when: done.when, hash: done.hash } })
    if (!isAlive(dir)) await prepare(dir, file)
    return new Job<Result>(dir)
  })
}

/** The handle of a job that exists. @throws SelmaError `not-found` */
export async function openJob<Result = unknown>(dir: string): Promise<Job<Result>> {
  const full = resolve(dir)
  const [file, done] = await Promise.all([readJobFile(full), readResultFile(full)])
  if (!file && !done) fail('not-found', `no job in ${full}`, 'listJobs() names those there are')
  return new Job<Result>(full, done && { cached: { when: done.when, hash: done.hash } })
}

/** Makes the directory ready for its next process. */
async function prepare(dir: string, file: JobFile): Promise<void> {
  try {
    await mkdir(dir, { recursive: true })
  } catch (error) {
    throw fileError(error, 'make', dir)
  }
  // Kept when it is sound, for it tells when and where the job was first made.
  if ((await readJobFile(dir))?.hash !== file.hash) await writeJson(join(dir, jobFiles.job), file)
  await rm(join(dir, jobFiles.error), { force: true })
  await rm(join(dir, jobFiles.result), { force: true })
  // Whatever was asked of an earlier process, this one is asked to run.
  await writeControl(dir, 'run')
}

/** Moves a job out of the way at once, then deletes it. The caller holds its lock. */
async function clear(dir: string): Promise<void> {
  const holder = readProcessFile(dir)
  if (holder && isAlive(dir, holder)) {
    if (!isRunning(holder) || holder.inline) {
      fail('bad-input', `${dir} is run by process ${holder.pid} on ${holder.host}`, 'stop it there first')
    }
    process.kill(holder.pid, 'SIGKILL') // Nothing of it is to be kept.
    while (isRunning(holder)) await sleep(10)
  }
  if (!(await stat(dir).catch(() => undefined))) return
  const aside = `${dir}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await rename(dir, aside)
    await rm(aside, { recursive: true, force: true })
  } catch (error) {
    throw fileError(error, 'clear', dir)
  }
}
