// `npm run test:system`: real full disks and real missing permissions. Mounting needs root; what cannot be
// done here is skipped, with its reason in the name of the test.
import { kindOfTests } from './tests/support/vitest-kind.ts'

export default kindOfTests('system', 300_000)
