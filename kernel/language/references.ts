// Replaces references to top-level names inside a cell's code by `exports.name`. Which identifiers are
// such references is the checker's word, not the spelling's: shadowed names stay as they are.
import ts from 'typescript'
import { at, CELL_HELPER, helper, scoped } from './emit.ts'
import { isCellVar, isUsing } from './names.ts'

const factory = ts.factory

function rootOf(element: ts.BindingElement): ts.Node {
  let node: ts.Node = element
  while (ts.isBindingElement(node)) node = node.parent.parent
  return node
}

function isTopLevel(node: ts.Declaration, source: ts.SourceFile): boolean {
  if (node.getSourceFile() !== source) return false
  if (ts.isBindingElement(node)) return isTopLevel(rootOf(node) as ts.Declaration, source)
  if (ts.isVariableDeclaration(node)) {
    const list = node.parent
    if (!ts.isVariableDeclarationList(list) || isUsing(list)) return false
    return (ts.isVariableStatement(list.parent) && list.parent.parent === source) || isCellVar(list)
  }
  if (ts.isImportClause(node) || ts.isImportSpecifier(node) || ts.isNamespaceImport(node)) return true
  return (
    (ts.isFunctionDeclaration(node) ||
      ts.isClassDeclaration(node) ||
      ts.isEnumDeclaration(node) ||
      ts.isModuleDeclaration(node) ||
      ts.isImportEqualsDeclaration(node)) &&
    node.parent === source
  )
}

/** Rewriting within one cell. */
export interface References {
  visit(node: ts.Node): ts.Node
  expression(node: ts.Expression): ts.Expression
  /** A declared pattern as the assignment pattern that fills `exports`. */
  target(name: ts.BindingName): ts.Expression
  /** A declaration whose references to itself stay local. */
  local(node: ts.Node): ts.Node
}

