// One job as the panel shows it, and reading it: only the files that have changed, and of the events only the end.
import type { ErrorMessage, JobEvent, JobState } from '../../../lib/messages/index.ts'
import { type FileEntry, type JobFiles, join } from './files.ts'
import { oneLine } from './format.ts'
import { type JobFacts, type ProcessFacts, parseError, parseEvents, parseJob, parseProcess } from './parse.ts'
import { isLive, runState } from './state.ts'

/** Bytes of events.jsonl that are read for the state, as lib/jobs does. */
const tail = 131_072

export interface Run {
  /** The directory, as Jupyter names it. */
  path: string
  /** Name of the directory. */
  id: string
  state: JobState
  /** No sign of life for so long, milliseconds; only when that is long. */
  silent?: number
  stage: string
  /** What the person called it; may be empty. */
  name: string
  /** ISO 8601. */
  created?: string
  /** Milliseconds since 1970, server's clock: the last event, else the last change. */
  updated: number
  progress?: { done: number; total: number; unit: string; note?: string }
  loss?: number
  error?: ErrorMessage
  /** Bytes of all its files, once they have been counted. */
  size?: number
  /** The id in control.json that it last acted on. */
  acted?: string
}

/** What is remembered of a job between two looks. */
export interface Known {
  run: Run
  modified: number
  sizes: Record<string, number>
  job?: JobFacts
  process?: ProcessFacts
  error?: ErrorMessage
  events: JobEvent[]
  entries: FileEntry[]
}

/** What a person called the job, from its settings. */
export function nameOf(settings: unknown): string {
  const record = (value: unknown): Record<string, unknown> =>
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  const { name, skill, prompts, model } = record(settings)
  const called = [name, record(skill).name].find((one) => typeof one === 'string' && one !== '')
  if (typeof called === 'string') return oneLine(called, 120)
  const first = Array.isArray(prompts) ? record(prompts[0]).text : undefined
  if (typeof first === 'string') return oneLine(first, 120)
  return typeof model === 'string' ? oneLine(model.split(/[\\/]/).at(-1) ?? '', 120) : ''
}

/**
 * Looks at a job.
 *
 * @param entry of its directory
 * @param before from the last look; what cannot have changed since is not read again
 * @param clock the server's, milliseconds
 * @returns undefined when the directory has gone
 */
export async function readRun(
  files: JobFiles,
  path: string,
  entry: FileEntry,
  { before, clock }: { before?: Known; clock: { now: () => number; hear: (serverTime?: number) => void } },
): Promise<Known | undefined> {
  const same = before?.modified === entry.modified
  const entries = await files.list(path)
  if (!entries) return undefined
  const find = (name: string) => entries.find((one) => one.name === name && !one.folder)
  const text = async (name: string, last?: number): Promise<string | undefined> => {
    if (!find(name)) return undefined
    const answer = await files.read(join(path, name), { last })
    clock.hear(answer?.serverTime)
    return answer?.text
  }
  // Files that are written whole change the directory's time; the heartbeat and new events do not.
  const job = before?.job ?? parseJob(await text('job.json'))
  const process = same ? before?.process : parseProcess(await text('process.json'))
  const error = same ? before?.error : parseError(await text('error.json'))
  const size = find('events.jsonl')?.size ?? 0
  const unchanged = before !== undefined && before.sizes.events === size
  const events = unchanged ? before.events : parseEvents((await text('events.jsonl', tail)) ?? '')
  const parts = { process, heartbeat: find('process.json')?.modified, error, events }
  const { state, silent } = runState({
    ...parts,
    hasResult: find('result.json') !== undefined,
    now: clock.now(),
  })
  const run = describe({ path, entry, state, silent, job, process, error, events, before: before?.run })
  return { run, modified: entry.modified, sizes: { events: size }, job, process, error, events, entries }
}

function describe(known: {
  path: string
  entry: FileEntry
  state: JobState
  silent?: number
  job?: JobFacts
  process?: ProcessFacts
  error?: ErrorMessage
  events: readonly JobEvent[]
  before?: Run
}): Run {
  const { path, entry, state, silent, job, process, error, events, before } = known
  const progress = events.findLast((event) => event.type === 'progress')
  const loss = events.findLast((event) => event.type === 'metrics' && typeof event.values.loss === 'number')
  const lastEvent = Date.parse(events.at(-1)?.time ?? '')
  return {
    path,
    id: entry.name,
    state,
    stage: job?.stage ?? entry.name.replace(/-[0-9a-f]{16}$/, ''),
    name: nameOf(job?.settings),
    updated: Number.isFinite(lastEvent) ? lastEvent : entry.modified,
    ...(silent !== undefined && { silent }),
    ...(job?.created && { created: job.created }),
    ...(progress && {
      progress: {
        done: progress.done,
        total: progress.total,
        unit: oneLine(progress.unit, 40),
        ...(typeof progress.note === 'string' && { note: oneLine(progress.note, 120) }),
      },
    }),
    ...(loss?.type === 'metrics' && { loss: loss.values.loss as number }),
    ...(state === 'failed' && error && { error }),
    ...(process?.control && { acted: process.control }),
    ...(before?.size !== undefined && { size: before.size }),
  }
}

/** Whether another look can find something new though the directory's time is the same. */
export const mayChange = ({ run }: Known): boolean => isLive(run.state) || run.state === 'interrupted'

/** Folders below a job that are looked into for its size; a picture set is one folder. */
const mostFolders = 60

/** Bytes of all files of a job. */
export async function sizeOfRun(files: JobFiles, { run, entries }: Known): Promise<number> {
  let total = 0
  let looked = 0
  const waiting: [string, FileEntry[]][] = [[run.path, entries]]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const [folder, inside] = next
    for (const entry of inside) {
      if (!entry.folder) total += entry.size ?? 0
      else if (looked++ < mostFolders) {
        const path = join(folder, entry.name)
        waiting.push([path, (await files.list(path)) ?? []])
      }
    }
  }
  return total
}
