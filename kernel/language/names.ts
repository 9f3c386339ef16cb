// Which names a cell declares and mentions, read from its syntax alone.
// Not a type checker: it runs before the program that the checker sees is put together.
import ts from 'typescript'

/** `let` and `var` can be assigned from later cells; consts, functions, classes and imports not. */
export type NameKind = 'variable' | 'fixed' | 'type'

export interface CellNames {
  /** Names at the top level of the cell, which later cells can use. */
  declared: Map<string, NameKind>
  /** Those among them that the cell itself already exports. */
  exported: Set<string>
  /** Every identifier in the cell, references and others alike. */
  mentioned: Set<string>
}

/** True for `using` and `await using`: those resources end with the cell, so the name does too. */
export function isUsing(list: ts.VariableDeclarationList): boolean {
  return (list.flags & ts.NodeFlags.BlockScoped) >= ts.NodeFlags.Using
}

/** True for a `var` that belongs to the cell itself, however deep in blocks and loops it stands. */
export function isCellVar(list: ts.VariableDeclarationList): boolean {
  if (list.flags & ts.NodeFlags.BlockScoped) return false
  let at: ts.Node = list
  while (at.parent) {
    at = at.parent
    if (ts.isFunctionLike(at) || ts.isClassStaticBlockDeclaration(at) || ts.isModuleBlock(at)) return false
  }
  return true
}

export function hasModifier(node: ts.Node, kind: ts.SyntaxKind): boolean {
  return ts.canHaveModifiers(node) && (ts.getModifiers(node)?.some((one) => one.kind === kind) ?? false)
}

/** The names that a declaration's pattern binds. */
export function bindingNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text]
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : bindingNames(element.name),
  )
}

/** Reads the names of a parsed cell. */
export function cellNames(source: ts.SourceFile): CellNames {
  const declared = new Map<string, NameKind>()
  const exported = new Set<string>()
  const mentioned = new Set<string>()
  const declare = (node: ts.Node, name: string, kind: NameKind = 'fixed') => {
    declared.set(name, kind)
    if (hasModifier(node, ts.SyntaxKind.ExportKeyword) && !hasModifier(node, ts.SyntaxKind.DefaultKeyword)) {
      exported.add(name)
    }
  }

  for (const node of source.statements) {
    if (ts.isVariableStatement(node)) {
      if (isUsing(node.declarationList)) continue
      const kind = node.declarationList.flags & ts.NodeFlags.Const ? 'fixed' : 'variable'
      for (const one of node.declarationList.declarations) {
        for (const name of bindingNames(one.name)) declare(node, name, kind)
      }
    } else if (
      ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isEnumDeclaration(node) ||
      ts.isImportEqualsDeclaration(node)
    ) {
      if (node.name) declare(node, node.name.text)
    } else if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) {
      // A value of the same name, as in `interface A` beside `const A`, is what counts.
      if (!declared.has(node.name.text)) declare(node, node.name.text, 'type')
    } else if (ts.isModuleDeclaration(node)) {
      if (ts.isIdentifier(node.name) && !(node.flags & ts.NodeFlags.GlobalAugmentation)) {
        declare(node, node.name.text)
      }
    } else if (ts.isImportDeclaration(node)) {
      const clause = node.importClause
      if (clause?.name) declare(node, clause.name.text)
      const bindings = clause?.namedBindings
      if (bindings && ts.isNamespaceImport(bindings)) declare(node, bindings.name.text)
      if (bindings && ts.isNamedImports(bindings)) {
        for (const one of bindings.elements) declare(node, one.name.text)
      }
    } else if (ts.isExportDeclaration(node) && node.exportClause) {
      const clause = node.exportClause
      const names = ts.isNamespaceExport(clause) ? [clause.name] : clause.elements.map((one) => one.name)
      for (const name of names) {
        if (name.text === 'default') continue
        if (!declared.has(name.text)) declared.set(name.text, 'fixed')
        exported.add(name.text)
      }
    }
  }

  const nested = (list: ts.VariableDeclarationList) => {
    for (const one of list.declarations) {
      for (const name of bindingNames(one.name)) if (!declared.has(name)) declared.set(name, 'variable')
    }
  }
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) mentioned.add(node.text)
    if (ts.isVariableDeclarationList(node) && !ts.isVariableStatement(node.parent) && isCellVar(node))
      nested(node)
    if (ts.isVariableStatement(node) && node.parent !== source && isCellVar(node.declarationList)) {
      nested(node.declarationList)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return { declared, exported, mentioned }
}
