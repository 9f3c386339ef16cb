// The lines of a job's events.jsonl, one JSON object each: what a live chart or a progress bar reads.
// Not the job's state: a killed process writes no last line (see process-file.ts).
import { z } from 'zod'
import { errorMessage } from './error.ts'

const common = {
  version: z.literal(1),
  /** ISO 8601, UTC. */
  time: z.iso.datetime(),
}

const count = z.number().nonnegative()

export const jobEvent = z.discriminatedUnion('type', [
  /** Waits for its turn; `ahead` jobs go first. */
  z.object({ ...common, type: z.literal('queued'), ahead: z.int().nonnegative() }),
  /**
   * The stage's code begins. `attempt` counts from 1; from 2 on the job goes on from its last saved state,
   * so that steps after that state appear a second time (the later line counts).
   */
  z.object({ ...common, type: z.literal('started'), attempt: z.int().positive() }),
  z.object({
    ...common,
    type: z.literal('progress'),
    done: count,
    total: count,
    unit: z.string(),
    note: z.string().optional(),
  }),
  /** Numbers to be charted over `step`, e.g. loss, lr, stepsPerSecond. JSON has no NaN: it is written null. */
  z.object({
    ...common,
    type: z.literal('metrics'),
    step: count,
    values: z.record(z.string(), z.number().nullable()),
  }),
  /** A picture worth looking at; `path` is relative to the job directory, with forward slashes. */
  z.object({
    ...common,
    type: z.literal('image'),
    path: z.string(),
    caption: z.string(),
    step: count.optional(),
  }),
  /** Everything up to `step` survives a kill; `path` as for pictures. */
  z.object({ ...common, type: z.literal('checkpoint'), step: count, path: z.string().optional() }),
  z.object({ ...common, type: z.literal('log'), level: z.enum(['info', 'warn', 'error']), text: z.string() }),
  z.object({ ...common, type: z.literal('paused') }),
  z.object({ ...common, type: z.literal('resumed') }),
  z.object({ ...common, type: z.literal('stopped') }),
  z.object({ ...common, type: z.literal('failed'), error: errorMessage }),
  z.object({ ...common, type: z.literal('finished'), seconds: count }),
])

export type JobEvent = z.output<typeof jobEvent>
export type JobEventType = JobEvent['type']
/** The event of one type, e.g. `JobEventOf<'metrics'>`. */
export type JobEventOf<Type extends JobEventType> = Extract<JobEvent, { type: Type }>

type WithoutCommon<Event> = Event extends unknown ? Omit<Event, 'version' | 'time'> : never
/** What a stage emits: version and time are added when it is written. */
export type JobEventInput = WithoutCommon<JobEvent>

/** Reads one line; `undefined` for what is no event: a line cut off by a kill, or a type of a later version. */
export function parseJobEvent(line: string): JobEvent | undefined {
  try {
    return jobEvent.safeParse(JSON.parse(line)).data
  } catch {
    return undefined
  }
}
