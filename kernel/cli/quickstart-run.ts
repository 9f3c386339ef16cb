// What `selma quickstart` does; loaded when it is called.
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { fail } from '../../lib/base/errors.ts'
import { readJson } from '../../lib/base/files.ts'
import { inPackage } from '../../lib/base/own-file.ts'
import { listJobs } from '../../lib/jobs/index.ts'
import { formatTable, percent } from '../../lib/metrics/index.ts'
import { type Device, resolveDevice } from '../../lib/runtime/index.ts'
import { readNotebook } from '../notebook.ts'
import { exitCodes } from './exit-codes.ts'
import { runWatched } from './notebook-progress.ts'
import type { Answer, Context } from './perform.ts'
import { duration } from './plain.ts'
import type { QuickstartOptions } from './quickstart.ts'
import { givenParameters } from './run-parameters.ts'
import { shortPath } from './run-stage.ts'

const notebookPath = inPackage('notebooks', '01-quickstart.ipynb')

const estimate = z.looseObject({
  mean: z.number(),
  low: z.number().nullable(),
  high: z.number().nullable(),
  n: z.number().optional(),
})
const resultsFile = z.looseObject({
  models: z.array(
    z.looseObject({ name: z.string(), guidance: z.number().optional(), dsg: estimate, strict: estimate }),
  ),
  comparisons: z.array(
    estimate.extend({ a: z.string(), b: z.string(), measure: z.string(), p: z.number().nullable() }),
  ),
})
type Results = z.output<typeof resultsFile>

const cell = ({ mean, low, high, n }: z.output<typeof estimate>) => ({
  mean,
  low: low ?? Number.NaN,
  high: high ?? Number.NaN,
  n,
})

/** The two tables of results.json. */
export function resultTables({ models, comparisons }: Results): string {
  const scores = formatTable({
    title: 'Scores',
    labels: 'model',
    columns: [
      { title: 'guidance', digits: 1 },
      { title: 'DSG %', ...percent },
      { title: 'strict %', ...percent },
    ],
    rows: models.map(({ name, guidance, dsg, strict }) => ({
      label: name,
      cells: [guidance, cell(dsg), cell(strict)],
    })),
    notes: ['95 % intervals, bootstrap over prompts within skills.'],
  })
  if (comparisons.length === 0) return scores
  const differences = formatTable({
    title: 'Paired differences, points',
    labels: 'comparison',
    columns: [{ title: 'measure' }, { title: 'difference', ...percent }, { title: 'p', digits: 4 }],
    rows: comparisons.map(({ a, b, measure, p, ...rest }) => ({
      label: `${a} − ${b}`,
      cells: [measure, cell(rest as z.output<typeof estimate>), p ?? undefined],
    })),
    notes: ['An interval that includes 0 means that this run cannot tell.'],
  })
  return `${scores}\n\n${differences}`
}

async function clear(home: string): Promise<void> {
  const running = (await listJobs(join(home, 'jobs'))).filter(({ process }) => process)
  if (running.length > 0)
    fail(
      'bad-input',
      `${running[0].id} is still running in ${home}`,
      `SELMA_HOME=${home} selma jobs stop ${running[0].id}`,
    )
  await rm(home, { recursive: true, force: true })
}

/**
 * How jobs share the machine: two side by side, with half of the cores each. One with all of them leaves cores idle
 * while its process starts, reads pictures or answers questions. What is set already stays; a GPU has one job at a time.
 */
function lanes(device: Device): Record<string, string> {
  const cores = availableParallelism()
  const { SELMA_JOBS_AT_ONCE: jobs, SELMA_THREADS: threads } = process.env
  if (device !== 'cpu' || cores < 2 || jobs || threads) return {}
  return { SELMA_JOBS_AT_ONCE: '2', SELMA_THREADS: String(Math.floor(cores / 2)) }
}

export async function runQuickstart(options: QuickstartOptions, context: Context): Promise<Answer> {
  const { out, fresh = false, parameter = [] } = options
  if (!existsSync(notebookPath))
    fail('not-found', `${notebookPath} is missing`, 'get it back with git checkout')
  const device = await resolveDevice(options.device)
  // Refuses unknown parameters before anything of an earlier run goes.
  const given = await givenParameters(await readNotebook(notebookPath), { parameter })
  const parameters = { ...given, outDir: out }
  const home = resolve(out, '.selma')
  if (fresh) await clear(home)
  const [executed, results] = [join(out, '01-quickstart.ipynb'), join(out, 'results.json')]
  // Of an earlier run: not to be taken for this one's.
  for (const name of ['results.json', 'report.html']) await rm(join(out, name), { force: true })
  context.progress.line(`selma quickstart, into ${shortPath(resolve(out))}`)
  const result = await runWatched(
    notebookPath,
    { out: executed, parameters, cwd: process.cwd(), home, env: { SELMA_DEVICE: device, ...lanes(device) } },
    context,
  )
  const { failed, seconds } = result
  if (failed) {
    process.stderr.write(`${failed.traceback.join('\n')}\n`)
    return {
      text: `cell ${failed.number} failed: ${failed.ename}: ${failed.evalue}\nthe notebook with everything up to there: ${executed}`,
      document: {
        notebook: resolve(executed),
        seconds,
        error: { code: 'cell', message: `${failed.ename}: ${failed.evalue}` },
      },
      exitCode: exitCodes.failed,
    }
  }
  const parsed = resultsFile.safeParse(await readJson(results))
  if (!parsed.success)
    fail('bad-file', `${results} is not what the notebook writes: ${z.prettifyError(parsed.error)}`)
  const files = [executed, results, join(out, 'report.html')]
  return {
    text: [
      resultTables(parsed.data),
      '',
      `notebook  ${files[0]}`,
      `results   ${files[1]}`,
      `report    ${files[2]}`,
      `total     ${duration(seconds)}`,
    ].join('\n'),
    document: { notebook: resolve(executed), results: parsed.data, report: resolve(files[2]), seconds },
  }
}
