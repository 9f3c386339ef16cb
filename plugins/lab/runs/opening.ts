// The text of a cell that opens a job again.
import type { Run } from '../jobs/run.ts'

/** A string literal of TypeScript. */
const literal = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`

/** @param path of the job's directory, relative to the notebook's folder */
export function openingCell({ stage, state }: Pick<Run, 'stage' | 'state'>, path: string): string {
  const open = `const job = await openJob(${literal(path)})`
  if (stage === 'train') return `${open}\nwidgets.trainingMonitor(job)`
  return state === 'finished' ? `${open}\nawait job.result()` : `${open}\nawait job.status()`
}
