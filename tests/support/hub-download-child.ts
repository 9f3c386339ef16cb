// A process that downloads one snapshot: its options come as JSON in the first argument. Prints the snapshot.
import { downloadSnapshot } from '../../lib/hub/index.ts'

console.log(JSON.stringify(await downloadSnapshot({ ...JSON.parse(process.argv[2]), env: {}, token: false })))
