// Static imports (and re-exports) of a cell as awaited calls of its import helper.
import ts from 'typescript'
import { assign, at, helper } from './emit.ts'

const factory = ts.factory

/** The statements that load a module and put what the cell takes from it into `exports`. */
export function importing(node: ts.ImportDeclaration | ts.ExportDeclaration, local: string): ts.Statement[] {
  const attributes = node.attributes?.elements.map((one) =>
    factory.createPropertyAssignment(factory.createStringLiteral(one.name.text), one.value),
  )
  const args: ts.Expression[] = [node.moduleSpecifier!]
  if (attributes) {
    const inner = factory.createObjectLiteralExpression(attributes)
    args.push(factory.createObjectLiteralExpression([factory.createPropertyAssignment('with', inner)]))
  }
  const load = at(factory.createAwaitExpression(at(helper('import', args), node)), node)
  const statements: ts.Statement[] = [
    factory.createVariableStatement(
      undefined,
      factory.createVariableDeclarationList(
        [factory.createVariableDeclaration(local, undefined, undefined, load)],
        ts.NodeFlags.Const,
      ),
    ),
  ]
  const take = (name: string, member?: string) => {
    const module = factory.createIdentifier(local)
    const value =
      member === undefined
        ? module
        : factory.createElementAccessExpression(module, factory.createStringLiteral(member))
    statements.push(assign(name, value, node))
  }
  if (ts.isExportDeclaration(node)) {
    const clause = node.exportClause
    if (clause && ts.isNamespaceExport(clause)) take(clause.name.text)
    if (clause && ts.isNamedExports(clause)) {
      for (const one of clause.elements)
        if (!one.isTypeOnly) take(one.name.text, (one.propertyName ?? one.name).text)
    }
    return statements
  }
  const clause = node.importClause
  if (clause?.name) take(clause.name.text, 'default')
  const bindings = clause?.namedBindings
  if (bindings && ts.isNamespaceImport(bindings)) take(bindings.name.text)
  if (bindings && ts.isNamedImports(bindings)) {
    for (const one of bindings.elements)
      if (!one.isTypeOnly) take(one.name.text, (one.propertyName ?? one.name).text)
  }
  return statements
}
