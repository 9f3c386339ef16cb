// What a TypeScript file imports, by TypeScript's own parser; and the floors of docs/design.md.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** TypeScript files below some folders of the project, as paths from its root with slashes. */
export function sources(folders: readonly string[]): string[] {
  const entries = readdirSync(root, { withFileTypes: true })
  return folders
    .filter((folder) => entries.some((entry) => entry.isDirectory() && entry.name === folder))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.[cm]?tsx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .filter((path) => !path.split('/').includes('node_modules'))
    .sort()
}

/** Every module specifier in a text: imports, exports, type imports, dynamic imports, require. */
export function specifiers(text: string, name = 'file.ts'): string[] {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest)
  const found: string[] = []
  const visit = (node: ts.Node): void => {
    const literal = (value: ts.Node | undefined) => {
      if (value && ts.isStringLiteralLike(value)) found.push(value.text)
    }
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) literal(node.moduleSpecifier)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) literal(node.argument.literal)
    else if (ts.isExternalModuleReference(node)) literal(node.expression)
    else if (ts.isCallExpression(node)) {
      const callee = node.expression
      const imports = callee.kind === ts.SyntaxKind.ImportKeyword
      if (imports || (ts.isIdentifier(callee) && callee.text === 'require')) literal(node.arguments[0])
    }
    ts.forEachChild(node, visit)
  }
  visit(file)
  return found
}

/** Files of the project that a file imports, as paths from its root. */
export function imports(path: string, text = readFileSync(join(root, path), 'utf8')): string[] {
  return specifiers(text, path)
    .filter((specifier) => specifier.startsWith('.'))
    .map((specifier) =>
      relative(root, resolve(root, dirname(path), specifier))
        .split(sep)
        .join('/'),
    )
}

/** The floors of the table in docs/design.md, from the top; `lib/base/` is below them all. */
export function floors(): string[] {
  const text = readFileSync(join(root, 'docs', 'design.md'), 'utf8')
  const section = text.slice(text.indexOf('## The floors'))
  const rows = [...section.slice(0, section.indexOf('\n## ')).matchAll(/^\| `([^`]+)` \|/gm)]
  return [...rows.map((row) => row[1]).filter((folder) => folder !== 'tests/'), 'lib/base/']
}

// Process entries that know every stage; the worker imports all that a job may run.
const entries = ['lib/worker.ts', 'lib/stages.ts']

/** The floor that a file is on: the longest folder (or file) of the table that holds it. */
export function floorOf(path: string, all: readonly string[]): string | undefined {
  if (entries.includes(path)) return 'lib/index.ts'
  const holding = all.filter((floor) => path === floor || (floor.endsWith('/') && path.startsWith(floor)))
  return holding.sort((a, b) => b.length - a.length)[0]
}

/** What is wrong with the imports of a file: imports that go up, or out of the floors. */
export function violations(path: string, imported: readonly string[], all: readonly string[]): string[] {
  const own = floorOf(path, all)
  if (!own) return [`${path} is on no floor of docs/design.md`]
  return imported.flatMap((target) => {
    const floor = floorOf(target, all)
    if (!floor) return [`${path} imports ${target}, which is on no floor`]
    if (own === 'plugins/' && floor !== own && floor !== 'lib/messages/')
      return [`${path} imports ${target}; plugins know lib/messages only`]
    return all.indexOf(floor) < all.indexOf(own) ? [`${path} imports ${target}, which is above it`] : []
  })
}
