// Builds the widgets' page code: each folder here with an index.tsx becomes one self-contained module and one
// style sheet. Not the JupyterLab extension (plugins/lab). In a clone the kernel builds the same when a cell asks
// for a widget; both read esbuild.json.
//
//   node --import tsx plugins/views/build.ts [FOLDER, default dist/views]
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type BuildOptions, build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const require = createRequire(import.meta.url)

/** The names of the views, as the kernel asks for them. */
export async function viewNames(): Promise<string[]> {
  const entries = await readdir(here, { withFileTypes: true })
  return entries
    .filter((entry) => entry.isDirectory() && existsSync(join(here, entry.name, 'index.tsx')))
    .map((entry) => entry.name)
    .sort()
}

/** The licences of what is bundled, as they ask for. */
async function licences(): Promise<string> {
  const texts = ['preact', 'uplot'].map(async (name) => {
    const folder = dirname(require.resolve(`${name}/package.json`))
    const { version } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))
    return `${name} ${version}\n\n${(await readFile(join(folder, 'LICENSE'), 'utf8')).trim()}`
  })
  return `${(await Promise.all(texts)).join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

/**
 * Writes `<name>.js` and `<name>.css` of every view into a folder, and LICENSES.txt beside them.
 *
 * @returns the names of the views
 * @throws esbuild's BuildFailure for sources with errors
 */
export async function buildViews(outFolder: string): Promise<string[]> {
  const options = JSON.parse(await readFile(join(here, 'esbuild.json'), 'utf8')) as BuildOptions
  const names = await viewNames()
  await mkdir(outFolder, { recursive: true })
  await build({
    ...options,
    absWorkingDir: here,
    entryPoints: Object.fromEntries(names.map((name) => [name, `./${name}/index.tsx`])),
    outdir: resolve(outFolder),
  })
  await writeFile(join(outFolder, 'LICENSES.txt'), await licences())
  return names
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const out = process.argv[2] ?? join(here, '..', '..', 'dist', 'views')
  process.stdout.write(`${(await buildViews(out)).join(', ')} in ${out}\n`)
}
