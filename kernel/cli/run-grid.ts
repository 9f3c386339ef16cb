// `selma run --grid`: a notebook once for each combination of parameter values, an executed notebook each. What
// has finished with the same notebook and parameters is not run again.
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fail, SelmaError } from '../../lib/base/errors.ts'
import { sha256 } from '../../lib/base/files.ts'
import { canonicalJson } from '../../lib/jobs/job-name.ts'
import { formatTable } from '../../lib/metrics/index.ts'
import { readNotebook } from '../notebook.ts'
import { injectParameters } from '../parameters.ts'
import { type GridRun, gridOverview } from '../report/overview.ts'
import { notebookHash } from '../run-notebook.ts'
import { exitCodes, isSelmaError } from './exit-codes.ts'
import { runWatched } from './notebook-progress.ts'
import type { Answer, Context } from './perform.ts'
import { Progress } from './progress.ts'
import { publish, targetFor } from './publish.ts'
import type { RunOptions } from './run.ts'
import { givenParameters, gridRuns } from './run-parameters.ts'
import { placesOf, reportTargets, writeReport } from './run-report.ts'

/** A run's progress within the grid's: its lines under its name; its changing state only when it runs alone. */
class RunProgress extends Progress {
  readonly #all: Progress
  readonly #name: string
  readonly #alone: boolean

  constructor(all: Progress, name: string, alone: boolean) {
    super({ verbose: all.verbose })
    this.#all = all
    this.#name = name
    this.#alone = alone
  }

