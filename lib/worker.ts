// The one process entry of the library: runs or resumes a job directory. Not a command for people (`selma` is).
//
//   node lib/worker.ts job DIR [--at-once N] [--stages FILE]…
//
// --at-once N   wait until fewer than N jobs of the same root run on this machine (default
//               $SELMA_JOBS_AT_ONCE or 1; 0 does not wait, for Slurm)
// --stages FILE a module that exports `stages`, besides lib/stages.ts
//
// SIGTERM and SIGINT save and stop, a second one ends at once. Exit codes: 0 finished, 1 failed (see
// error.json), 64 wrong arguments, 73 another process runs it, 74 failed and could not write why,
// 75 stopped: run it again to resume.
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { SelmaError } from './base/errors.ts'
import { JobTakenError } from './jobs/claim.ts'
import { readJobFile } from './jobs/directory.ts'
import { execute } from './jobs/execute.ts'
import { exitCodes } from './jobs/exit-codes.ts'
import { markInsideJob } from './jobs/inside-job.ts'
import { jobsAtOnce } from './jobs/queue.ts'
import { redact } from './jobs/secrets.ts'
import { type AnyStage, registerStages, stageNamed } from './jobs/stage.ts'

function readArguments() {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: { 'at-once': { type: 'string' }, stages: { type: 'string', multiple: true, default: [] } },
  })
  const [command, dir, ...rest] = positionals
  if (command !== 'job' || dir === undefined || rest.length > 0) {
    throw new SelmaError('bad-input', 'usage: worker.ts job DIR [--at-once N] [--stages FILE]…')
  }
  const given = values['at-once']
  return {
    dir: resolve(dir),
    atOnce: jobsAtOnce(given === undefined ? undefined : Number(given)),
    modules: values.stages.map((file) => pathToFileURL(resolve(file)).href),
  }
}

async function findStage(name: string, modules: readonly string[]): Promise<AnyStage> {
  const { stages } = await import('./stages.ts')
  // One that the library does not have is looked for among all, whose names the error then lists.
  const loaded = Object.hasOwn(stages, name) ? [stages[name]] : Object.values(stages)
  registerStages(...(await Promise.all(loaded.map((load) => load()))))
  for (const module of modules) {
    const more = (await import(module)) as { stages: AnyStage[] }
    registerStages(...more.stages)
  }
  return stageNamed(name)
}

async function main(): Promise<number> {
  const { dir, atOnce, modules } = readArguments()
  markInsideJob()
  const stop = new AbortController()
  for (const name of ['SIGTERM', 'SIGINT'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(exitCodes.stopped)
      stop.abort()
    })
  }
  const uncaught = new Promise<never>((_, reject) => {
    process.on('uncaughtException', reject)
    process.on('unhandledRejection', reject)
  })
  uncaught.catch(() => {})
  // Relative paths in settings mean what they meant where the job was made.
  const cwd = (await readJobFile(dir))?.recorded.cwd
  try {
    if (cwd) process.chdir(cwd)
  } catch {
    // Made on another machine; its paths are absolute, or will be reported missing.
  }
  const outcome = await execute(dir, {
    atOnce,
    uncaught,
    // At once: saving would bring back half a directory.
    onLost: () => process.exit(exitCodes.unrecorded),
    signal: stop.signal,
    findStage: (name) => findStage(name, modules),
  })
  if (outcome.state === 'finished' || outcome.state === 'stopped') return exitCodes[outcome.state]
  const { error } = outcome
  process.stderr.write(`${redact(error instanceof Error ? (error.stack ?? error.message) : String(error))}\n`)
  return outcome.recorded ? exitCodes.failed : exitCodes.unrecorded
}

main().then(
  (code) => process.exit(code),
  (error) => {
    const known = error instanceof SelmaError
    process.stderr.write(`${redact(known ? error.message : String(error?.stack ?? error))}\n`)
    if (error instanceof JobTakenError) process.exit(exitCodes.taken)
    process.exit(known && error.code === 'bad-input' ? exitCodes.usage : exitCodes.unrecorded)
  },
)
