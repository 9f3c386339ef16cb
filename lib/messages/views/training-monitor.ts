// What the training monitor and its page say to each other. The numbers themselves travel as bytes beside
// `points` messages, not in the state.
import { z } from 'zod'
import { openMessage, picturesMessage, version } from './common.ts'

const nullableNumber = z.number().nullable()

/** A job as the monitor shows it. */
export const monitoredJob = z.object({
  /** Name of the job's directory. */
  id: z.string(),
  /** What people call it: the expert's name, where there is one. */
  name: z.string(),
  stage: z.string().nullable(),
  /** As lib/jobs has it, and `loading` until the directory was read. */
  state: z.enum([
    'loading',
    'created',
    'queued',
    'running',
    'paused',
    'finished',
    'stopped',
    'failed',
    'interrupted',
  ]),
  progress: z
    .object({ done: z.number(), total: z.number(), unit: z.string(), note: z.string().nullable() })
    .nullable(),
  /** The last value of every metric, by name. */
  latest: z.record(z.string(), nullableNumber),
  secondsLeft: nullableNumber,
  /** The last step that survives a kill. */
  checkpoint: nullableNumber,
  attempt: nullableNumber,
  error: z.object({ message: z.string(), hint: z.string().nullable() }).nullable(),
  /** Pictures drawn on the way, in the order of their making; one is asked for as `<job>:<index>`. */
  images: z.array(z.object({ step: nullableNumber, caption: z.string() })),
})
export type MonitoredJob = z.output<typeof monitoredJob>

export const trainingMonitorState = z.object({ version, title: z.string(), jobs: z.array(monitoredJob) })
export type TrainingMonitorState = z.output<typeof trainingMonitorState>

/** `restart` is for a job that has ended without a result: it goes on from its last saved state. */
export const steering = ['pause', 'resume', 'checkpoint', 'stop', 'restart'] as const
export type Steering = (typeof steering)[number]

/** From the page. */
export const trainingMonitorMessage = z.discriminatedUnion('kind', [
  openMessage,
  picturesMessage,
  z.strictObject({
    version,
    kind: z.literal('steer'),
    job: z.int().nonnegative(),
    command: z.enum(steering),
  }),
])
export type TrainingMonitorMessage = z.output<typeof trainingMonitorMessage>

/** A stretch of one curve: points from `from` on replace what the page has there and beyond. */
export interface Stretch {
  job: number
  metric: string
  from: number
  /** How many points; their steps and values are the next two buffers, Float64 little-endian each. */
  count: number
}

/** To the page. */
export type TrainingMonitorAnswer =
  /** New points; all there are, from 0, in answer to `open`, whose `view` it then names. */
  | { version: 1; kind: 'points'; view: string | null; stretches: Stretch[] }
  /** What was asked of a job has happened. */
  | { version: 1; kind: 'steered'; job: number; command: Steering }
