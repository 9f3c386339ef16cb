// Completion and inspection apart from execution: an assistant is told what ran and answers what could be
// typed next. It holds no values and runs nothing, so that a worker thread can host it while the thread of
// the cells is busy.

import type { Preload } from '../preload.ts'
import { type Completion, complete, inspectAt } from './assist.ts'
import { createConverter } from './converter.ts'

export interface AssistantOptions {
  /** Folder that imports and relative paths start from. */
  cwd: string
  /** Absolute path of the module whose exports every cell has in scope. */
  preload?: Preload
}

export interface Assistant {
  /**
   * Tells it the source of a cell that ran. Never throws: a cell that cannot be read adds nothing.
   *
   * @param names those of the cell's names that later cells see; all by default. A cell that failed half-way
   * has fewer.
   */
  commit(code: string, names?: Iterable<string>): void
  /** Packages may have been installed: look for them anew. */
  refresh(): void
  /** What could stand at `position` (a UTF-16 offset). */
  complete(code: string, position: number): Completion
  /**
   * What is at `position`: type and documentation, or undefined.
   *
   * @param detail 1 adds where it is declared; default 0
   */
  inspect(code: string, position: number, detail?: 0 | 1): string | undefined
  close(): void
}

/** An assistant that has seen no cell yet. The first answer takes about a second: it loads the types. */
export function createAssistant({ cwd, preload }: AssistantOptions): Assistant {
  const converter = createConverter({ cwd, preload })
  return {
    commit: (code, names) => converter.adopt(code, names),
    refresh: () => converter.refresh(),
    complete: (code, position) => complete(converter, code, position),
    inspect: (code, position, detail = 0) => inspectAt(converter, code, position, detail),
    close: () => converter.close(),
  }
}
