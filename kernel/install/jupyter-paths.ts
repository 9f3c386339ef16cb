// Where Jupyter looks for kernels and extensions, by the rules of jupyter_core (its `jupyter --paths`). Reads
// the environment and the disk; starts no Python, except to learn the prefix of one.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, posix, win32 } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { findProgram } from './programs.ts'

type Environment = Record<string, string | undefined>

/** What decides on the paths; by default this process's. */
export interface Place {
  env?: Environment
  platform?: NodeJS.Platform
  home?: string
}

/**
 * The user's data folder: JUPYTER_DATA_DIR, else the platform's (`~/.local/share/jupyter`, `~/Library/Jupyter`,
 * `%APPDATA%\jupyter`).
 */
export function userDataDir({ env = process.env, platform = process.platform, home }: Place = {}): string {
  const at = home ?? homedir()
  if (env.JUPYTER_DATA_DIR) return env.JUPYTER_DATA_DIR
  if (platform === 'darwin') return posix.join(at, 'Library', 'Jupyter')
  if (platform === 'win32') {
    if (env.APPDATA) return win32.join(env.APPDATA, 'jupyter')
    return win32.join(env.JUPYTER_CONFIG_DIR || win32.join(at, '.jupyter'), 'data')
  }
  return posix.join(env.XDG_DATA_HOME || posix.join(at, '.local', 'share'), 'jupyter')
}

/** The data folder of a Python environment, as `sys.prefix` names it. */
export function prefixDataDir(prefix: string): string {
  return join(prefix, 'share', 'jupyter')
}

/** The prefix of the Python that a command runs on; undefined when there is no Python at it. */
export function pythonPrefix(python: string): string | undefined {
  const { status, stdout } = spawnSync(python, ['-c', 'import sys; print(sys.prefix)'], { encoding: 'utf8' })
  const prefix = status === 0 ? stdout.trim() : ''
  return prefix === '' ? undefined : prefix
}

/**
 * What `--sys-prefix` means: the active virtual or conda environment, else that of the `python3` on the PATH.
 *
 * @throws SelmaError `not-found` when there is none
 */
export function systemPrefix(env: Environment = process.env): string {
  const active = env.VIRTUAL_ENV || env.CONDA_PREFIX
  if (active && existsSync(active)) return active
  for (const name of ['python3', 'python']) {
    const [python] = findProgram(name, env)
    const prefix = python && pythonPrefix(python)
    if (prefix) return prefix
  }
  return fail(
    'not-found',
    'there is no Python environment: none is active, and no python3 is on the PATH',
    'activate one, or give its folder with --prefix',
  )
}

/**
 * Every data folder that Jupyter searches, in its order: JUPYTER_PATH, the user's, the environments', the system's.
 * (Inside an environment Jupyter puts that one before the user's; for what is found it makes no difference.)
 *
 * @param prefixes of the Python environments that Jupyter runs in
 */
export function searchedDataDirs(prefixes: readonly string[], place: Place = {}): string[] {
  const { env = process.env, platform = process.platform } = place
  const given = (env.JUPYTER_PATH ?? '').split(platform === 'win32' ? ';' : ':').filter(Boolean)
  const system =
    platform === 'win32'
      ? [win32.join(env.PROGRAMDATA ?? 'C:\\ProgramData', 'jupyter')]
      : ['/usr/local/share/jupyter', '/usr/share/jupyter']
  return [...new Set([...given, userDataDir(place), ...prefixes.map(prefixDataDir), ...system])]
}
