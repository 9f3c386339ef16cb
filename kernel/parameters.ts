// Parameters of a notebook, by papermill's conventions: the cell tagged `parameters` holds the defaults,
// and a cell tagged `injected-parameters` after it holds what a run was given.
import ts from 'typescript'
import { fail, SelmaError } from '../lib/base/errors.ts'
import { codeCell, type Notebook, tagsOf } from './notebook.ts'

/** What the values of a parameter are, as far as its annotation or default tells. */
export type ParameterKind = 'number' | 'boolean' | 'text' | 'list' | 'object' | 'any'

/** A parameter as the `parameters` cell declares it. */
export interface Parameter {
  name: string
  kind: ParameterKind
  /** The annotation, as it is written. */
  type?: string
  /** The default, as it is written. */
  default?: string
  /** The only values there are, where the annotation lists them. */
  choices?: readonly (string | number | boolean)[]
}

const kindNames: Record<ParameterKind, string> = {
  number: 'a number',
  boolean: 'true or false',
  text: 'a text',
  list: 'a list, as JSON: [1,2]',
  object: 'an object, as JSON: {"a":1}',
  any: 'anything JSON can hold',
}

function literalOf(node: ts.Node): string | number | boolean | undefined {
  if (ts.isLiteralTypeNode(node)) return literalOf(node.literal)
  if (ts.isStringLiteralLike(node)) return node.text
  if (ts.isNumericLiteral(node)) return Number(node.text)
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false
  if (!ts.isPrefixUnaryExpression(node) || node.operator !== ts.SyntaxKind.MinusToken) return undefined
  const value = literalOf(node.operand)
  return typeof value === 'number' ? -value : undefined
}

const kindOfValue = (value: unknown): ParameterKind => {
  if (typeof value === 'number') return 'number'
  if (typeof value === 'boolean') return 'boolean'
  if (typeof value === 'string') return 'text'
  return Array.isArray(value) ? 'list' : typeof value === 'object' && value !== null ? 'object' : 'any'
}

function kindOfType(type: ts.TypeNode): Pick<Parameter, 'kind' | 'choices'> {
  if (ts.isParenthesizedTypeNode(type)) return kindOfType(type.type)
  if (type.kind === ts.SyntaxKind.NumberKeyword) return { kind: 'number' }
  if (type.kind === ts.SyntaxKind.StringKeyword) return { kind: 'text' }
  if (type.kind === ts.SyntaxKind.BooleanKeyword) return { kind: 'boolean' }
  if (ts.isArrayTypeNode(type) || ts.isTupleTypeNode(type)) return { kind: 'list' }
  if (ts.isTypeLiteralNode(type)) return { kind: 'object' }
  if (ts.isTypeOperatorNode(type) && type.operator === ts.SyntaxKind.ReadonlyKeyword)
    return kindOfType(type.type)
  const choices = (ts.isUnionTypeNode(type) ? [...type.types] : [type]).map(literalOf)
  const [first] = choices
  const same = first !== undefined && choices.every((one) => typeof one === typeof first)
  return same ? { kind: kindOfValue(first), choices: choices as string[] } : { kind: 'any' }
}

function kindOfDefault(value: ts.Expression): Pick<Parameter, 'kind' | 'choices'> {
  if (ts.isAsExpression(value) || ts.isSatisfiesExpression(value)) {
    return value.type.getText() === 'const' ? kindOfDefault(value.expression) : kindOfType(value.type)
  }
  if (ts.isParenthesizedExpression(value)) return kindOfDefault(value.expression)
  if (ts.isArrayLiteralExpression(value)) return { kind: 'list' }
  if (ts.isObjectLiteralExpression(value)) return { kind: 'object' }
  if (ts.isTemplateExpression(value)) return { kind: 'text' }
  const literal = literalOf(value)
  return { kind: literal === undefined ? 'any' : kindOfValue(literal) }
}

const placeOf = ({ cells }: Pick<Notebook, 'cells'>): number =>
  cells.findIndex((one) => one.cell_type === 'code' && tagsOf(one).includes('parameters'))

