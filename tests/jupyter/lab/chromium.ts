// The Chromium that the browser tests drive: one that is on the machine. None is downloaded.
import { existsSync } from 'node:fs'
import { findProgram } from '../../../kernel/install/programs.ts'

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const places = [
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

/**
 * What SELMA_CHROMIUM names, else the first on the PATH or in the usual places; undefined when there is none.
 *
 * @throws Error when SELMA_CHROMIUM names no file: a wish that cannot be met is no reason to skip
 */
export function findChromium(env: Record<string, string | undefined> = process.env): string | undefined {
  const wanted = env.SELMA_CHROMIUM
  if (wanted) {
    if (!existsSync(wanted)) throw new Error(`SELMA_CHROMIUM is ${wanted}, which is not there`)
    return wanted
  }
  return names.flatMap((name) => findProgram(name, env))[0] ?? places.find((path) => existsSync(path))
}
