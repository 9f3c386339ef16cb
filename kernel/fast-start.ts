// What makes a process that runs cells start sooner: code that was compiled by an earlier start, and TypeScript
// loaded as what it is. Nothing here is needed; where Node cannot do it, everything is loaded the ordinary way.
import module from 'node:module'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The parts of `node:module` that Node 20 does not have. */
interface Newer {
  enableCompileCache?(folder: string): unknown
  registerHooks?(hooks: { resolve: Resolve }): { deregister(): void }
}
type Next = (specifier: string, context?: unknown) => { url: string; format?: string | null }
type Resolve = (specifier: string, context: unknown, next: Next) => ReturnType<Next>

const { enableCompileCache, registerHooks } = module as unknown as Newer

/**
 * Keeps compiled code for the next start, in a folder that only this user writes to: `NODE_COMPILE_CACHE`, else
 * beside what else SELMA keeps (`SELMA_HOME`), else the user's cache. `NODE_DISABLE_COMPILE_CACHE=1` turns it off.
 *
 * @returns what worker threads need in their environment to do the same
 */
export function keepCompiledCode(): { NODE_COMPILE_CACHE?: string } {
  const { NODE_COMPILE_CACHE, SELMA_HOME, XDG_CACHE_HOME } = process.env
  const home = SELMA_HOME || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'selma')
  const folder = NODE_COMPILE_CACHE || join(home, 'compiled')
  enableCompileCache?.(folder)
  return enableCompileCache ? { NODE_COMPILE_CACHE: folder } : {}
}

/**
 * Loads TypeScript. Its package does not say that it is CommonJS, so an `import` would first read all 9 MB of it
 * in search of an `export`, and keep that text a second time.
 */
export async function loadTypescript(): Promise<void> {
  const hooks = registerHooks?.({
    resolve(specifier, context, next) {
      const found = next(specifier, context)
      return specifier === 'typescript' ? { ...found, format: 'commonjs' } : found
    },
  })
  try {
    await import('typescript')
  } finally {
    hooks?.deregister()
  }
}
