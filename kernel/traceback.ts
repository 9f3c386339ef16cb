// What went wrong in a cell, as a person reads it: the cell and line, an excerpt, and the frames that are
// theirs. Frames of Node, tslab and this kernel are hidden.
import { SourceMap, type SourceMapPayload } from 'node:module'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { inspect } from 'node:util'
import { shorten } from './display/text.ts'
import { INTERRUPTED } from './executor.ts'
import type { CellDiagnostic, ConvertedCell } from './language/converter.ts'
import type { CellError } from './outputs.ts'

/** A place in a cell; line and column from one. */
interface CellPlace {
  cell: RanCell
  line: number
  column: number
}

interface RanCell {
  code: string
  label: string
  map: string
  prologueLines: number
  parsed?: SourceMap
}

/** Keeps what is needed to name places in the cells that ran. */
export class Tracebacks {
  readonly #cells = new Map<string, RanCell>()
  readonly #cwd: string

  constructor(cwd: string) {
    this.#cwd = cwd
  }

  add(cell: ConvertedCell, code: string, executionCount: number): void {
    const { map, prologueLines } = cell
    this.#cells.set(cell.script, { code, label: `cell [${executionCount}]`, map, prologueLines })
  }

  interrupted(): CellError {
    const evalue = 'the cell was interrupted'
    return { ename: 'Interrupted', evalue, traceback: [`Interrupted: ${evalue}`] }
  }

  /** The script of the innermost cell that an error came from. */
  scriptOf(error: unknown): string | undefined {
    const stack = error instanceof Error ? (error.stack ?? '') : ''
    return /\bselma-cell-\d+-\d+(?=:\d+:\d+)/.exec(stack)?.[0]
  }

  /** The error of something thrown by a cell. */
  thrown(value: unknown): CellError {
    const stopped =
      (value as { code?: unknown } | null | undefined)?.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED'
    if (stopped || (value instanceof Error && value.message === INTERRUPTED)) {
      return this.interrupted()
    }
    if (!(value instanceof Error)) {
      const evalue = shorten(typeof value === 'string' ? value : inspect(value), 5000)
      return { ename: 'Thrown', evalue, traceback: [`Thrown: ${evalue}`] }
    }
    const ename = value.name || value.constructor.name
    const evalue = shorten(value.message, 5000)
    return { ename, evalue, traceback: this.#lines(value, new Set()) }
  }

  /** The error of a cell that did not get through the compiler. */
  diagnosed(diagnostics: readonly CellDiagnostic[], code: string, executionCount: number): CellError {
    const cell = { code, label: `cell [${executionCount}]`, map: '', prologueLines: 0 }
    const ename = diagnostics[0].kind === 'syntax' ? 'SyntaxError' : 'TypeScriptError'
    const traceback = diagnostics
      .slice(0, 10)
      .flatMap(({ line, column, message, code: number }) => [
        `${cell.label}, line ${line}, column ${column}: ${message} (TS${number})`,
        ...excerpt({ cell, line, column }, 0),
      ])
    if (diagnostics.length > 10) traceback.push(`… and ${diagnostics.length - 10} more`)
    const { line, column, message } = diagnostics[0]
    return { ename, evalue: `line ${line}, column ${column}: ${message}`, traceback }
  }

  #lines(error: Error, seen: Set<unknown>): string[] {
    seen.add(error)
    const lines = [`${error.name}: ${shorten(error.message, 5000)}`]
    const hint = (error as { hint?: unknown }).hint
    if (typeof hint === 'string') lines.push(`  hint: ${hint}`)
    const frames = this.#frames(error)
    const first = frames.find((one) => one.place)
    if (first?.place) lines.push('', ...excerpt(first.place, 2), '')
    // An error meant for the reader needs no tour of the library.
    const shown = error.name === 'SelmaError' ? frames.filter((one) => one.place) : frames
    lines.push(...shown.slice(0, 20).map((one) => `    at ${one.text}`))
    if (error.cause instanceof Error && !seen.has(error.cause)) {
      const [head, ...rest] = this.#lines(error.cause, seen)
      lines.push(`caused by ${head}`, ...rest)
    }
    if (error instanceof AggregateError) {
      for (const one of error.errors.slice(0, 5)) {
        if (one instanceof Error && !seen.has(one))
          lines.push(...this.#lines(one, seen).map((line) => `  ${line}`))
      }
    }
    return lines
  }

  #frames(error: Error): { text: string; place?: CellPlace }[] {
    const frames: { text: string; place?: CellPlace }[] = []
    for (const line of (error.stack ?? '').split('\n')) {
      const match = /^\s+at (?:(.*?) \()?(.*?):(\d+):(\d+)\)?$/.exec(line)
      if (!match) continue
      const [, name, file, row, column] = match
      // Below the executor is only what runs cells.
      if (/[\\/]tslab[\\/]dist[\\/]executor\.js$/.test(file)) break
      const script = file.replace(/^async /, '')
      const cell = this.#cells.get(script)
      if (cell) {
        const place = locate(cell, Number(row), Number(column))
        if (!place) continue
        const where = `${cell.label}, line ${place.line}, column ${place.column}`
        const own = name?.replace(/^async /, '').replace(/^(exports|Object)\./, '')
        frames.push({ text: own && own !== 'eval' ? `${own} (${where})` : where, place })
      } else if (!isHidden(file)) {
        const path = file.startsWith('file:') ? fileURLToPath(file) : file
        const near = relative(this.#cwd, path)
        const where = `${near.startsWith('..') ? path : near}:${row}:${column}`
        frames.push({ text: name ? `${name} (${where})` : where })
      }
    }
    return frames
  }
}

const here = new URL('.', import.meta.url)
const herePath = here.protocol === 'file:' ? fileURLToPath(here) : undefined

function isHidden(file: string): boolean {
  if (/^(async )?node:|<anonymous>|evalmachine|\/node_modules\/(tslab|tsx|vitest|@vitest)\//.test(file))
    return true
  return file.startsWith(here.href) || (herePath !== undefined && file.startsWith(herePath))
}

function locate(cell: RanCell, row: number, column: number): CellPlace | undefined {
  cell.parsed ??= new SourceMap(JSON.parse(cell.map) as SourceMapPayload)
  const entry = cell.parsed.findEntry(row - 1 - cell.prologueLines, column - 1)
  if (!('originalLine' in entry)) return undefined
  const line = entry.originalLine + 1
  return line <= cell.code.split('\n').length ? { cell, line, column: entry.originalColumn + 1 } : undefined
}

/** The lines around a place, with a caret under it. */
function excerpt({ cell, line, column }: CellPlace, around: number): string[] {
  const lines = cell.code.split('\n')
  const from = Math.max(1, line - around)
  const to = Math.min(lines.length, line + around)
  const width = String(to).length
  const out: string[] = []
  for (let at = from; at <= to; at++) {
    const text = lines[at - 1].length > 200 ? `${lines[at - 1].slice(0, 200)}…` : lines[at - 1]
    out.push(`${at === line ? '> ' : '  '}${String(at).padStart(width)} | ${text}`)
    if (at === line) out.push(`  ${' '.repeat(width)} | ${' '.repeat(Math.min(column, 200) - 1)}^`)
  }
  return out
}
