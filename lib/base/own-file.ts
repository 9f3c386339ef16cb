// Where this package's own files are, both for its TypeScript sources and for what `npm run build` makes of
// them. Only for files of the package itself; nothing here knows of the user's.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

/**
 * The path of a module of this package that is started or loaded by path, not imported.
 *
 * @param source as its source is called, `./worker.ts`, relative to the module that asks
 * @param asking `import.meta.url` of the module that asks: built modules have built neighbours, named `.js`
 */
export function ownModule(source: string, asking: string): string {
  const path = fileURLToPath(new URL(source, asking))
  return asking.endsWith('.ts') ? path : path.replace(/\.ts$/, '.js')
}

/** The loader of TypeScript, as `node --import` takes it. */
export function typescriptLoader(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href
}

/** What comes after `node` to run a file: TypeScript goes through tsx, JavaScript needs nothing. */
export function nodeArguments(path: string): string[] {
  return path.endsWith('.ts') ? ['--import', typescriptLoader(), path] : [path]
}

let root: string | undefined

/** The folder with this package's package.json; `parts` name a file in it (`notebooks`, `01-quickstart.ipynb`). */
export function inPackage(...parts: string[]): string {
  if (root === undefined) {
    let folder = dirname(fileURLToPath(import.meta.url))
    while (!existsSync(join(folder, 'package.json')) && dirname(folder) !== folder) folder = dirname(folder)
    root = folder
  }
  return join(root, ...parts)
}