/** The parameters a notebook declares; undefined for a notebook without a cell tagged `parameters`. */
export function declaredParameters(notebook: Pick<Notebook, 'cells'>): Parameter[] | undefined {
  const at = placeOf(notebook)
  if (at < 0) return undefined
  const source = ts.createSourceFile('cell.mts', notebook.cells[at].source, ts.ScriptTarget.Latest, true)
  const found = new Map<string, Parameter>()
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue
    for (const { name, type, initializer } of statement.declarationList.declarations) {
      if (!ts.isIdentifier(name)) continue
      const kind = type
        ? kindOfType(type)
        : initializer
          ? kindOfDefault(initializer)
          : { kind: 'any' as const }
      found.set(name.text, {
        name: name.text,
        ...kind,
        type: type?.getText(source),
        default: initializer?.getText(source),
      })
    }
  }
  return [...found.values()]
}

function parameterNamed(notebook: Pick<Notebook, 'cells'>, name: string): Parameter {
  const declared = declaredParameters(notebook)
  if (!declared)
    fail(
      'bad-input',
      `the notebook takes no parameters, so ${JSON.stringify(name)} cannot be given: no cell is tagged "parameters"`,
      'declare them in a code cell with their defaults (const steps = 10) and give it the tag "parameters"',
    )
  const parameter = declared.find((one) => one.name === name)
  if (parameter) return parameter
  const known = declared.map((one) => one.name).join(', ') || 'none'
  return fail(
    'bad-input',
    `the notebook has no parameter ${JSON.stringify(name)}`,
    `its parameters are: ${known}`,
  )
}

function check({ name, kind, type, choices }: Parameter, value: unknown): void {
  const fits = kind === 'any' || value === null || value === undefined || kindOfValue(value) === kind
  const listed = choices?.map((one) => JSON.stringify(one)).join(', ')
  if (!fits || (choices && !choices.includes(value as string)))
    fail(
      'bad-input',
      `the parameter ${name}${type ? ` (${type})` : ''} cannot be ${JSON.stringify(value)}`,
      `it is ${listed ? `one of ${listed}` : kindNames[kind]}`,
    )
}

/**
 * A value given as text (`-p steps=200`), read as the type that the parameter has.
 *
 * @throws SelmaError `bad-input` for an unknown parameter, or a text that is no such value
 */
export function parameterFromText(notebook: Pick<Notebook, 'cells'>, name: string, text: string): unknown {
  const parameter = parameterNamed(notebook, name)
  const value = readText(parameter.kind, text)
  check(parameter, value)
  return value
}

function readText(kind: ParameterKind, text: string): unknown {
  if (kind === 'text') return text
  if (kind === 'number' && text.trim() !== '' && !Number.isNaN(Number(text))) return Number(text)
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** A value as a TypeScript literal. */
function literal(name: string, value: unknown): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
  }
  if (value === undefined) return 'undefined'
  const text = JSON.stringify(value)
  if (text === undefined) {
    throw new SelmaError('bad-input', `the parameter ${name} is a ${typeof value}`, {
      hint: 'parameters are what JSON can hold: numbers, texts, true or false, null, lists and objects',
    })
  }
  // Valid in JSON, line ends in some readers of source.
  return text.replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')
}

/**
 * Puts a cell with the given values after the `parameters` cell, replacing one of an earlier run.
 *
 * A parameter keeps the type that the `parameters` cell annotates it with.
 *
 * @returns the notebook, changed in place
 * @throws SelmaError `bad-input` for a name that the `parameters` cell does not declare, a notebook without one,
 *   or a value of another kind
 */
export function injectParameters(
  notebook: Notebook,
  parameters: Readonly<Record<string, unknown>>,
): Notebook {
  const lines = Object.entries(parameters).map(([name, value]) => {
    const parameter = parameterNamed(notebook, name)
    const text = literal(name, value)
    check(parameter, value)
    return `let ${name}${parameter.type ? `: ${parameter.type}` : ''} = ${text}`
  })
  const cells = notebook.cells.filter((one) => !tagsOf(one).includes('injected-parameters'))
  if (lines.length > 0) {
    const cell = codeCell(['// Parameters', ...lines].join('\n'), ['injected-parameters'])
    cells.splice(placeOf({ cells }) + 1, 0, cell)
  }
  notebook.cells = cells
  return notebook
}
