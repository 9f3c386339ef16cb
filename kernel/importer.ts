// How a cell's imports are loaded: by Node's own loader, as if the cell were a file in the notebook's
// folder. TypeScript files go through tsx. Not a resolver for types: that is `language/service.ts`.
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import vm from 'node:vm'
import { SelmaError } from '../lib/base/errors.ts'

/** An imported module's namespace. */
export type Namespace = Record<string, unknown>
type NativeImport = (specifier: string, options?: ImportCallOptions) => Promise<Namespace>

const extensions = ['', '.ts', '.mts', '.js', '.mjs', '.cjs', '/index.ts', '/index.js']
let loader: Promise<unknown> | undefined

/** Makes sure this process can import TypeScript; a process started with `--import tsx` already can. */
function ensureTypeScript(): Promise<unknown> {
  const started = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((one) => one.includes('tsx'))
  loader ??= started
    ? Promise.resolve()
    : Promise.all([import('tsx/esm/api'), import('tsx/cjs/api')]).then(([esm, cjs]) => {
        process.setSourceMapsEnabled(true)
        cjs.register()
        esm.register()
      })
  return loader
}

/** `import()` that resolves as if it stood in the file `from`. */
function importFrom(from: string): NativeImport {
  const native = vm.compileFunction('return import(specifier, options)', ['specifier', 'options'], {
    filename: from,
    importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }) as NativeImport
  return (specifier, options) => {
    // Node 20 warns that this way to import is experimental: nothing the person at the notebook did.
    const warn = process.emitWarning
    process.emitWarning = ((warning: string | Error, ...rest: []) => {
      if (!String(warning).includes('USE_MAIN_CONTEXT_DEFAULT_LOADER')) warn.call(process, warning, ...rest)
    }) as typeof process.emitWarning
    try {
      return native(specifier, options)
    } finally {
      process.emitWarning = warn
    }
  }
}

/** A .ts file outside any package reaches us as CommonJS; what it exports is what the cell asked for. */
function unwrap(module: Namespace): Namespace {
  const inner = module.default as Namespace | undefined
  return inner && typeof inner === 'object' && inner.__esModule === true ? inner : module
}

/** `import.meta` of the cells of a notebook in a folder. */
export interface CellMeta {
  url: string
  dirname: string
  filename: string
  resolve(specifier: string): string
  main: boolean
}

export function createMeta(cwd: string): CellMeta {
  const filename = join(cwd, 'notebook.mts')
  const { resolve: find } = createRequire(filename)
  return {
    url: pathToFileURL(filename).href,
    dirname: cwd,
    filename,
    main: false,
    resolve(specifier) {
      if (/^[a-z]+:/.test(specifier)) return specifier
      if (/^\.{0,2}\//.test(specifier)) return new URL(specifier, pathToFileURL(filename)).href
      const found = find(specifier)
      return isAbsolute(found) ? pathToFileURL(found).href : `node:${found}`
    },
  }
}

/**
 * @param cwd the folder imports are resolved from; packages it does not have are looked up from here
 */
export function createImporter(cwd: string): NativeImport {
  const { cache: cached } = createRequire(join(cwd, 'selma-cell.mjs'))
  const fromCell = importFrom(join(cwd, 'selma-cell.mjs'))
  const fromHere = importFrom(fileURLToPath(new URL('./selma-cell.mjs', import.meta.url)))
  /** When a file of the user's was first imported; a later change of it is loaded anew. */
  const loaded = new Map<string, number>()

  async function importFile(path: string, options?: ImportCallOptions): Promise<Namespace> {
    const file = extensions.map((one) => path + one).find((one) => existsSync(one) && statSync(one).isFile())
    const typed = /\.[cm]?js$/.test(path) ? path.replace(/js$/, 'ts') : path
    const found = file ?? (existsSync(typed) ? typed : undefined)
    if (!found) throw new SelmaError('not-found', `cannot import ${path}: there is no such file`)
    if (found.endsWith('.json')) return { default: JSON.parse(readFileSync(found, 'utf8')) }
    const changed = statSync(found).mtimeMs
    const first = loaded.get(found) ?? changed
    loaded.set(found, first)
    const url = pathToFileURL(found)
    if (changed !== first) {
      url.searchParams.set('changed', String(changed))
      // Outside any package it was loaded as CommonJS, which has a cache of its own.
      for (const key of Object.keys(cached)) if (key.split('?')[0] === found) delete cached[key]
    }
    const module = await fromCell(url.href, options)
    return /\.[cm]?ts$/.test(found) ? unwrap(module) : module
  }

  let magics: Promise<Namespace> | undefined

  return async (specifier, options) => {
    if (specifier === 'selma:magics') {
      magics ??= import('./magics/run.ts').then(({ createMagics }) => ({ ...createMagics(cwd) }))
      return magics
    }
    await ensureTypeScript()
    if (specifier.startsWith('file:')) return importFile(fileURLToPath(specifier), options)
    if (/^\.{1,2}(\/|$)/.test(specifier) || isAbsolute(specifier))
      return importFile(resolve(cwd, specifier), options)
    if (specifier.endsWith('.json')) {
      return { default: createRequire(join(cwd, 'selma-cell.mjs'))(specifier) }
    }
    try {
      return await fromCell(specifier, options)
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException)?.code === 'ERR_MODULE_NOT_FOUND'
      if (!missing || !String((error as Error).message).includes(`'${specifier.split('/')[0]}`)) throw error
      return fromHere(specifier, options).catch(() => {
        throw error
      })
    }
  }
}
