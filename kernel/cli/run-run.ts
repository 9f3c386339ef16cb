// What `selma run` does; loaded when it is called.
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { parse } from 'yaml'
import { fail, SelmaError } from '../../lib/base/errors.ts'
import { fileError } from '../../lib/base/files.ts'
import { exitCodes } from './exit-codes.ts'
import { runWatched } from './notebook-progress.ts'
import type { Answer, Context } from './perform.ts'
import { duration } from './plain.ts'
import type { RunOptions } from './run.ts'

/** Parameters in a YAML file (JSON is YAML). */
async function readParameters(path: string): Promise<Record<string, unknown>> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw fileError(error, 'read', path)
  })
  let value: unknown
  try {
    value = parse(text, { prettyErrors: true })
  } catch (error) {
    throw new SelmaError('bad-file', `${path}: ${(error as Error).message.split('\n')[0]}`, { cause: error })
  }
  if (value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    fail('bad-file', `${path} does not name parameters`, 'write one a line: name: value')
  return value as Record<string, unknown>
}

export async function run(notebook: string, options: RunOptions, context: Context): Promise<Answer> {
  const { out = notebook, parameter = [], raw = [], file, timeout, cwd } = options
  const given = [...parameter, ...raw]
  const parameters = { ...(file ? await readParameters(file) : {}), ...Object.fromEntries(given) }
  const result = await runWatched(
    notebook,
    { out, parameters, timeoutS: timeout, cwd: cwd && resolve(cwd) },
    context,
  )
  const { failed, executed, notRun, seconds } = result
  const document = {
    out: resolve(out),
    executed: executed.length,
    notRun: notRun.length,
    seconds,
    failed: failed ?? null,
  }
  if (failed) {
    process.stderr.write(`${failed.traceback.join('\n')}\n`)
    return {
      text: `cell ${failed.number} failed: ${failed.ename}: ${failed.evalue}\nthe notebook with everything up to there: ${out}`,
      document: { ...document, error: { code: 'cell', message: `${failed.ename}: ${failed.evalue}` } },
      exitCode: exitCodes.failed,
    }
  }
  return { text: `${executed.length} cells in ${duration(seconds)}: ${out}`, document }
}
