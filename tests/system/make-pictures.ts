// Makes pictures in a job folder and prints how it ended, as JSON. Run as an unprivileged user by
// write-errors.system.test.ts:   make-pictures.ts ROOT
import { SelmaError } from '../../lib/base/errors.ts'
import { imagesStage } from '../../lib/images/index.ts'
import { run } from '../../lib/jobs/index.ts'

const [root] = process.argv.slice(2)
try {
  const result = await run(
    imagesStage,
    { model: 'shapes', prompts: [{ text: 'a red square' }], steps: 1, guidance: 1 },
    { root, inline: true },
  )
  console.log(JSON.stringify({ state: 'finished', result }))
} catch (error) {
  const { code, message, hint } = error as SelmaError
  console.log(JSON.stringify({ state: 'failed', known: error instanceof SelmaError, code, message, hint }))
}
