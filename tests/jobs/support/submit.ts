// A notebook in another process: `node --import tsx submit.ts ROOT SETTINGS [leave]` starts the sum stage, and
// prints its result, or leaves at once. Waits for a file named `go` in ROOT, so that two can start together.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { start } from '../../../lib/jobs/index.ts'
import { stagesFile } from './help.ts'
import { sumStage } from './stages.ts'

const [root, settings, leave] = process.argv.slice(2)
while (!existsSync(join(root, 'go'))) await sleep(2)
const job = await start(sumStage, JSON.parse(settings), { root, modules: [stagesFile] })
if (leave) process.stdout.write(JSON.stringify({ dir: job.dir }))
else process.stdout.write(JSON.stringify({ cached: job.cached, result: await job.result() }))
