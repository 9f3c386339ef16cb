// The file in memory where a cell is checked before it runs. It sees earlier cells and the library through one
// other module, so its imports are always the same: the compiler then takes its last program over and need not
// look at every file again, which is three quarters of the work for a cell that declares nothing. Not where cells
// stay: what later cells use of one is a file of its own (`converter.ts`).
import type { CellService } from './service.ts'

/** What a cell calls the module that it sees the others through. */
const SHARED = '__selma_shared'

/** What a cell mentions of earlier cells and the library. */
export interface Mentioned {
  /** Names that stand for what they did when they were declared. */
  fixed: readonly string[]
  /** `let` and `var` of earlier cells, which it may assign to. */
  variables: readonly string[]
}

export interface Place {
  readonly path: string
  /** Puts a cell there. @param exports its names, so that the checker knows their types */
  put(code: string, mentioned: Mentioned, exports: readonly string[]): void
  /** Leaves it empty. */
  clear(): void
  /** Says which names can be seen from there, each with the file it comes from. */
  share(names: Iterable<readonly [name: string, path: string]>): void
  /** Both files, which a program has to start from. */
  readonly roots: readonly string[]
}

/** @param path of the place and @param shared of the module it sees others through: of no other file */
export function createPlace(cells: CellService, path: string, shared: string): Place {
  const from = JSON.stringify(shared)
  let seen: string | undefined
  const text = (code: string, { fixed, variables }: Mentioned, exports: readonly string[]) =>
    [
      code,
      `;import { ${fixed.join(', ')} } from ${from}`,
      `import type * as ${SHARED} from ${from}`,
      ...variables.map((name) => `declare let ${name}: typeof ${SHARED}.${name}`),
      `export { ${exports.join(', ')} }`,
    ].join('\n')

  const place: Place = {
    path,
    roots: [path, shared],
    put: (code, mentioned, exports) => cells.set(path, text(code, mentioned, exports)),
    clear: () => cells.set(path, text('', { fixed: [], variables: [] }, [])),
    share(names) {
      const byPath = new Map<string, string[]>()
      for (const [name, file] of names) byPath.set(file, [...(byPath.get(file) ?? []), name])
      const lines = [...byPath].map(
        ([file, list]) => `export { ${list.join(', ')} } from ${JSON.stringify(file)}`,
      )
      const now = [...lines, 'export {}'].join('\n')
      if (now !== seen) cells.set(shared, now)
      seen = now
    },
  }
  place.clear()
  place.share([])
  cells.roots(place.roots)
  return place
}
