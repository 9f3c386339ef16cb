// A JupyterLab server of its own for a test. Not its folders: those are home.ts; not the browser: that is lab.ts.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { extensionName } from '../../../kernel/install/extension.ts'
import { freePorts } from '../../support/free-ports.ts'
import { jupyterPython } from '../../support/jupyter-environment.ts'
import { makeHome } from './home.ts'

export interface ServerOptions {
  /** Built JupyterLab extensions, folders with a package.json; added to those of the environment. */
  extensions?: readonly string[]
  /** Settings by plugin id, as overrides.json has them. */
  settings?: Record<string, Record<string, unknown>>
  /** Environment of the server, and so of its kernels. */
  env?: Record<string, string>
}

export interface LabServer {
  /** Ends in a slash. */
  url: string
  token: string
  /** The folder that its file browser shows. */
  root: string
  /** What every process of this server has in its environment; SELMA_HOME, JUPYTER_PATH and the like are there. */
  env: Record<string, string>
  /** What it has logged so far. */
  log(): string
  /** Calls its REST interface: `api('sessions')`, `api('sessions/…', 'DELETE')`. */
  api(path: string, method?: 'GET' | 'POST' | 'DELETE'): Promise<unknown>
  /** Ends kernels and server and removes the folders. @throws Error when a process is left */
  stop(): Promise<void>
}

async function writeSettings(folder: string, settings: ServerOptions['settings']): Promise<void> {
  const quiet = {
    '@jupyterlab/apputils-extension:notification': {
      fetchNews: 'false',
      checkForUpdates: false,
      doNotDisturbMode: true,
    },
  }
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'overrides.json'), JSON.stringify({ ...quiet, ...settings }))
}

async function disable({ JUPYTER_CONFIG_DIR }: Record<string, string>, extension: string): Promise<void> {
  const folder = join(JUPYTER_CONFIG_DIR, 'labconfig')
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'page_config.json'),
    JSON.stringify({ disabledExtensions: { [extension]: true } }),
  )
}

/** Starts a server and waits until it answers. */
export async function startServer({
  extensions = [],
  settings,
  env: more,
}: ServerOptions = {}): Promise<LabServer> {
  const home = await makeHome(more)
  const { env, root } = home
  const names: string[] = []
  for (const folder of extensions) {
    const { name } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { name: string }
    names.push(name)
    await cp(folder, join(env.JUPYTER_PATH, 'labextensions', ...name.split('/')), { recursive: true })
  }
  const appSettings = join(home.folder, 'app-settings')
  await writeSettings(appSettings, settings)
  // `npm run lab` has put it there if it was built: only what a test asks for is to be there.
  if (!names.includes(extensionName)) await disable(env, extensionName)
  const [port] = await freePorts(1)
  const token = randomBytes(16).toString('hex')
  const url = `http://127.0.0.1:${port}/`
  const child = spawn(
    jupyterPython!,
    [
      ...['-m', 'jupyterlab', '--no-browser', '--allow-root', '--ServerApp.ip=127.0.0.1'],
      ...[`--ServerApp.port=${port}`, '--ServerApp.port_retries=0', `--ServerApp.root_dir=${root}`],
      ...[`--IdentityProvider.token=${token}`, '--LabApp.expose_app_in_browser=True'],
      ...['--LabApp.extension_manager=readonly', `--LabApp.app_settings_dir=${appSettings}`],
      // If this process is killed, they end by themselves.
      ...['--ServerApp.shutdown_no_activity_timeout=900', '--MappingKernelManager.cull_idle_timeout=900'],
    ],
    { env, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
  const ended = once(child, 'close')

  const api: LabServer['api'] = async (path, method = 'GET') => {
    const answer = await fetch(`${url}api/${path}`, { method, headers: { authorization: `token ${token}` } })
    if (!answer.ok) throw new Error(`${method} api/${path}: ${answer.status} ${await answer.text()}`)
    const text = await answer.text()
    return text === '' ? undefined : JSON.parse(text)
  }
  const stop = async () => {
    if (child.exitCode === null) {
      await shutDownKernels({ api })
      child.kill('SIGTERM')
      await Promise.race([ended, sleep(20_000, undefined, { ref: false })])
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await ended
    }
    await home.remove()
  }

  const deadline = Date.now() + 120_000
  while (!(await api('status').catch(() => undefined))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      await stop().catch(() => {})
      throw new Error(`JupyterLab does not answer:\n${log}`)
    }
    await sleep(100)
  }
  return { url, token, root, env, log: () => log, api, stop }
}

/** Ends every kernel, so that no new notebook of the same name gets an old one. */
export async function shutDownKernels({ api }: Pick<LabServer, 'api'>): Promise<void> {
  for (const { id } of (await api('sessions')) as { id: string }[]) await api(`sessions/${id}`, 'DELETE')
  for (const { id } of (await api('kernels')) as { id: string }[]) await api(`kernels/${id}`, 'DELETE')
}
