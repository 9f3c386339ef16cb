// Parameters of a notebook, by papermill's conventions: the cell tagged `parameters` holds the defaults,
// and a cell tagged `injected-parameters` after it holds what a run was given.
import ts from 'typescript'
import { SelmaError } from '../lib/base/errors.ts'
import { codeCell, type Notebook, tagsOf } from './notebook.ts'

/** Declared names of a `parameters` cell, and the type each was annotated with. */
function declaredParameters(code: string): Map<string, string | undefined> {
  const source = ts.createSourceFile('cell.mts', code, ts.ScriptTarget.Latest, true)
  const names = new Map<string, string | undefined>()
  for (const statement of source.statements) {
    if (!ts.isVariableStatement(statement)) continue
    for (const one of statement.declarationList.declarations) {
      if (ts.isIdentifier(one.name)) names.set(one.name.text, one.type?.getText(source))
    }
  }
  return names
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
 * @throws SelmaError `bad-input` for a name that the `parameters` cell does not declare
 */
export function injectParameters(
  notebook: Notebook,
  parameters: Readonly<Record<string, unknown>>,
): Notebook {
  const cells = notebook.cells.filter((one) => !tagsOf(one).includes('injected-parameters'))
  const at = cells.findIndex((one) => one.cell_type === 'code' && tagsOf(one).includes('parameters'))
  const declared = at >= 0 ? declaredParameters(cells[at].source) : undefined
  const lines = Object.entries(parameters).map(([name, value]) => {
    if (declared && !declared.has(name)) {
      throw new SelmaError('bad-input', `the notebook has no parameter ${JSON.stringify(name)}`, {
        hint: `its parameters are: ${[...declared.keys()].join(', ') || 'none'}`,
      })
    }
    if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)) {
      throw new SelmaError('bad-input', `${JSON.stringify(name)} cannot be the name of a parameter`)
    }
    const type = declared?.get(name)
    return `let ${name}${type ? `: ${type}` : ''} = ${literal(name, value)}`
  })
  if (lines.length > 0) {
    cells.splice(at + 1, 0, codeCell(['// Parameters', ...lines].join('\n'), ['injected-parameters']))
  }
  notebook.cells = cells
  return notebook
}
