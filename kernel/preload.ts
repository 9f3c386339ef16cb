// What every cell has in scope without an import. Only the paths: nothing is loaded before a cell mentions it.
import { ownModule } from '../lib/base/own-file.ts'

/** A module whose exports cells have in scope, or several; absolute paths. */
export type Preload = string | readonly string[]

/** The library, and the widgets. */
export const defaultPreload: readonly string[] = [
  ownModule('../lib/index.ts', import.meta.url),
  ownModule('./cell-widgets.ts', import.meta.url),
]
