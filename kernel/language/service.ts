// The TypeScript 5.9 language service over the cells of one session: cells are files in memory, everything
// else is read from the disk. Not the converter: it knows nothing of what a cell declares.
import { statSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { globalDeclarations } from './globals.ts'

const require = createRequire(import.meta.url)
/** A file name inside this package: what a notebook's folder cannot resolve is looked up from here. */
const ownFile = fileURLToPath(new URL('./cell.mts', import.meta.url))

const ownRoot = join(dirname(ownFile), '..', '..', 'lib', '/')

/** Packages and the library: what this process has loaded of them does not change, so neither do the types. */
const isFixed = (path: string) => path.includes('/node_modules/') || path.startsWith(ownRoot)

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  lib: [
    'lib.es2023.d.ts',
    'lib.esnext.disposable.d.ts',
    'lib.esnext.iterator.d.ts',
    'lib.esnext.collection.d.ts',
  ],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  // Strict where the library's types need it; lenient where a notebook would only be in the way.
  strict: true,
  noImplicitAny: false,
  useUnknownInCatchVariables: false,
  strictPropertyInitialization: false,
  allowImportingTsExtensions: true,
  rewriteRelativeImportExtensions: false,
  resolveJsonModule: true,
  esModuleInterop: true,
  preserveConstEnums: true,
  skipLibCheck: true,
  // Nobody has another standard library installed, and looking for one is a sixth of the work for every cell.
  libReplacement: false,
  sourceMap: true,
  newLine: ts.NewLineKind.LineFeed,
  typeRoots: [dirname(dirname(require.resolve('@types/node/package.json')))],
  types: ['node'],
}

// Parsed library files are shared by all sessions of a process.
const registry = ts.createDocumentRegistry(ts.sys.useCaseSensitiveFileNames)

/** Files in memory and the service that sees them. */
export interface CellService {
  readonly service: ts.LanguageService
  /** Adds or replaces a file in memory. */
  set(path: string, text: string): void
  delete(path: string): void
  /** Looks for packages anew from now on: what was missing may have been installed. */
  refresh(): void
  /** Which files the program starts from, besides the ambient declarations. */
  roots(paths: Iterable<string>): void
}

/**
 * @param cwd the folder relative imports and packages are resolved from
 * @param session tells the files in memory of one session from another's in the same folder
 */
export function createCellService(cwd: string, session: number): CellService {
  const files = new Map<string, { text: string; version: number }>()
  const globals = join(cwd, 'selma-globals.d.ts')
  // The program always starts from these two. Were its list of files to change with every cell, TypeScript
  // would look up every import of every file again.
  const hub = join(cwd, `selma-roots-${session}.mts`)
  const roots = [globals, hub]
  let clock = 0
  files.set(globals, { text: globalDeclarations, version: 0 })
  files.set(hub, { text: 'export {}', version: 0 })

  if (!ts.findConfigFile(cwd, ts.sys.fileExists, 'package.json')) {
    // A lone folder of notebooks: its .ts files are modules all the same.
    files.set(join(cwd, 'package.json'), { text: '{"type":"module"}', version: 0 })
  }

  const fileExists = (path: string) => files.has(path) || ts.sys.fileExists(path)
  const readFile = (path: string) => files.get(path)?.text ?? ts.sys.readFile(path)
  const disk: ts.ModuleResolutionHost = {
    fileExists,
    readFile,
    directoryExists: ts.sys.directoryExists,
    getDirectories: ts.sys.getDirectories,
    realpath: (path) => (files.has(path) ? path : (ts.sys.realpath?.(path) ?? path)),
    getCurrentDirectory: () => cwd,
  }

  const newCache = (packages?: ts.PackageJsonInfoCache) =>
    ts.createModuleResolutionCache(
      cwd,
      (name) => (ts.sys.useCaseSensitiveFileNames ? name : name.toLowerCase()),
      options,
      packages,
    )
  /** Where packages and the library's own files find their imports: it does not change while they do not. */
  let settled = newCache()

  const resolveName = (name: string, from: string, mode: ts.ResolutionMode) => {
    const cache = isFixed(from) ? settled : newCache(settled.getPackageJsonInfoCache())
    const found = ts.resolveModuleName(name, from, options, disk, cache, undefined, mode)
    if (found.resolvedModule) return found
    if (name.startsWith('.')) {
      // People leave the extension out; so does the loader that runs the import.
      const bundler = {
        ...options,
        moduleResolution: ts.ModuleResolutionKind.Bundler,
        module: ts.ModuleKind.ESNext,
      }
      return ts.resolveModuleName(name, from, bundler, disk)
    }
    return files.has(from)
      ? ts.resolveModuleName(name, ownFile, options, disk, undefined, undefined, mode)
      : found
  }

  const versionOf = (path: string) => {
    const file = files.get(path)
    if (file) return String(file.version)
    if (isFixed(path)) return '1'
    const stat = statSync(path, { throwIfNoEntry: false })
    return stat ? `${stat.mtimeMs}-${stat.size}` : '0'
  }
  // The compiler asks for the text of every file whenever one changed; the disk need not be read each time.
  const snapshots = new Map<string, { version: string; snapshot: ts.IScriptSnapshot }>()
  const snapshotOf = (path: string) => {
    const version = versionOf(path)
    const known = snapshots.get(path)
    if (known?.version === version) return known.snapshot
    const text = readFile(path)
    if (text === undefined) return undefined
    const snapshot = ts.ScriptSnapshot.fromString(text)
    snapshots.set(path, { version, snapshot })
    return snapshot
  }

  // `getModuleResolutionCache` is what the compiler asks for package.json files; it is not in the public type.
  const host: ts.LanguageServiceHost & { getModuleResolutionCache(): ts.ModuleResolutionCache } = {
    ...disk,
    getModuleResolutionCache: () => settled,
    fileExists,
    readFile,
    readDirectory: ts.sys.readDirectory,
    getCompilationSettings: () => options,
    getScriptFileNames: () => roots,
    getCurrentDirectory: () => cwd,
    getDefaultLibFileName: (settings) => ts.getDefaultLibFilePath(settings),
    useCaseSensitiveFileNames: () => ts.sys.useCaseSensitiveFileNames,
    getScriptVersion: versionOf,
    getScriptSnapshot: snapshotOf,
    resolveModuleNameLiterals: (literals, from, _redirect, settings, source) =>
      literals.map((literal) =>
        resolveName(literal.text, from, ts.getModeForUsageLocation(source, literal, settings)),
      ),
  }

  return {
    service: ts.createLanguageService(host, registry),
    set: (path, text) => files.set(path, { text, version: ++clock }),
    delete: (path) => {
      files.delete(path)
      snapshots.delete(path)
    },
    refresh: () => {
      settled = newCache()
      snapshots.clear()
    },
    roots: (paths) => {
      const text = [...paths].map((path) => `import ${JSON.stringify(path)}`).join('\n')
      if (files.get(hub)?.text !== text) files.set(hub, { text, version: ++clock })
    },
  }
}
