// What `selma reproduce` does; loaded when it is called.
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { fileError, readJson, sha256, writeJson } from '../../lib/base/files.ts'
import { tagsOf, writeNotebook } from '../notebook.ts'
import { compareOutputs, compareRecords, type Difference } from '../report/compare.ts'
import { type Embedded, readEmbedded } from '../report/embedded.ts'
import { exitCodes } from './exit-codes.ts'
import { runWatched } from './notebook-progress.ts'
import type { Answer, Context } from './perform.ts'
import { duration, oneLine } from './plain.ts'
import type { ReproduceOptions } from './reproduce.ts'
import { placesOf, reportTargets, writeReport } from './run-report.ts'

/** Says whose folder it is: of which report the reproduction lies there, and what came of it. */
const NOTE = 'reproduced.json'

/** nbval's tag for cells whose outputs are not to be compared. */
const NOT_COMPARED = 'nbval-ignore-output'

/** Provenance that is never the same, or counted as differences of cells. */
const UNCOMPARED = ['date', 'took', 'cells', 'runs']

interface CellDifference extends Difference {
  /** Counts code cells from 1, as in the report. */
  cell: number
  id: string
}

async function ownFolder(out: string, report: string): Promise<void> {
  const names = existsSync(out) ? await readdir(out) : []
  if (names.length === 0) return
  const note = names.includes(NOTE) ? ((await readJson(join(out, NOTE))) as { report?: string }) : {}
  if (note.report === report) return
  fail(
    'bad-input',
    `${out} exists, and is not where this report was reproduced`,
    'give another --out, or delete that folder',
  )
}

function differencesOf(before: Embedded, after: Embedded): { cells: CellDifference[]; compared: number } {
  const skipped = new Set(
    before.notebook.cells.filter((one) => tagsOf(one).includes(NOT_COMPARED)).map(({ id }) => id),
  )
  const now = new Map(after.cells.map((one) => [one.id, one]))
  let compared = 0
  const cells = before.cells.flatMap(({ id, number: cell, status, outputs }) => {
    const again = now.get(id)
    const own: Difference[] =
      again?.status === status ? [] : [{ what: 'status', old: status, new: again?.status ?? 'not run' }]
    if (again && !skipped.has(id)) {
      compared += outputs.length
      own.push(...compareOutputs(outputs, again.outputs))
    }
    return own.map((each) => ({ cell, id, ...each }))
  })
  return { cells, compared }
}

const line = ({ what, old, new: now }: Difference): string =>
  oneLine(old === '' && now === '' ? what : `${what}: ${old} → ${now}`, 400)

const without = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).filter(([name]) => !UNCOMPARED.includes(name)))

export async function reproduce(path: string, options: ReproduceOptions, context: Context): Promise<Answer> {
  const html = await readFile(path, 'utf8').catch((error) => {
    throw fileError(error, 'read', path)
  })
  const before = readEmbedded(html, path)
  const out = options.out ?? `${basename(path).replace(/\.html?$/i, '')}-reproduced`
  const cwd = resolve(options.cwd ?? '.')
  const timeoutS = options.timeout ?? before.timeoutS
  const report = sha256(html)
  await ownFolder(out, report)
  const notebook = join(out, before.name)
  const targets = await reportTargets(join(out, 'report.html'), { force: true, inputs: [notebook] })
  await mkdir(out, { recursive: true })
  await writeJson(join(out, NOTE), { version: 1, report, state: 'running' })
  await writeNotebook(notebook, before.notebook)
  const home = resolve(out, '.selma')
  const { failed, seconds } = await runWatched(
    notebook,
    { parameters: before.parameters, timeoutS, cwd, home },
    context,
  )
  const after = await writeReport(targets, notebook, {
    source: notebook,
    places: placesOf(cwd, home),
    timeoutS,
    folder: cwd,
  })
  const { cells, compared } = differencesOf(before, after)
  const settings = compareRecords(before.settings, after.settings)
  const provenance = compareRecords(without(before.provenance), without(after.provenance))
  const same = cells.length === 0 && settings.length === 0
  const document = { same, compared, seconds, cells, settings, provenance }
  await writeJson(join(out, NOTE), { version: 1, report, state: 'finished', ...document })
  const different = new Set(cells.map(({ cell }) => cell)).size
  const lines = [
    same
      ? `the same: ${compared} outputs of ${before.cells.length} cells, run again in ${duration(seconds)}`
      : `different: ${different} of ${before.cells.length} cells, ${settings.length} settings`,
    ...settings.map((each) => `  setting ${line(each)}`),
    ...cells.map((each) => `  cell ${each.cell}: ${line(each)}`),
    ...(failed
      ? [`  cell ${failed.number} ended the run: ${oneLine(`${failed.ename}: ${failed.evalue}`)}`]
      : []),
    ...(provenance.length > 0 ? ['where it was made, not counted as different:'] : []),
    ...provenance.map((each) => `  ${line(each)}`),
    `notebook  ${notebook}`,
    `report    ${join(out, 'report.html')}`,
  ]
  return {
    text: lines.join('\n'),
    document: {
      ...document,
      notebook: resolve(notebook),
      report: targets.html.path,
      ...(same ? {} : { error: { code: 'mismatch', message: `${different} cells are different` } }),
    },
    exitCode: same ? exitCodes.ok : exitCodes.failed,
  }
}
