// The JupyterLab extension of plugins/, built with the packages of its own lock file: they are many, and nobody who
// only runs the library needs them. Not the views of widgets (plugins/views/build.ts).
//
//   node --import tsx scripts/build/extension.ts [FOLDER, default dist/labextension]
import { spawnSync } from 'node:child_process'
import { cp, mkdir, readdir, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')
const plugins = join(root, 'plugins')

function run(program: string, args: string[], what: string): void {
  // Standard output is for results of the command that builds.
  const windows = process.platform === 'win32' && program === 'npm'
  const { status, error } = spawnSync(program, args, {
    cwd: plugins,
    stdio: ['ignore', 2, 2],
    shell: windows,
  })
  if (error) throw error
  if (status !== 0) throw new Error(`${what} (above)`)
}

const time = async (path: string): Promise<number> => (await stat(path).catch(() => undefined))?.mtimeMs ?? 0

/** Installs the packages of plugins/package-lock.json when they are not there, or older than it. */
async function install(): Promise<void> {
  const installed = await time(join(plugins, 'node_modules', '.package-lock.json'))
  if (installed >= (await time(join(plugins, 'package-lock.json')))) return
  process.stderr.write('Installing the packages of the JupyterLab extension: half a minute, about 460 MB …\n')
  const args = ['ci', '--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error']
  run('npm', args, 'npm ci failed in plugins')
}

async function newest(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  return Math.max(...(await Promise.all(files.map((one) => time(join(one.parentPath, one.name))))))
}

/** Whether the extension in `folder` was built from the sources as they are now. */
export async function isExtensionFresh(folder: string): Promise<boolean> {
  const sources = ['lab', 'schema', 'style', '../lib/messages'].map((name) => newest(join(plugins, name)))
  const files = ['package.json', 'package-lock.json'].map((name) => time(join(plugins, name)))
  const built = await time(join(folder, 'package.json'))
  return built > Math.max(...(await Promise.all([...sources, ...files])))
}

/**
 * Builds the extension into a folder, which is replaced.
 *
 * @throws Error for sources with errors; what is wrong is on standard error
 */
export async function buildExtension(folder: string): Promise<void> {
  await install()
  const at = (...names: string[]) => join(plugins, 'node_modules', ...names)
  run(process.execPath, [at('typescript', 'bin', 'tsc')], 'the extension has errors')
  // One module from the sources, whatever JupyterLab brings left out; the builder cuts it into chunks.
  await build({
    absWorkingDir: plugins,
    entryPoints: ['lab/index.ts'],
    outfile: join(plugins, 'dist', 'lab', 'index.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    packages: 'external',
    jsx: 'transform',
    tsconfigRaw: {},
    legalComments: 'none',
    logLevel: 'warning',
  })
  const builder = at('@jupyter', 'builder', 'lib', 'build-labextension.js')
  const core = at('@jupyterlab', 'core-meta', 'core.package.json')
  run(process.execPath, [builder, '--core-package-file', core, '.'], 'the extension was not built')
  await rm(folder, { recursive: true, force: true })
  await mkdir(dirname(folder), { recursive: true })
  await cp(join(plugins, 'dist', 'labextension'), folder, { recursive: true })
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const folder = process.argv[2] ?? join(root, 'dist', 'labextension')
  await buildExtension(folder)
  process.stdout.write(`the extension is in ${folder}\n`)
}
