// Where a view's page code comes from. An installed package has it built (dist/views); a clone builds it when it is
// first asked for, and again when its sources have changed, into .selma/views. The sources are known by their
// folder only: nothing of them is imported.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { BuildFailure, BuildOptions } from 'esbuild'
import { fail } from '../../../lib/base/errors.ts'
import { inPackage } from '../../../lib/base/own-file.ts'

export interface ViewAssets {
  /** The text of the ES module. */
  esm: string
  css: string
}

/**
 * The page code of a view.
 *
 * @param name of its folder in plugins/views, such as `training-monitor`
 * @throws SelmaError `not-found` for an unknown name or a package that was not built, `bad-file` for sources with
 *   errors
 */
export function viewAssets(name: string): ViewAssets {
  const sources = inPackage('plugins', 'views')
  const folder = existsSync(join(sources, 'esbuild.json'))
    ? builtFromSources(sources, name)
    : inPackage('dist', 'views')
  const read = (file: string) => {
    try {
      return readFileSync(join(folder, file), 'utf8')
    } catch (cause) {
      return fail('not-found', `there is no view ${name} in ${folder}`, 'npm run build makes them', cause)
    }
  }
  return { esm: read(`${name}.js`), css: read(`${name}.css`) }
}

function newest(folder: string): number {
  const times = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath ?? entry.path, entry.name)).mtimeMs)
  return Math.max(...times)
}

function builtFromSources(sources: string, name: string): string {
  const entry = join(sources, name, 'index.tsx')
  if (!existsSync(entry)) fail('not-found', `there is no view ${name} in ${sources}`)
  const folder = inPackage('.selma', 'views')
  const built = statSync(join(folder, `${name}.js`), { throwIfNoEntry: false })?.mtimeMs ?? 0
  if (built > newest(sources)) return folder
  const options = JSON.parse(readFileSync(join(sources, 'esbuild.json'), 'utf8')) as BuildOptions
  for (const { path, contents } of bundle({ ...options, entryPoints: { [name]: entry }, outdir: folder })) {
    // Renamed into place, the module last: another kernel may be reading or building it.
    mkdirSync(folder, { recursive: true })
    writeFileSync(`${path}.${process.pid}.tmp`, contents)
    renameSync(`${path}.${process.pid}.tmp`, path)
  }
  return folder
}

function bundle(options: BuildOptions): { path: string; contents: Uint8Array }[] {
  const require = createRequire(import.meta.url)
  try {
    const { buildSync } = require('esbuild') as typeof import('esbuild')
    const { outputFiles } = buildSync({ ...options, write: false })
    return outputFiles.toSorted((a, b) => Number(a.path.endsWith('.js')) - Number(b.path.endsWith('.js')))
  } catch (error) {
    const [first] = (error as BuildFailure).errors ?? []
    const place = first?.location ? `${first.location.file}:${first.location.line}: ` : ''
    return fail('bad-file', `cannot build the view: ${place}${first?.text ?? (error as Error).message}`)
  }
}
