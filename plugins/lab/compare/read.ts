// What a comparison shows of a job: its settings, its numbers over the steps, and what came out of it.
import type { JobFiles } from '../jobs/files.ts'
import { join } from '../jobs/files.ts'
import { duration, oneLine, short } from '../jobs/format.ts'
import { parseEvents, parseJob, parseResult } from '../jobs/parse.ts'
import type { Run } from '../jobs/run.ts'
import { type Series, seriesOf } from './series.ts'
import { flatten } from './settings.ts'

/** Bytes of events that are read; the earliest steps of longer logs are missing. */
const most = 16_000_000

export interface Compared {
  run: Run
  settings: unknown
  series: Map<string, Series>
  /** What result.json says, as short texts by dotted name; long lists are left out. */
  results: Map<string, string>
  /** False when the log is longer than what was read. */
  whole: boolean
}

/** Reads a job's files. What is missing or damaged is missing in the answer. */
export async function readCompared(files: JobFiles, run: Run): Promise<Compared> {
  const read = (name: string, last?: number) => files.read(join(run.path, name), { last })
  const [job, events, result] = await Promise.all([
    read('job.json'),
    read('events.jsonl', most),
    run.state === 'finished' ? read('result.json') : undefined,
  ])
  return {
    run,
    settings: parseJob(job?.text)?.settings,
    series: seriesOf(parseEvents(events?.text ?? '')),
    results: resultsOf(result?.text),
    whole: (events?.text.length ?? 0) < most && (events?.whole !== false || events.text.startsWith('{')),
  }
}

/** The numbers and words of a result, for a table. */
export function resultsOf(text: string | undefined): Map<string, string> {
  const file = parseResult(text)
  if (!file) return new Map()
  const found = new Map<string, string>()
  if (file.seconds !== undefined) found.set('time', duration(file.seconds))
  for (const [name, value] of flatten(file.result)) {
    if (found.size > 40) break
    if (typeof value === 'number') found.set(name, short(value))
    else if (typeof value === 'string' && value.length <= 200) found.set(name, oneLine(value, 80))
    else if (typeof value === 'boolean') found.set(name, String(value))
  }
  return found
}
