// Folders and environment for Jupyter's programs, so that nothing of the user's is read or written: the kernel is
// there because `selma install` put it there. Not the programs.
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { inPackage } from '../../../lib/base/own-file.ts'
import { jupyterNode, jupyterPython } from '../../support/jupyter-environment.ts'
import { processesWith, stillRunning } from './processes.ts'

export interface Home {
  folder: string
  /** An empty folder to work in. */
  root: string
  env: Record<string, string>
  /** Runs the environment's Python in `root`; what it prints on both channels, and its exit code. Never throws. */
  run(...args: string[]): Promise<{ code: number; output: string }>
  /** Runs a module of the environment: `python('jupyter', 'nbconvert', …)`. */
  python(module: string, ...args: string[]): Promise<{ code: number; output: string }>
  /** @throws Error when a process that was started with this environment is left; it is ended then */
  remove(): Promise<void>
}

/** Every process that is started here has this in its environment. */
const mark = 'SELMA_TEST_HOME'

/** Makes folders with the kernel `selma` in them. @param more added to the environment */
export async function makeHome(more: Record<string, string> = {}): Promise<Home> {
  const folder = await mkdtemp(join(tmpdir(), 'selma-jupyter-'))
  const at = (...names: string[]) => join(folder, ...names)
  const env: Record<string, string> = {
    PATH: [dirname(jupyterPython!), process.env.PATH].join(delimiter),
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
    HOME: folder,
    TMPDIR: tmpdir(),
    // First of all places that are searched, so this kernel wins over one in the environment.
    JUPYTER_PATH: at('prefix', 'share', 'jupyter'),
    JUPYTER_CONFIG_DIR: at('config'),
    JUPYTER_DATA_DIR: at('data'),
    JUPYTER_RUNTIME_DIR: at('runtime'),
    JUPYTERLAB_SETTINGS_DIR: at('settings'),
    JUPYTERLAB_WORKSPACES_DIR: at('workspaces'),
    IPYTHONDIR: at('ipython'),
    SELMA_HOME: at('selma'),
    [mark]: folder,
    ...more,
  }
  const root = at('work')
  await mkdir(root, { recursive: true })
  await promisify(execFile)(
    process.execPath,
    [inPackage('kernel', 'bin', 'selma.mjs'), 'install', '--prefix', at('prefix'), '--node', jupyterNode()!],
    { env: { ...process.env, ...env } },
  )
  const run: Home['run'] = (...args) =>
    new Promise((done) => {
      const options = { env, cwd: root, maxBuffer: 2 ** 28 }
      execFile(jupyterPython!, args, options, (error, stdout, stderr) =>
        done({ code: error ? Number(error.code ?? -1) : 0, output: stdout + stderr }),
      )
    })
  return {
    folder,
    root,
    env,
    run,
    python: (module, ...args) => run('-m', module, ...args),
    remove: async () => {
      const left = await stillRunning(mark, folder)
      for (const { pid } of processesWith(mark, folder)) process.kill(pid, 'SIGKILL')
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
      if (left.length > 0) throw new Error(`left running: ${left.map(({ command }) => command).join('\n')}`)
    },
  }
}
