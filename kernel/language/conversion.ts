// What the converter makes of cells, and what it can be asked. Only types: `converter.ts` does it.
import type ts from 'typescript'
import type { FoundMagics } from '../magics/find.ts'
import type { CellDiagnostic } from './diagnostics.ts'
import type { NameKind } from './names.ts'

/** A converted cell. `script` is its name in stack traces. */
export interface ConvertedCell {
  script: string
  output: string
  /** Source map (JSON) from `output`'s lines after the first `prologueLines` to the cell. */
  map: string
  prologueLines: number
  declared: Map<string, NameKind>
}

/** Every name in reach, imported into one file that changes only when a cell has run. */
export interface Scope {
  checker: ts.TypeChecker
  source: ts.SourceFile
}

/** A cell being typed, as a file that the language service knows. */
export interface Probe {
  service: ts.LanguageService
  path: string
  /** Where the code begins in that file: what it can see stands before it, out of reach of open brackets. */
  offset: number
  /** True for the files that stand for cells. */
  isCell(path: string): boolean
}

export interface Converter {
  /**
   * Converts a cell, or says what is wrong with it. Nothing is remembered until `commit`.
   *
   * @throws SelmaError `bad-input` for a magic that does not exist or stands where it cannot work
   */
  convert(code: string): { cell?: ConvertedCell; diagnostics: CellDiagnostic[] }
  /** From now on later cells see these of the cell's names (all by default). */
  commit(cell: Pick<ConvertedCell, 'script' | 'declared'>, names?: Iterable<string>): void
  /** `commit` for a cell that ran elsewhere: nothing is checked or emitted. */
  adopt(code: string, names?: Iterable<string>): void
  /** Looks for packages anew: some may have been installed or removed. */
  refresh(): void
  /** A file with `code` in it and every name in reach imported, for completion and inspection. */
  probe(code: string): Probe
  /**
   * What a new, empty cell would see, less the names of the library that nobody typed yet; kept until a cell
   * changes it.
   */
  scope(): Scope
  /** Puts a name of the library into the scope. @returns whether it is one, and was not there */
  reach(name: string): boolean
  /** The cell as TypeScript, as long as before, and the magics that it had. */
  magicsOf(code: string): FoundMagics
  /** Names of the preloaded modules, and of what cells declared. */
  names(): { preloaded: ReadonlySet<string>; declared: ReadonlySet<string> }
  close(): void
}
