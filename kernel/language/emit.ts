// Small builders of the JavaScript that a cell becomes. They know nothing of the cell they are used on.
import ts from 'typescript'

/** What the emitted code calls its helpers by; `session.ts` puts the object there. */
export const CELL_HELPER = '__selma_cell__'
/** Where the last expression's value is left, boxed, for the executor to pick up. */
export const RESULT_NAME = '__selma_result__'

const factory = ts.factory

export const at = <T extends ts.Node>(node: T, origin: ts.Node): T => ts.setSourceMapRange(node, origin)
export const scoped = (name: string) =>
  factory.createPropertyAccessExpression(factory.createIdentifier('exports'), name)
export const helper = (name: string, args: ts.Expression[]) =>
  factory.createCallExpression(
    factory.createPropertyAccessExpression(factory.createIdentifier(CELL_HELPER), name),
    undefined,
    args,
  )
export const assign = (name: string, value: ts.Expression, origin: ts.Node) =>
  at(
    factory.createExpressionStatement(at(factory.createAssignment(at(scoped(name), origin), value), origin)),
    origin,
  )

/** `exports.f = () => {}` would leave the function without a name in stack traces. */
export function named(name: string, value: ts.Expression): ts.Expression {
  let inner = value
  while (ts.isParenthesizedExpression(inner) || ts.isAsExpression(inner) || ts.isSatisfiesExpression(inner)) {
    inner = inner.expression
  }
  const anonymous =
    ts.isArrowFunction(inner) ||
    ((ts.isFunctionExpression(inner) || ts.isClassExpression(inner)) && !inner.name)
  if (!anonymous) return value
  const key = () => factory.createStringLiteral(name)
  const box = factory.createObjectLiteralExpression([
    factory.createPropertyAssignment(factory.createComputedPropertyName(key()), value),
  ])
  return factory.createElementAccessExpression(factory.createParenthesizedExpression(box), key())
}