  override update(text: string): void {
    if (this.#alone) this.#all.update(`${this.#name}: ${text.trim()}`)
  }

  override line(text: string): void {
    if (this.verbose) this.#all.line(`${this.#name}: ${text.trim()}`)
  }

  override end(options?: { drop?: boolean }): void {
    if (this.#alone) this.#all.end(options)
  }
}

/** How an executed notebook of an earlier run ended; nothing when it is not of this notebook and these parameters. */
async function earlier(
  path: string,
  hash: string,
  parameters: Record<string, unknown>,
): Promise<{ seconds: number } | undefined> {
  if (!existsSync(path)) return undefined
  const { metadata } = await readNotebook(path).catch(() => ({ metadata: {} as Record<string, unknown> }))
  const { notebook } = (metadata.selma ?? {}) as { notebook?: string }
  if (notebook === undefined)
    fail('bad-input', `${path} exists, and selma did not write it`, 'give another --out')
  const {
    parameters: had = {},
    duration,
    end_time,
    exception,
  } = (metadata.papermill ?? {}) as Record<string, unknown>
  const finished = typeof end_time === 'string' && exception === null && typeof duration === 'number'
  const same = notebook === hash && canonicalJson(had) === canonicalJson(parameters)
  return finished && same ? { seconds: duration } : undefined
}

function summary(runs: readonly GridRun[]): string {
  return formatTable({
    labels: 'run',
    columns: [{ title: 'status' }, { title: 'seconds', digits: 1 }],
    rows: runs.map(({ name, status, seconds }) => ({
      label: name,
      cells: [status === 'skipped' ? 'done before' : status, seconds],
    })),
  })
}

export async function runGrid(notebook: string, options: RunOptions, context: Context): Promise<Answer> {
  const { html, force, fresh = false, jobs = 1, timeout: timeoutS, grid = [] } = options
  const { progress, signal } = context
  const source = await readNotebook(notebook)
  const hash = notebookHash(source)
  const out = options.out ?? join('runs', basename(notebook, '.ipynb'))
  const cwd = resolve(options.cwd ?? dirname(notebook))
  const given = await givenParameters(source, options)
  const planned = gridRuns(source, grid, given, (text) => sha256(text).slice(0, 6))
  for (const { parameters } of planned) injectParameters(await readNotebook(notebook), parameters)
  const overview = html === undefined ? undefined : await targetFor(html, { force, inputs: [notebook, out] })
  const runs = await Promise.all(
    planned.map(async (run) => {
      const path = join(out, `${run.name}.ipynb`)
      const report = html === undefined ? undefined : join(out, `${run.name}.html`)
      const before = await earlier(path, hash, run.parameters)
      const targets = report && (await reportTargets(report, { force, inputs: [notebook, path] }))
      return { ...run, path, report, targets, before: fresh ? undefined : before }
    }),
  )
  await mkdir(out, { recursive: true })
  const ended: (GridRun | undefined)[] = runs.map(() => undefined)

  const perform = async (at: number): Promise<void> => {
    const { name, parameters, path, before, targets } = runs[at]
    const shown =
      html && runs[at].report ? relative(dirname(html), runs[at].report).split(sep).join('/') : undefined
    const end = (run: Pick<GridRun, 'status' | 'seconds' | 'error'>) => {
      ended[at] = { name, parameters, ...run, ...(shown === undefined ? {} : { report: shown }) }
      const how = run.status === 'skipped' ? 'done before' : `${run.status} in ${run.seconds.toFixed(1)} s`
      progress.line(
        `[${ended.filter(Boolean).length}/${runs.length}] ${name}: ${how}${run.error ? `: ${run.error}` : ''}`,
      )
    }
    const about = { source: notebook, places: placesOf(cwd), timeoutS }
    if (before) {
      if (targets && !existsSync(targets.html.path)) await writeReport(targets, path, about)
      return end({ status: 'skipped', seconds: before.seconds })
    }
    const began = Date.now()
    try {
      const own = { progress: new RunProgress(progress, name, jobs === 1), signal }
      const { failed, seconds } = await runWatched(notebook, { out: path, parameters, timeoutS, cwd }, own)
      if (targets) await writeReport(targets, path, about)
      const error = failed && `cell ${failed.number}: ${failed.ename}: ${failed.evalue}`
      end({ status: failed ? 'failed' : 'finished', seconds, error })
    } catch (error) {
      if (signal.aborted) return
      if (!isSelmaError(error)) throw error
      end({ status: 'failed', seconds: (Date.now() - began) / 1000, error: error.message })
    }
  }

  let next = 0
  const worker = async (): Promise<void> => {
    while (next < runs.length && !signal.aborted) await perform(next++)
  }
  await Promise.all(Array.from({ length: Math.min(jobs, runs.length) }, worker))
  if (signal.aborted) {
    const done = ended.filter(Boolean).length
    throw new SelmaError('stopped', `stopped after ${done} of ${runs.length} runs`, {
      hint: 'run the same command again: it goes on with the others',
    })
  }
  const all = ended as GridRun[]
  if (overview) {
    const values = Object.fromEntries(grid.map(([name, text]) => [`grid: ${name}`, text]))
    const about = { notebook: `${basename(notebook)}, ${hash.slice(0, 16)}`, ...values }
    const page = await gridOverview(`${basename(notebook, '.ipynb')}: ${all.length} runs`, about, all)
    await publish(overview, (temporary) => writeFile(temporary, page))
  }
  const count = (status: GridRun['status']) => all.filter((run) => run.status === status).length
  const failed = count('failed')
  const places = [`notebooks: ${out}`, ...(html ? [`report: ${html}`] : [])]
  return {
    text: [summary(all), '', ...places].join('\n'),
    document: {
      out: resolve(out),
      ...(overview ? { report: overview.path } : {}),
      planned: all.length,
      finished: count('finished'),
      failed,
      skipped: count('skipped'),
      runs: all.map(({ report, ...run }, at) => ({
        ...run,
        notebook: resolve(runs[at].path),
        ...(runs[at].report === undefined ? {} : { report: resolve(runs[at].report) }),
      })),
      ...(failed > 0 ? { error: { code: 'cell', message: `${failed} of ${all.length} runs failed` } } : {}),
    },
    ...(failed > 0 ? { exitCode: exitCodes.failed } : {}),
  }
}
