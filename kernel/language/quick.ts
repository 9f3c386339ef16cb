// The two commonest completions answered without compiling what is being typed: a name, and a member of
// something that an earlier cell or the library holds. A program for every keystroke costs some 50 ms; the
// one that a new cell would start from is made once. Whatever is less plain is left to the service.
import ts from 'typescript'
import type { Completion } from './assist.ts'
import type { Converter, Scope } from './converter.ts'
import { bindingNames, cellNames } from './names.ts'

interface Entry {
  name: string
  kind: string
}

interface Known {
  entries: Entry[]
  symbols: Map<string, ts.Symbol>
}

const known = new WeakMap<Scope, Known>()
const keywords: Entry[] = []
for (let kind = ts.SyntaxKind.FirstReservedWord; kind <= ts.SyntaxKind.LastKeyword; kind++) {
  const name = ts.tokenToString(kind)
  if (name) keywords.push({ name, kind: 'keyword' })
}

const resolved = (checker: ts.TypeChecker, symbol: ts.Symbol) =>
  symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol

function kindOf(symbol: ts.Symbol): string {
  const { flags } = symbol
  if (flags & ts.SymbolFlags.Method) return 'method'
  if (flags & (ts.SymbolFlags.Property | ts.SymbolFlags.Accessor)) return 'property'
  if (flags & ts.SymbolFlags.Class) return 'class'
  if (flags & ts.SymbolFlags.Function) return 'function'
  if (flags & ts.SymbolFlags.Enum) return 'enum'
  if (flags & ts.SymbolFlags.Module) return 'module'
  const declaration = symbol.valueDeclaration
  if (!declaration || !ts.isVariableDeclaration(declaration)) return 'var'
  const list = ts.getCombinedNodeFlags(declaration)
  return list & ts.NodeFlags.Const ? 'const' : list & ts.NodeFlags.Let ? 'let' : 'var'
}

/** The values in reach of a new cell: the cells' own first, then the library's, then JavaScript's. */
function inScope(converter: Converter, scope: Scope): Known {
  const before = known.get(scope)
  if (before) return before
  const { checker, source } = scope
  const { declared, preloaded } = converter.names()
  const symbols = new Map<string, ts.Symbol>()
  const entries: Entry[] = []
  const rank = (name: string) => (declared.has(name) ? 0 : preloaded.has(name) ? 1 : 2)
  const flags = ts.SymbolFlags.Value | ts.SymbolFlags.Alias
  for (const symbol of checker.getSymbolsInScope(source.endOfFileToken, flags)) {
    const target = resolved(checker, symbol)
    if (!(target.flags & ts.SymbolFlags.Value) || isInternal(symbol.name)) continue
    symbols.set(symbol.name, target)
    entries.push({ name: symbol.name, kind: kindOf(target) })
  }
  // Of the others in the library only the names are known, which is enough here.
  for (const name of preloaded)
    if (!symbols.has(name) && !declared.has(name)) entries.push({ name, kind: 'const' })
  entries.sort((a, b) => rank(a.name) - rank(b.name) || (a.name < b.name ? -1 : 1))
  const all = { entries, symbols }
  known.set(scope, all)
  return all
}

/** Names of ours that no cell should see, and names that no dot can be followed by. */
const isInternal = (name: string): boolean => /^__selma_|[^\w$\u0080-\uffff]|^\d/.test(name)

/** Names that the cell itself declares and that `node` can see. */
function localNames(node: ts.Node): Entry[] {
  const found: Entry[] = []
  const add = (names: Iterable<string>, kind: string) => {
    for (const name of names) found.push({ name, kind })
  }
  const list = (one: ts.Node | undefined, kind: string) => {
    if (!one || !ts.isVariableDeclarationList(one)) return
    for (const declaration of one.declarations) add(bindingNames(declaration.name), kind)
  }
  for (let at: ts.Node = node; at; at = at.parent) {
    if (ts.isSourceFile(at) || ts.isBlock(at) || ts.isModuleBlock(at) || ts.isCaseOrDefaultClause(at)) {
      for (const one of at.statements) {
        if (ts.isVariableStatement(one)) list(one.declarationList, 'const')
        else if ((ts.isFunctionDeclaration(one) || ts.isClassDeclaration(one)) && one.name)
          add([one.name.text], ts.isClassDeclaration(one) ? 'class' : 'function')
      }
      if (ts.isSourceFile(at)) add(cellNames(at).declared.keys(), 'const')
    } else if (ts.isFunctionLike(at)) {
      for (const one of at.parameters) add(bindingNames(one.name), 'parameter')
    } else if (ts.isForStatement(at) || ts.isForOfStatement(at) || ts.isForInStatement(at)) {
      list(at.initializer, 'const')
    } else if (ts.isCatchClause(at) && at.variableDeclaration) {
      add(bindingNames(at.variableDeclaration.name), 'const')
    }
  }
  return found
}

