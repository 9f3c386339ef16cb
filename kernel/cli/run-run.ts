// What `selma run` does with one notebook; loaded when it is called. A grid of them is run-grid.ts.
import { dirname, resolve } from 'node:path'
import { readNotebook } from '../notebook.ts'
import { injectParameters } from '../parameters.ts'
import { exitCodes } from './exit-codes.ts'
import { runWatched } from './notebook-progress.ts'
import type { Answer, Context } from './perform.ts'
import { duration } from './plain.ts'
import type { RunOptions } from './run.ts'
import { givenParameters } from './run-parameters.ts'
import { placesOf, reportTargets, writeReport } from './run-report.ts'

export async function run(notebook: string, options: RunOptions, context: Context): Promise<Answer> {
  const { out = notebook, html, force, timeout: timeoutS } = options
  const source = await readNotebook(notebook)
  const parameters = await givenParameters(source, options)
  injectParameters(source, parameters)
  const cwd = resolve(options.cwd ?? dirname(notebook))
  const targets =
    html === undefined ? undefined : await reportTargets(html, { force, inputs: [notebook, out] })
  const result = await runWatched(notebook, { out, parameters, timeoutS, cwd }, context)
  if (targets) await writeReport(targets, out, { source: notebook, places: placesOf(cwd), timeoutS })
  const { failed, executed, notRun, seconds } = result
  const document = {
    out: resolve(out),
    ...(targets ? { report: targets.html.path } : {}),
    executed: executed.length,
    notRun: notRun.length,
    seconds,
    failed: failed ?? null,
  }
  const report = targets ? `\nreport: ${html}` : ''
  if (failed) {
    process.stderr.write(`${failed.traceback.join('\n')}\n`)
    return {
      text: `cell ${failed.number} failed: ${failed.ename}: ${failed.evalue}\nthe notebook with everything up to there: ${out}${report}`,
      document: { ...document, error: { code: 'cell', message: `${failed.ename}: ${failed.evalue}` } },
      exitCode: exitCodes.failed,
    }
  }
  return { text: `${executed.length} cells in ${duration(seconds)}: ${out}${report}`, document }
}
