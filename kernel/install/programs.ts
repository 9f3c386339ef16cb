// Programs on the PATH. Not a shell: no aliases, no functions.
import { accessSync, constants, realpathSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Every executable of that name, in the order of the PATH, each file once. */
export function findProgram(name: string, env: Record<string, string | undefined> = process.env): string[] {
  const windows = process.platform === 'win32'
  const endings = windows ? (env.PATHEXT ?? '.COM;.EXE;.BAT;.CMD').split(';') : ['']
  const found = new Map<string, string>()
  for (const folder of (env.PATH ?? env.Path ?? '').split(delimiter).filter(Boolean)) {
    for (const ending of endings) {
      const path = join(folder, name + ending.toLowerCase())
      try {
        if (!statSync(path).isFile()) continue
        accessSync(path, windows ? constants.F_OK : constants.X_OK)
        const real = realpathSync(path)
        if (!found.has(real)) found.set(real, path)
      } catch {
        // Not there, or not to be run.
      }
    }
  }
  return [...found.values()]
}