/** The innermost node that begins at `start` or, for an unfinished `a.`, ends with the dot before it. */
function find<T extends ts.Node>(source: ts.SourceFile, start: number, is: (node: ts.Node) => node is T) {
  let found: T | undefined
  const visit = (node: ts.Node): void => {
    if (node.pos > start || node.end < start) return
    if (is(node)) found = node
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** True where any value may stand and nothing else is expected. */
function isPlainExpression(node: ts.Identifier): boolean {
  const parent = node.parent
  if (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent)) return parent.initializer === node
  if (ts.isPropertyAccessExpression(parent)) return parent.expression === node
  if (ts.isArrowFunction(parent)) return parent.body === node
  return (
    ts.isExpressionStatement(parent) ||
    ts.isCallExpression(parent) ||
    ts.isBinaryExpression(parent) ||
    ts.isParenthesizedExpression(parent) ||
    ts.isAwaitExpression(parent) ||
    ts.isReturnStatement(parent) ||
    ts.isTemplateSpan(parent) ||
    ts.isElementAccessExpression(parent) ||
    ts.isArrayLiteralExpression(parent) ||
    ts.isConditionalExpression(parent) ||
    ts.isPrefixUnaryExpression(parent)
  )
}

/** The type of `a.b.c`, when `a` comes from elsewhere; undefined sends the question to the service. */
function typeOf(converter: Converter, node: ts.Expression): ts.Type | undefined {
  if (ts.isIdentifier(node)) converter.reach(node.text)
  const scope = converter.scope()
  const { checker, source } = scope
  if (ts.isIdentifier(node)) {
    const symbol = inScope(converter, scope).symbols.get(node.text)
    return symbol && checker.getTypeOfSymbolAtLocation(symbol, source)
  }
  if (!ts.isPropertyAccessExpression(node) || node.questionDotToken) return undefined
  const property = typeOf(converter, node.expression)?.getProperty(node.name.text)
  return property && checker.getTypeOfSymbolAtLocation(property, source)
}

function isHidden(symbol: ts.Symbol): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
  return (symbol.declarations ?? []).some((one) => ts.getCombinedModifierFlags(one) & hidden)
}

/** Completions of a plain name or member, or undefined when the service has to be asked. */
export function quickCompletion(
  converter: Converter,
  code: string,
  start: number,
  position: number,
): Completion | undefined {
  const source = ts.createSourceFile('cell.mts', code, ts.ScriptTarget.Latest, true)
  const member = find(source, start, ts.isPropertyAccessExpression)
  const isMember = member && code.slice(member.expression.end, start).trim() === '.'
  let entries: Entry[]
  if (isMember) {
    let root: ts.Expression = member.expression
    while (ts.isPropertyAccessExpression(root)) root = root.expression
    if (!ts.isIdentifier(root) || localNames(root).some(({ name }) => name === (root as ts.Identifier).text))
      return undefined
    const type = typeOf(converter, member.expression)
    if (!type || type.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown | ts.TypeFlags.Union)) return undefined
    entries = type
      .getApparentProperties()
      .filter((one) => !isInternal(one.name) && !isHidden(one))
      .map((one) => ({ name: one.name, kind: kindOf(one) }))
  } else {
    const name = find(source, start, ts.isIdentifier)
    if (!name || start === position || name.getStart(source) !== start || !isPlainExpression(name))
      return undefined
    entries = [...localNames(name), ...inScope(converter, converter.scope()).entries, ...keywords]
  }
  return matching(entries, code, start, position)
}

/** The entries that begin with what is typed: with the same capitals first, each name once. */
export function matching(entries: Entry[], code: string, start: number, position: number): Completion {
  const prefix = code.slice(start, position)
  const lower = prefix.toLowerCase()
  const seen = new Set<string>()
  const fits = entries.filter(({ name }) => {
    if (!name.toLowerCase().startsWith(lower) || seen.has(name)) return false
    seen.add(name)
    return true
  })
  const exact = fits.filter(({ name }) => name.startsWith(prefix))
  const all = [...exact, ...fits.filter((one) => !exact.includes(one))]
  return { matches: all.map((one) => one.name), kinds: all.map((one) => one.kind), start, end: position }
}
