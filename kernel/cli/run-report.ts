// Where the report of a notebook goes: the HTML file, and its tables as CSV and LaTeX in a folder beside it.
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { jobsRoot } from '../../lib/jobs/index.ts'
import { type Notebook, readNotebook } from '../notebook.ts'
import type { Place } from '../report/comparable.ts'
import type { Embedded } from '../report/embedded.ts'
import { notebookReport } from '../report/notebook-report.ts'
import { publish, type Target, targetFor } from './publish.ts'

/** The two places of a report, seen to be free or ours. */
export interface ReportTargets {
  html: Target
  tables: Target
}

/** @throws SelmaError `bad-input` for what is not ours to replace */
export async function reportTargets(
  path: string,
  { force, inputs }: { force?: boolean; inputs: readonly string[] },
): Promise<ReportTargets> {
  const tables = join(dirname(path), `${basename(path).replace(/\.html?$/i, '')}-tables`)
  return {
    html: await targetFor(path, { force, inputs }),
    tables: await targetFor(tables, { force, inputs }),
  }
}

/** Folders of a run that differ from machine to machine, and what stands for them. */
export function placesOf(cwd: string, home = dirname(jobsRoot())): Place[] {
  return [
    [resolve(home), '.selma'],
    [resolve(cwd), '.'],
  ]
}

/**
 * Makes the report of an executed notebook and puts it in its place.
 *
 * @param options.source the notebook that was run; its name stands in the report, its folder has its pictures
 */
export async function writeReport(
  { html, tables }: ReportTargets,
  executed: string | Notebook,
  options: { source: string; places: readonly Place[]; timeoutS?: number; folder?: string },
): Promise<Embedded> {
  const notebook = typeof executed === 'string' ? await readNotebook(executed) : executed
  const { source, places, timeoutS, folder = dirname(source) } = options
  const report = await notebookReport(notebook, { name: basename(source), folder, places, timeoutS })
  if (report.tables.length === 0) await rm(tables.path, { recursive: true, force: true })
  else
    await publish(tables, async (temporary) => {
      await mkdir(temporary)
      for (const { name, csv, latex } of report.tables) {
        await writeFile(join(temporary, `${name}.csv`), csv)
        await writeFile(join(temporary, `${name}.tex`), latex)
      }
    })
  await publish(html, (temporary) => writeFile(temporary, report.html))
  return report.embedded
}
