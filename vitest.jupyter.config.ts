// `npm run test:jupyter`: the kernel under Jupyter's own software. Runs in the environment that
// `npm run lab -- --prepare-only` makes, or with the interpreter that SELMA_JUPYTER_PYTHON names.
import { kindOfTests } from './tests/support/vitest-kind.ts'

export default kindOfTests('jupyter', 900_000)
