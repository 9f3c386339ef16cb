// `npm run test:long`: fuzzing, big files, whole trainings. Minutes, not seconds.
import { kindOfTests } from './tests/support/vitest-kind.ts'

export default kindOfTests('long', 900_000)
