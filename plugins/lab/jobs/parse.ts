// The files of a job, read without trusting them: a file may be cut off, damaged, or of a later version. The schemas
// are lib/messages; here is only as much checking as a panel needs, because a browser has no use for all of zod.
import type {
  ControlFile,
  ErrorMessage,
  JobEvent,
  JobFile,
  ProcessFile,
} from '../../../lib/messages/index.ts'

type Fields = Record<string, unknown>

const isRecord = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function parseRecord(text: string | undefined): Fields | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value)

/** What the panel shows of job.json. */
export type JobFacts = Pick<JobFile, 'stage' | 'settings' | 'inputs' | 'hash'> & {
  created?: string
  cwd?: string
}

export function parseJob(text: string | undefined): JobFacts | undefined {
  const file = parseRecord(text)
  if (!file || !isText(file.stage) || !isText(file.hash)) return undefined
  const recorded = isRecord(file.recorded) ? file.recorded : {}
  const inputs = isRecord(file.inputs) ? Object.entries(file.inputs) : []
  return {
    stage: file.stage,
    hash: file.hash,
    settings: file.settings,
    inputs: Object.fromEntries(inputs.filter((entry): entry is [string, string] => isText(entry[1]))),
    ...(isText(recorded.created) && { created: recorded.created }),
    ...(isText(recorded.cwd) && { cwd: recorded.cwd }),
  }
}

export type ProcessFacts = Pick<ProcessFile, 'attempt' | 'control' | 'ended' | 'inline' | 'host' | 'pid'>

export function parseProcess(text: string | undefined): ProcessFacts | undefined {
  const file = parseRecord(text)
  if (!file || !isNumber(file.pid) || !isText(file.host) || !isNumber(file.attempt)) return undefined
  return {
    pid: file.pid,
    host: file.host,
    attempt: file.attempt,
    inline: file.inline === true,
    ...(isText(file.control) && { control: file.control }),
    ...(isText(file.ended) && { ended: file.ended }),
  }
}

export function parseError(text: string | undefined): ErrorMessage | undefined {
  const file = parseRecord(text)
  if (!file || !isText(file.code) || !isText(file.message)) return undefined
  const { code, message, hint } = file
  return { code: code as ErrorMessage['code'], message, ...(isText(hint) && { hint }) }
}

export interface ResultFacts {
  when?: string
  seconds?: number
  result: unknown
}

export function parseResult(text: string | undefined): ResultFacts | undefined {
  const file = parseRecord(text)
  if (!file || !('result' in file)) return undefined
  return {
    result: file.result,
    ...(isText(file.when) && { when: file.when }),
    ...(isNumber(file.seconds) && { seconds: file.seconds }),
  }
}

export function parseControl(text: string | undefined): ControlFile | undefined {
  const file = parseRecord(text)
  if (!file || !isText(file.id) || !['run', 'pause', 'checkpoint', 'stop'].includes(String(file.command)))
    return undefined
  return { version: 1, command: file.command as ControlFile['command'], id: file.id }
}

/** What must be there for the panel to use an event of that type. */
const fields: Partial<Record<JobEvent['type'], (event: Fields) => boolean>> = {
  started: ({ attempt }) => isNumber(attempt),
  progress: ({ done, total, unit }) => isNumber(done) && isNumber(total) && isText(unit),
  metrics: ({ step, values }) => isNumber(step) && isRecord(values),
  checkpoint: ({ step }) => isNumber(step),
  failed: ({ error }) => isRecord(error) && isText(error.message),
}

/** Lines of events.jsonl; what is no event (a line that was cut off, a type of a later version) is left out. */
export function parseEvents(text: string): JobEvent[] {
  const events: JobEvent[] = []
  for (const line of text.split('\n')) {
    const event = line === '' ? undefined : parseRecord(line)
    if (event?.version !== 1 || !isText(event.type) || !isText(event.time)) continue
    if (fields[event.type as JobEvent['type']]?.(event) ?? true) events.push(event as unknown as JobEvent)
  }
  return events
}
