// danfojs-node with everything it needs in one file, so that whoever installs this package gets it from the
// registry alone. It stands in dist/node_modules, where both Node and TypeScript look for `danfojs-node` first.
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const require = createRequire(import.meta.url)
const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** The folder of the package that a bundled file is from. */
function packageOf(path: string): string | undefined {
  const parts = path.split(/[\\/]/)
  const at = parts.lastIndexOf('node_modules')
  if (at < 0) return undefined
  return parts.slice(0, at + (parts[at + 1].startsWith('@') ? 3 : 2)).join(sep)
}

/** The licences of the bundled packages, as they ask for. */
async function licences(folders: Iterable<string>): Promise<string> {
  const texts: string[] = []
  for (const folder of [...folders].sort()) {
    const { name, version, license, licenses } = JSON.parse(
      await readFile(join(folder, 'package.json'), 'utf8'),
    )
    const files = (await readdir(folder)).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
    const bodies = await Promise.all(files.map((file) => readFile(join(folder, file), 'utf8')))
    const kind = license ?? licenses?.map(({ type }: { type: string }) => type).join(', ') ?? 'see its page'
    texts.push([`${name} ${version} (${kind})`, ...bodies.map((body) => body.trim())].join('\n\n'))
  }
  return `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`
}

/** @param folder of the package that is made */
export async function bundleDanfo(folder: string): Promise<void> {
  const entry = require.resolve('danfojs-node')
  const source = packageOf(entry) as string
  const own = join(source, 'dist')
  const { metafile } = await build({
    entryPoints: [entry],
    outfile: join(folder, 'index.cjs'),
    bundle: true,
    absWorkingDir: root,
    platform: 'node',
    // For browsers, and not there in a clone either.
    external: ['plotly.js-dist-min'],
    format: 'cjs',
    target: 'node20',
    minify: true,
    keepNames: true,
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
  const { version, description, license } = JSON.parse(await readFile(join(source, 'package.json'), 'utf8'))
  // Declarations of packages that are bundled are not there: TypeScript takes what it cannot find for `any`.
  await mkdir(folder, { recursive: true })
  await cp(own, join(folder, 'types'), {
    recursive: true,
    filter: (path) => !/\.[^./\\]+$/.test(path.slice(own.length)) || path.endsWith('.d.ts'),
  })
  const types = `./types${entry.slice(own.length).replace(/\.js$/, '.d.ts').split(sep).join('/')}`
  const inputs = Object.keys(metafile.inputs).map((path) => packageOf(join(root, path)))
  const folders = new Set(inputs.filter((one) => one !== undefined))
  const main = './index.cjs'
  const about = { name: 'danfojs-node', version, description, license, main, types }
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(about, null, 2)}\n`)
  await writeFile(join(folder, 'LICENSES.txt'), await licences(folders))
}
