// `npm run test:python`: against PyTorch, diffusers, transformers and peft. SELMA_PYTHON names an interpreter
// with tests/golden/requirements.txt installed; without it python3 is tried.
import { kindOfTests } from './tests/support/vitest-kind.ts'

export default kindOfTests('python', 900_000)