/** @param replacement what to put in the place of a node, when it is not what it seems */
export function references(
  checker: ts.TypeChecker,
  source: ts.SourceFile,
  context: ts.TransformationContext,
  replacement: (node: ts.Node) => ts.Node | undefined = () => undefined,
): References {
  const isScoped = (symbol: ts.Symbol | undefined) =>
    symbol?.declarations?.some((one) => isTopLevel(one, source)) ?? false
  /** Declarations we are inside of, whose own name is bound locally. */
  const inside = new Set<ts.Node>()

  const isReference = (node: ts.Identifier): boolean => {
    const parent = node.parent
    if (!parent) return false
    if (ts.isBindingElement(parent) && parent.propertyName === node) return false
    if ('name' in parent && parent.name === node && !ts.isShorthandPropertyAssignment(parent)) return false
    const symbol = checker.getSymbolAtLocation(node)
    return isScoped(symbol) && !symbol!.declarations!.some((one) => inside.has(one))
  }

  const visit = (node: ts.Node): ts.Node => {
    const other = replacement(node)
    if (other) return other
    if (ts.isHeritageClause(node)) {
      if (node.token === ts.SyntaxKind.ImplementsKeyword) return node
      const types = node.types.map((one) =>
        factory.updateExpressionWithTypeArguments(
          one,
          visit(one.expression) as ts.Expression,
          one.typeArguments,
        ),
      )
      return factory.updateHeritageClause(node, types)
    }
    if (ts.isTypeNode(node)) return node
    if (ts.isVariableStatement(node) && isCellVar(node.declarationList)) {
      const { declarations } = node.declarationList
      if (!declarations.some((one) => one.initializer)) return factory.createEmptyStatement()
      return at(factory.createExpressionStatement(filled(node.declarationList)), node)
    }
    if (ts.isVariableDeclarationList(node) && isCellVar(node)) {
      const loop = ts.isForInStatement(node.parent) || ts.isForOfStatement(node.parent)
      return loop ? target(node.declarations[0].name) : filled(node)
    }
    if (ts.isIdentifier(node)) return isReference(node) ? at(scoped(node.text), node) : node
    if (ts.isShorthandPropertyAssignment(node)) return shorthand(node)
    if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) {
      return factory.createPropertyAccessExpression(factory.createIdentifier(CELL_HELPER), 'meta')
    }
    if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      return at(
        helper(
          'import',
          node.arguments.map((one) => visit(one) as ts.Expression),
        ),
        node,
      )
    }
    const seen = ts.visitEachChild(node, visit, context)
    // `exports.f()` would pass `exports` as `this`.
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && ts.isCallExpression(seen)) {
      return seen.expression === node.expression ? seen : replaceCallee(seen)
    }
    if (
      ts.isTaggedTemplateExpression(node) &&
      ts.isIdentifier(node.tag) &&
      ts.isTaggedTemplateExpression(seen)
    ) {
      return seen.tag === node.tag
        ? seen
        : factory.updateTaggedTemplateExpression(seen, detached(seen.tag), seen.typeArguments, seen.template)
    }
    return seen
  }

  const detached = (callee: ts.Expression) => {
    const pair = factory.createComma(factory.createNumericLiteral(0), callee)
    const origin = ts.getSourceMapRange(callee)
    return ts.setSourceMapRange(
      factory.createParenthesizedExpression(ts.setSourceMapRange(pair, origin)),
      origin,
    )
  }
  const replaceCallee = (call: ts.CallExpression) =>
    ts.isCallChain(call)
      ? factory.updateCallChain(
          call,
          detached(call.expression),
          call.questionDotToken,
          call.typeArguments,
          call.arguments,
        )
      : factory.updateCallExpression(call, detached(call.expression), call.typeArguments, call.arguments)

  const shorthand = (node: ts.ShorthandPropertyAssignment): ts.Node => {
    const symbol = checker.getShorthandAssignmentValueSymbol(node)
    const initializer =
      node.objectAssignmentInitializer && (visit(node.objectAssignmentInitializer) as ts.Expression)
    if (!isScoped(symbol) || symbol!.declarations!.some((one) => inside.has(one))) {
      return initializer ? factory.updateShorthandPropertyAssignment(node, node.name, initializer) : node
    }
    const value = at(scoped(node.name.text), node)
    return factory.createPropertyAssignment(
      node.name.text,
      initializer ? factory.createAssignment(value, initializer) : value,
    )
  }

  const expression = (node: ts.Expression) => visit(node) as ts.Expression

  /** A declared pattern as the assignment pattern that fills `exports`. */
  const target = (name: ts.BindingName): ts.Expression => {
    if (ts.isIdentifier(name)) return at(scoped(name.text), name)
    if (ts.isArrayBindingPattern(name)) {
      return factory.createArrayLiteralExpression(
        name.elements.map((one) => {
          if (ts.isOmittedExpression(one)) return factory.createOmittedExpression()
          return one.dotDotDotToken ? factory.createSpreadElement(target(one.name)) : withDefault(one)
        }),
      )
    }
    return factory.createObjectLiteralExpression(
      name.elements.map((one) => {
        if (one.dotDotDotToken) return factory.createSpreadAssignment(target(one.name))
        const key = one.propertyName ?? (one.name as ts.Identifier)
        const property = ts.isComputedPropertyName(key)
          ? factory.createComputedPropertyName(expression(key.expression))
          : ts.isIdentifier(key)
            ? factory.createIdentifier(key.text)
            : key
        return factory.createPropertyAssignment(property, withDefault(one))
      }),
    )
  }
  const withDefault = (one: ts.BindingElement): ts.Expression =>
    one.initializer
      ? factory.createAssignment(target(one.name), expression(one.initializer))
      : target(one.name)

  /** The values of a `var` inside a block or a loop's head, as assignments. */
  const filled = (list: ts.VariableDeclarationList): ts.Expression => {
    const values = list.declarations.flatMap((one): ts.Expression[] =>
      one.initializer ? [factory.createAssignment(target(one.name), expression(one.initializer))] : [],
    )
    if (values.length === 0) return factory.createVoidZero()
    return factory.createParenthesizedExpression(values.reduce((a, b) => factory.createComma(a, b)))
  }

  const local = (
    node: ts.ClassDeclaration | ts.EnumDeclaration | ts.ModuleDeclaration | ts.FunctionDeclaration,
  ) => {
    inside.add(node)
    const seen = ts.visitEachChild(node, visit, context)
    inside.delete(node)
    return seen
  }
  return { visit, expression, target, local }
}
