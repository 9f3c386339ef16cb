// `%npm install name`: npm in the notebook's folder, so that the packages belong to the notebook.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { writeJson } from '../../lib/base/files.ts'
import { type CommandOptions, runCommand } from './shell.ts'

/** Words of a command line, with quotes around those that have blanks in them. */
export function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare,
  )
}

/**
 * Runs npm for a folder. A folder without a package.json gets one that makes its files modules.
 *
 * @param text npm's arguments, as in `install pathe@2`
 * @throws SelmaError `io` when npm fails
 */
export async function npm(text: string, options: CommandOptions): Promise<void> {
  const { cwd } = options
  const file = join(cwd, 'package.json')
  if (!existsSync(file)) await writeJson(file, { private: true, type: 'module' })
  const quiet = ['--no-fund', '--no-audit', '--no-progress', '--no-update-notifier']
  await runCommand(['npm', ...words(text), '--prefix', cwd, ...quiet], options)
}
