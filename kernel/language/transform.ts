// Turns a type-checked cell into the body of an async function over a shared `exports` object, which
// is what tslab's executor runs: every top-level name becomes `exports.name`, so that later cells see
// and change the same variable, and imports become awaited calls. Not a module bundler: nothing is
// linked, and the types are stripped by TypeScript itself after this.
import ts from 'typescript'
import type { Magic } from '../magics/find.ts'
import { placeMagics } from '../magics/place.ts'
import { assign, at, named, RESULT_NAME, scoped } from './emit.ts'
import { importing } from './imports.ts'
import { hasModifier, isUsing } from './names.ts'
import { references } from './references.ts'

const factory = ts.factory

/**
 * The transformer for one cell.
 *
 * @param checker of the program the cell is in
 * @param codeLength where the user's code ends; what follows was put there for the checker and is dropped
 * @param magics of the cell, and the types that `%who` tells
 */
export function cellTransformer(
  checker: ts.TypeChecker,
  codeLength: number,
  magics: readonly Magic[] = [],
  types: Record<string, string> = {},
): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (source) => {
    const placed = placeMagics(source, magics, types)
    const magicStatement = (node: ts.Node) => {
      const magic = placed.at(node)
      return magic && placed.statement(magic)
    }
    const { visit, expression, target, local } = references(checker, source, context, magicStatement)
    let imported = 0
    const loading = (node: ts.ImportDeclaration | ts.ExportDeclaration) =>
      importing(node, `__selma_module_${++imported}__`)

    const variables = (node: ts.VariableStatement): ts.Statement[] =>
      node.declarationList.declarations.map((one) => {
        const value = one.initializer ? expression(one.initializer) : factory.createVoidZero()
        if (ts.isIdentifier(one.name)) return assign(one.name.text, named(one.name.text, value), one)
        const pattern = factory.createAssignment(target(one.name), value)
        return at(
          factory.createExpressionStatement(factory.createParenthesizedExpression(at(pattern, one))),
          one,
        )
      })

    const plain = (node: ts.HasModifiers) =>
      node.modifiers?.filter(
        (one) => one.kind !== ts.SyntaxKind.ExportKeyword && one.kind !== ts.SyntaxKind.DefaultKeyword,
      )

    const hoisted: ts.Statement[] = []
    const imports: ts.Statement[] = []
    const own = (node: ts.Statement, name: ts.Identifier) =>
      assign(name.text, factory.createIdentifier(name.text), node)

    const declaration = (node: ts.Statement): ts.Statement[] => {
      if (hasModifier(node, ts.SyntaxKind.DeclareKeyword)) return []
      if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return []
      if (ts.isVariableStatement(node) && !isUsing(node.declarationList)) return variables(node)
      if (ts.isFunctionDeclaration(node)) {
        // References to itself go through `exports`: a redefinition in a later cell is what callers get.
        const seen = ts.visitEachChild(node, visit, context)
        const { asteriskToken, name, typeParameters, parameters, type, body } = seen
        if (!body) return []
        if (name) hoisted.push(own(node, name))
        const kept = name ?? factory.createIdentifier('defaultExport')
        return [
          factory.updateFunctionDeclaration(
            seen,
            plain(seen),
            asteriskToken,
            kept,
            typeParameters,
            parameters,
            type,
            body,
          ),
        ]
      }
      if (ts.isClassDeclaration(node)) {
        const seen = local(node) as ts.ClassDeclaration
        const { name, typeParameters, heritageClauses, members } = seen
        const kept = name ?? factory.createIdentifier('DefaultExport')
        const made = factory.updateClassDeclaration(
          seen,
          plain(seen),
          kept,
          typeParameters,
          heritageClauses,
          members,
        )
        return name ? [made, own(node, name)] : [made]
      }
      if (ts.isEnumDeclaration(node)) {
        const seen = local(node) as ts.EnumDeclaration
        return [
          factory.updateEnumDeclaration(seen, plain(seen), seen.name, seen.members),
          own(node, node.name),
        ]
      }
      if (ts.isModuleDeclaration(node) && ts.isIdentifier(node.name)) {
        const symbol = checker.getSymbolAtLocation(node.name)
        if (!symbol || !(symbol.flags & ts.SymbolFlags.ValueModule)) return []
        const seen = local(node) as ts.ModuleDeclaration
        return [
          factory.updateModuleDeclaration(seen, plain(seen), seen.name, seen.body),
          own(node, node.name),
        ]
      }
      return [visit(node) as ts.Statement]
    }

    const renamed = (node: ts.NamedExports): ts.Statement[] =>
      node.elements.flatMap((one) => {
        const from = one.propertyName?.text
        return from && from !== one.name.text && one.name.text !== 'default'
          ? [assign(one.name.text, scoped(from), one)]
          : []
      })

    const statement = (node: ts.Statement): ts.Statement[] => {
      if (ts.isImportDeclaration(node)) {
        if (!node.importClause?.isTypeOnly) imports.push(...loading(node))
        return []
      }
      if (ts.isExportDeclaration(node)) {
        if (node.isTypeOnly) return []
        if (node.moduleSpecifier) imports.push(...loading(node))
        const clause = node.exportClause
        return !node.moduleSpecifier && clause && ts.isNamedExports(clause) ? renamed(clause) : []
      }
      if (ts.isImportEqualsDeclaration(node) && ts.isExternalModuleReference(node.moduleReference)) {
        const args = [node.moduleReference.expression]
        const load = factory.createCallExpression(factory.createIdentifier('require'), undefined, args)
        imports.push(assign(node.name.text, load, node))
        return []
      }
      if (ts.isExportAssignment(node)) {
        return [at(factory.createExpressionStatement(expression(node.expression)), node)]
      }
      return declaration(node)
    }

    const installs: ts.Statement[] = []
    const users = source.statements.filter((one) => one.getStart(source) < codeLength)
    const value = (node: ts.Statement): ts.Statement[] => {
      const isValue = node === users.at(-1) && (ts.isExpressionStatement(node) || ts.isExportAssignment(node))
      if (!isValue) return statement(node)
      const property = factory.createPropertyAssignment('value', expression(node.expression))
      return [assign(RESULT_NAME, factory.createObjectLiteralExpression([property]), node)]
    }
    const statements = users.flatMap((node, at) => {
      const magic = placed.at(node)
      if (magic?.name === 'npm') {
        // What a cell installs it may import, and imports come before everything else.
        installs.push(placed.statement(magic)!)
        return []
      }
      if (magic?.name === 'time') return []
      const before = at > 0 ? placed.at(users[at - 1]) : undefined
      const timed = before?.name === 'time' && before.kind === 'line'
      return timed ? placed.timed(value(node)) : value(node)
    })
    const all = [...hoisted, ...installs, ...imports, ...statements]
    const whole = magics.some((one) => one.name === 'time' && one.kind === 'cell')
    return factory.updateSourceFile(source, whole ? placed.timed(all) : all)
  }
}

/** Drops the `export {}` that TypeScript puts at the end of a module. */
export const dropExports: ts.TransformerFactory<ts.SourceFile> = () => (source) =>
  factory.updateSourceFile(
    source,
    source.statements.filter((one) => !ts.isExportDeclaration(one)),
  )
