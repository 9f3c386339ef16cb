// `npm run build`: the library and the kernel as plain JavaScript with declarations and source maps, in dist/, and
// beside them the files they read (models, pictures). Also danfojs, bundled: as published it wants a download at
// its installation and packages from outside the registry, which only a project of its own can override, and
// whoever installs this package is another project. And what runs in the browser: the JupyterLab extension and the
// views of widgets. dist/ is replaced as a whole, or stays as it was.
import { spawnSync } from 'node:child_process'
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildViews } from '../plugins/views/build.ts'
import { bundleDanfo } from './build/danfo.ts'
import { buildExtension } from './build/extension.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const staging = join(root, `dist.${process.pid}.tmp`)
const require = createRequire(import.meta.url)

function compile(): void {
  const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin', 'tsc')
  const args = [tsc, '--project', join(root, 'tsconfig.build.json'), '--outDir', staging]
  const { status, error } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' })
  if (error) throw error
  if (status !== 0) throw new Error('the sources have errors (above); nothing was built')
}

const code = new Set(['.ts', '.mjs', '.md'])

/** What is not code goes along as it is, at the same place. The starters in kernel/bin stay where they are. */
async function copyData(folder: string): Promise<void> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || code.has(extname(entry.name)) || entry.name.endsWith('.tmp')) continue
    const from = join(entry.parentPath, entry.name)
    const to = join(staging, from.slice(root.length))
    await mkdir(dirname(to), { recursive: true })
    await cp(from, to)
  }
}

try {
  compile()
  for (const folder of ['lib', 'kernel']) await copyData(folder)
  await bundleDanfo(join(staging, 'node_modules', 'danfojs-node'))
  await buildViews(join(staging, 'views'))
  await buildExtension(join(staging, 'labextension'))
  await rm(join(root, 'dist'), { recursive: true, force: true })
  await rename(staging, join(root, 'dist'))
} catch (error) {
  process.stderr.write(`${(error as Error).stack}\n`)
  process.exitCode = 1
} finally {
  await rm(staging, { recursive: true, force: true })
}
