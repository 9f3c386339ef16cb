// Magics in a cell's syntax tree: which empty block stands for which, and the call it becomes.
import ts from 'typescript'
import type { Magic } from './find.ts'

/** What emitted code calls the magics' run-time by. */
export const MAGIC_HELPER = '__selma_magic__'

const factory = ts.factory

/** `__selma_magic__.name(…texts)`; arguments that are no strings are passed as they are. */
export function magicCall(name: string, args: (string | ts.Expression)[]): ts.Expression {
  return factory.createCallExpression(
    factory.createPropertyAccessExpression(factory.createIdentifier(MAGIC_HELPER), name),
    undefined,
    args.map((one) => (typeof one === 'string' ? factory.createStringLiteral(one) : one)),
  )
}

/** Where the magics stand in the tree of a cell. */
export interface PlacedMagics {
  /** The magic that an empty block stands for. */
  at(node: ts.Node): Magic | undefined
  /** The statement a magic becomes; undefined for `%time` and `%%time`, which mark others. */
  statement(magic: Magic): ts.Statement | undefined
  /** The statements with a clock around them. */
  timed(statements: ts.Statement[]): ts.Statement[]
}

/** @param types names and types for `%who` */
export function placeMagics(
  source: ts.SourceFile,
  magics: readonly Magic[],
  types: Record<string, string>,
): PlacedMagics {
  const byStart = new Map(magics.map((one) => [one.start, one]))
  const call = ({ kind, name, text, body }: Magic): ts.Expression | undefined => {
    if (kind === 'shell') return magicCall('shell', [text])
    if (name === 'npm') return magicCall('npm', [text])
    if (name === 'help') return magicCall('help', [])
    if (name === 'who') return magicCall('who', [factory.createIdentifier('exports'), JSON.stringify(types)])
    if (kind === 'cell' && name === 'writefile') return magicCall('writefile', [text, body])
    if (kind === 'cell' && name !== 'time') return magicCall('show', [name, body])
    return undefined
  }
  let clocks = 0
  return {
    at: (node) => magicAt(node, source, byStart),
    statement(magic) {
      const made = call(magic)
      return made && factory.createExpressionStatement(factory.createAwaitExpression(made))
    },
    timed(statements) {
      const clock = `__selma_clock_${++clocks}__`
      const declaration = factory.createVariableDeclaration(
        clock,
        undefined,
        undefined,
        magicCall('clock', []),
      )
      const stop = factory.createCallExpression(factory.createIdentifier(clock), undefined, [])
      return [
        factory.createVariableStatement(
          undefined,
          factory.createVariableDeclarationList([declaration], ts.NodeFlags.Const),
        ),
        ...statements,
        factory.createExpressionStatement(stop),
      ]
    },
  }
}

function magicAt(node: ts.Node, source: ts.SourceFile, byStart: Map<number, Magic>): Magic | undefined {
  return ts.isBlock(node) && node.statements.length === 0 ? byStart.get(node.getStart(source)) : undefined
}

/**
 * The first magic that stands where it cannot work, and why: in a function that is not async, or a `%time`
 * that is not at the top of the cell or has nothing after it.
 */
export function misplaced(
  source: ts.SourceFile,
  magics: readonly Magic[],
): { magic: Magic; why: string } | undefined {
  const byStart = new Map(magics.map((one) => [one.start, one]))
  let found: { magic: Magic; why: string } | undefined
  const visit = (node: ts.Node, waits: boolean): void => {
    const magic = magicAt(node, source, byStart)
    if (magic && !waits) found ??= { magic, why: 'a magic inside a function needs that function to be async' }
    if (magic?.name === 'time' && magic.kind === 'line') {
      const statements: readonly ts.Node[] = ts.isSourceFile(node.parent) ? node.parent.statements : []
      const next = statements[statements.indexOf(node) + 1]
      const line = (one: ts.Node) => source.getLineAndCharacterOfPosition(one.getStart(source)).line
      if (!ts.isSourceFile(node.parent)) found ??= { magic, why: '%time stands at the top of a cell only' }
      else if (!next || line(next) !== line(node))
        found ??= { magic, why: '%time needs a statement on its line' }
    }
    let inner = waits
    if (ts.isFunctionLike(node)) {
      const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined
      inner = modifiers?.some((one) => one.kind === ts.SyntaxKind.AsyncKeyword) ?? false
    } else if (ts.isClassStaticBlockDeclaration(node) || ts.isModuleBlock(node)) inner = false
    ts.forEachChild(node, (child) => visit(child, inner))
  }
  visit(source, true)
  return found
}
