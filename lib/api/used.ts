// What a program used of the library: each stage it called, each model, data set and expert it opened, as a
// report's provenance needs it. Told to whoever listens (a notebook run headless), kept by nobody here.
import type { z } from 'zod'
import { sha256 } from '../base/files.ts'
import { readJobFile, readResultFile } from '../jobs/directory.ts'
import { hashInput, type Job, type Stage } from '../jobs/index.ts'
import { canonicalJson } from '../jobs/job-name.ts'
import { locateModel } from '../shapes/models.ts'

/** What a thing is called, and the hash of its content (SHA-256, hex). */
export interface Hashed {
  name: string
  hash: string
}

/** One use of the library. Plain JSON. */
export interface Use {
  /** `prompts`, `images`, `train`, `merge`, `evaluate`, `draw`; or `load` for something opened. */
  stage: string
  state: 'started' | 'finished' | 'failed' | 'stopped'
  /** When it was computed, ISO 8601. */
  when: string
  /** It was there already. */
  cached?: boolean
  /** Computing it took so long, s. */
  seconds?: number
  /** Every resolved setting under its dotted name; long ones as their size and hash. No paths. */
  settings?: Record<string, unknown>
  /** Defaults of those settings that have one. */
  defaults?: Record<string, unknown>
  base?: Hashed
  /** Prompts, data or experts that came out, or were opened. */
  made?: Hashed & { kind: 'prompts' | 'data' | 'expert' }
  testSet?: Hashed
  judge?: string
  /** Who wrote prompts; the offline writer is no language model. */
  writer?: { name: string; kind: string; costUSD?: number; tokens?: number }
}

const listeners = globalThis as { [key: symbol]: ((use: Use) => void) | undefined }
/** Where a listener sits: a function that is given each `Use`. By name, for a process may hold the library twice. */
const place = Symbol.for('selma.used')

/** Tells what was used; `describe` is called only when somebody listens, and may fail without harm. */
export async function tellUse(describe: () => Promise<Use> | Use): Promise<void> {
  const listener = listeners[place]
  if (!listener) return
  try {
    listener(await describe())
  } catch {
    // What cannot be described (a folder gone meanwhile) is not worth the failure of what it describes.
  }
}

/** A value short enough to be shown: lists of things and long texts become their size and hash. */
function short(value: unknown): unknown {
  if (typeof value === 'string')
    return value.length > 160 ? `${value.length} characters, ${hashOf(value)}` : value
  if (!Array.isArray(value)) return value
  const plain = value.every((one) => typeof one !== 'object' && String(one).length <= 160)
  return plain && value.length <= 12 ? value : `${value.length} items, ${hashOf(value)}`
}

const hashOf = (value: unknown): string => sha256(canonicalJson(value)).slice(0, 12)

/** Settings under dotted names. */
export function flatten(value: unknown, prefix = ''): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { [prefix]: short(value) }
  return Object.assign(
    {},
    ...Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([name, inner]) => flatten(inner, prefix ? `${prefix}.${name}` : name)),
  )
}

/** What a schema of settings fills in by itself. */
function defaultsOf(schema: z.ZodType): Record<string, unknown> {
  const { shape } = schema as { shape?: Record<string, z.ZodType> }
  const filled = Object.entries(shape ?? {}).flatMap(([name, field]) => {
    const parsed = field.safeParse(undefined)
    return parsed.success && parsed.data !== undefined ? [[name, parsed.data]] : []
  })
  return flatten(Object.fromEntries(filled))
}

interface Named {
  model?: string
  questions?: { name: string; items: readonly unknown[] }
}

/** A job as a use. @param more what only its stage knows of the result */
export async function jobUse<Settings, Result, Input>(
  stage: Stage<Settings, Result, Input>,
  job: Job<Result>,
  state: Use['state'],
  more: Partial<Use> = {},
): Promise<Use> {
  const [file, done] = await Promise.all([readJobFile(job.dir), readResultFile(job.dir)])
  const settings = stage.settings.parse(file?.settings)
  const { model, questions } = settings as Named
  return {
    stage: stage.name,
    state,
    when: done?.when ?? new Date().toISOString(),
    ...(job.cached ? { cached: true } : {}),
    ...(done?.seconds === undefined ? {} : { seconds: done.seconds }),
    settings: flatten(stage.identity?.(settings) ?? settings),
    defaults: defaultsOf(stage.settings),
    ...(model === undefined || file?.inputs.model === undefined
      ? {}
      : { base: { name: locateModel(model).name, hash: file.inputs.model } }),
    ...(questions === undefined
      ? {}
      : {
          testSet: {
            name: `${questions.name}, ${questions.items.length} prompts`,
            hash: sha256(canonicalJson(questions.items)),
          },
        }),
    ...more,
  }
}

/** Tells of a file or folder that was opened. */
export function tellOpened(kind: 'prompts' | 'data' | 'expert', name: string, path: string): Promise<void> {
  return tellUse(async () => ({
    stage: 'load',
    state: 'finished',
    when: new Date().toISOString(),
    made: { kind, ...(await hashed(name, path)) },
  }))
}

/** Something made or opened, by the content of its file or folder. */
export async function hashed(name: string, path: string): Promise<Hashed> {
  return { name, hash: await hashInput(path) }
}
