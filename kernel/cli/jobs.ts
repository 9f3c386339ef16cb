// `selma job DIR` runs or resumes one job directory in this process, `selma jobs` lists, stops and removes.
import { existsSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { whole } from './options.ts'
import { type Answer, performs } from './perform.ts'

/** What the exit codes of lib/worker.ts mean. */
const jobEnds: Record<number, string> = {
  0: 'finished',
  1: 'failed',
  64: 'usage',
  73: 'taken',
  74: 'unrecorded',
  75: 'stopped',
}

export function jobCommand(program: Command): void {
  program
    .command('job')
    .summary('run or resume one job directory (for Slurm and scripts)')
    .description('Runs a job directory in this process, from its last saved state.')
    .argument('<dir>', 'the directory, e.g. .selma/jobs/train-0123456789abcdef')
    .option(
      '--at-once <n>',
      'wait until fewer jobs run on this machine; 0 does not wait (default: 1)',
      whole(0),
    )
    .option('--stages <file...>', 'modules that export further stages')
    .option('--json', 'print one JSON document and nothing else on standard output')
    .option('--verbose', 'tell more on standard error')
    .addHelpText(
      'after',
      `
Examples:
  $ selma job .selma/jobs/train-0123456789abcdef
  $ srun selma job .selma/jobs/train-0123456789abcdef --at-once 0

Exit codes:
  0   finished, or was finished already
  1   failed, see error.json in the directory
  64  wrong arguments
  73  another process runs it
  74  failed, and could not write why
  75  stopped by SIGINT or SIGTERM: the same command goes on`,
    )
    .action(
      async (
        dir: string,
        options: { atOnce?: number; stages?: string[]; json?: boolean; verbose?: boolean },
      ) => {
        const { Progress, jobProgress } = await import('./progress.ts')
        const { followEvents } = await import('../../lib/jobs/event-log.ts')
        const full = resolve(dir)
        if (!existsSync(join(full, 'job.json'))) {
          process.stderr.write(
            `selma: no job in ${dir} (there is no job.json)\n  selma jobs --all names those there are\n`,
          )
          process.exit(64)
        }
        const progress = new Progress({ verbose: options.verbose })
        const began = new Date()
        process.on('exit', (code) => {
          progress.end()
          const state = jobEnds[code] ?? 'failed'
          if (code === 75) writeSync(2, `stopped and saved; go on with: selma job ${dir}\n`)
          if (code === 0 && !options.json) writeSync(1, `finished: ${dir}\n`)
          if (options.json)
            writeSync(1, `${JSON.stringify({ command: 'job', status: state, dir: full }, null, 2)}\n`)
        })
        // The worker takes over: it reads these arguments, handles signals, and ends the process.
        const more = (options.stages ?? []).flatMap((file) => ['--stages', file])
        const limit = options.atOnce === undefined ? [] : ['--at-once', String(options.atOnce)]
        process.argv = [process.argv[0], process.argv[1], 'job', full, ...limit, ...more]
        await import('../../lib/worker.ts')
        const report = jobProgress(progress, 'job', began)
        // Its exit is the end of this command.
        for await (const event of followEvents(full, () => false)) report(event)
      },
    )
}

async function list(all: boolean): Promise<Answer> {
  const { jobsRoot, jobTable, listJobs } = await import('../../lib/jobs/index.ts')
  const { shortPath } = await import('./run-stage.ts')
  const root = jobsRoot()
  const jobs = await listJobs()
  const shown = all ? jobs : jobs.filter(({ state }) => state !== 'finished')
  const finished = jobs.length - shown.length
  const rest = finished > 0 ? `${finished} finished (--all lists them)` : ''
  const table = shown.length > 0 ? jobTable(shown) : jobs.length === 0 ? `no jobs in ${shortPath(root)}` : ''
  return { text: [table, rest].filter(Boolean).join('\n'), document: { root, jobs: shown, finished } }
}

/** A job by its directory, or by its name (or the beginning of it) in the store. */
async function find(given: string) {
  const { listJobs, openJob } = await import('../../lib/jobs/index.ts')
  const { fail } = await import('../../lib/base/errors.ts')
  const found = /[\\/]/.test(given) ? [] : (await listJobs()).filter(({ id }) => id.startsWith(given))
  if (found.length > 1)
    fail(
      'bad-input',
      `${given} begins ${found.length} jobs`,
      `name one of ${found.map(({ id }) => id).join(', ')}`,
    )
  return openJob(found[0]?.dir ?? given)
}

export function jobsCommand(program: Command): void {
  const jobs = program
    .command('jobs')
    .summary('list, stop and remove jobs')
    .description('The jobs of the store: $SELMA_HOME/jobs, else .selma/jobs in the working folder.')
  performs<{ all?: boolean }>(
    jobs
      .command('list', { isDefault: true })
      .summary('list the jobs')
      .option('--all', 'the finished ones too'),
    ['selma jobs', 'selma jobs list --all --json'],
    ({ all = false }) => list(all),
  )
  performs(
    jobs
      .command('stop')
      .summary('save and stop jobs; the command that started one goes on from there')
      .argument('<jobs...>', 'names (their beginnings do) or directories'),
    ['selma jobs stop train-0123456789abcdef'],
    async (_options, { progress }, names) => {
      const ended = []
      const found = await Promise.all(names.map(find))
      for (const job of found) {
        progress.update(`stopping ${job.id}`)
        ended.push({ id: job.id, dir: job.dir, state: (await job.stop()).state })
      }
      return { text: ended.map(({ id, state }) => `${id}: ${state}`).join('\n'), document: { jobs: ended } }
    },
  )
  performs(
    jobs
      .command('remove')
      .summary('delete jobs with their files')
      .argument('<jobs...>', 'names in the store'),
    ['selma jobs remove train-0123456789abcdef'],
    async (_options, _context, names) => {
      const { removeJob } = await import('../../lib/jobs/index.ts')
      for (const name of names) await removeJob((await find(name)).id)
      return { text: `removed: ${names.join(', ')}`, document: { removed: names } }
    },
  )
}
