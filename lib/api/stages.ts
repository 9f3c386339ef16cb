// The stages as calls: each in two forms, one that waits and gives the result, one that starts a
// job and gives its handle. Settings are the stages' own; what is added is that handles go in and
// come out instead of paths.
import { basename, join } from 'node:path'
import { fail } from '../base/errors.ts'
import { sha256 } from '../base/files.ts'
import { type ImageRecord, readImageFolder } from '../data/imagefolder.ts'
import { type PromptRecord, readPromptFile } from '../data/prompt-file.ts'
import {
  copyRecording,
  type TrainOptions,
  type TrainResult,
  type TrainSettings,
  trainStage,
} from '../experts/index.ts'
import { saveLora } from '../formats/lora-files.ts'
import { decodePng } from '../formats/png.ts'
import { type ImagesResult, type ImagesSettings, imagesStage } from '../images/index.ts'
import { hashInput, type Job, jobsRoot } from '../jobs/index.ts'
import { merge as mergeLoras } from '../merging/index.ts'
import type { MergeOptions } from '../merging/options.ts'
import { ImageGrid } from '../plots/index.ts'
import type { Skill } from '../prompts/index.ts'
import { type PromptsResult, type PromptsSettings, promptsStage } from '../prompts/stage.ts'
import { begin, type CallOptions, call, type Where } from './call.ts'
import { bundleOf, displaySymbol, type MimeBundle, origin, tableBundle } from './display.ts'
import { Expert } from './expert.ts'
import type { T2I } from './t2i.ts'
import { flatten, hashed, tellOpened, tellUse } from './used.ts'

export type { CallOptions }

/** A language model to write prompts: the offline writer, or an OpenAI-compatible one. */
export type Writer = PromptsSettings['writer']
/** An OpenAI-compatible model; the key comes from OPENAI_API_KEY. */
export const openai = (model: string, options: { baseURL?: string } = {}): Writer => ({
  openai: model,
  ...options,
})
/** The writer of the embedded world. It is no language model. */
export const offline = 'offline' as const

/** Prompts that teach a skill. */
export class Prompts {
  readonly skill: string
  readonly records: readonly PromptRecord[]
  readonly note: string
  readonly result?: PromptsResult

  constructor(skill: string, records: readonly PromptRecord[], note: string, result?: PromptsResult) {
    this.skill = skill
    this.records = records
    this.note = note
    this.result = result
  }

  get length(): number {
    return this.records.length
  }

  /** Prompts from a JSONL file, one `{"text": …}` a line. @throws SelmaError naming file and line */
  static async read(path: string): Promise<Prompts> {
    const records = await readPromptFile(path)
    await tellOpened('prompts', basename(path), path)
    return new Prompts(records[0]?.skill ?? 'prompts', records, `read from ${path}`)
  }

  [displaySymbol](): MimeBundle {
    const stats = this.result?.stats
    const head = `${this.records.length} prompts for ${this.skill}, by ${this.result?.llm.name ?? 'hand'}, ${this.note}`
    const rejected = stats
      ? Object.entries(stats.rejected)
          .filter(([, n]) => n > 0)
          .map(([why, n]) => `${n} ${why}`)
      : []
    const foot = rejected.length > 0 ? `rejected: ${rejected.join(', ')}` : 'none rejected'
    return tableBundle({
      title: head,
      columns: [{ title: 'the first prompts' }],
      rows: this.records.slice(0, 8).map(({ text }, i) => ({ label: String(i + 1), cells: [text] })),
      notes: [foot],
    })
  }
}

const promptSettings = (
  skill: Skill,
  options: Omit<PromptsSettings, 'skill'> & { llm?: Writer },
): PromptsSettings => {
  const { llm, ...rest } = options
  return { skill: { ...skill }, ...rest, ...(llm === undefined ? {} : { writer: llm }) } as PromptsSettings
}

/** Stage 1. */
export const prompts = {
  /** Prompts for a skill. Default writer: the offline one. */
  async generate(
    skill: Skill,
    options: Omit<PromptsSettings, 'skill' | 'writer'> & { llm?: Writer } & CallOptions = {},
  ): Promise<Prompts> {
    const { fresh, signal, onEvent, root, ...rest } = options
    const settings = promptSettings(skill, rest)
    const { job, result } = await call(
      promptsStage,
      settings,
      { fresh, root, signal, onEvent },
      async ({ dir }, { file, llm, costUSD, tokens }) => ({
        made: { kind: 'prompts', ...(await hashed(skill.name, join(dir, file))) },
        writer: { ...llm, costUSD, tokens: tokens.prompt + tokens.completion },
      }),
    )
    return new Prompts(
      skill.name,
      await readPromptFile(join(job.dir, result.file)),
      origin(job.cached),
      result,
    )
  },
  start: (
    skill: Skill,
    { fresh, root, ...options }: Omit<PromptsSettings, 'skill' | 'writer'> & { llm?: Writer } & Where = {},
  ): Promise<Job<PromptsResult>> => begin(promptsStage, promptSettings(skill, options), { fresh, root }),
  read: Prompts.read,
}

/** An imagefolder with captions. */
export class Dataset {
  readonly dir: string
  readonly records: readonly ImageRecord[]
  readonly note: string
  readonly result?: ImagesResult

  constructor(dir: string, records: readonly ImageRecord[], note: string, result?: ImagesResult) {
    this.dir = dir
    this.records = records
    this.note = note
    this.result = result
  }

  get length(): number {
    return this.records.length
  }

  /** An imagefolder on disk. @throws SelmaError when metadata.jsonl or a picture is missing */
  static async read(dir: string): Promise<Dataset> {
    const folder = await readImageFolder(dir)
    await tellOpened('data', `${basename(folder.dir)}, ${folder.records.length} pictures`, dir)
    return new Dataset(folder.dir, folder.records, `read from ${dir}`)
  }

  /** The first pictures as a grid. */
  async grid(count = 10): Promise<ImageGrid> {
    const shown = this.records.slice(0, count)
    const items = await Promise.all(
      shown.map(async ({ file_name, text }) => ({
        picture: await decodePng(join(this.dir, file_name)),
        caption: text,
      })),
    )
    return new ImageGrid(items, { title: `${this.records.length} pictures, ${this.note}` })
  }

  async [displaySymbol](): Promise<MimeBundle> {
    return bundleOf(await this.grid())
  }
}

type ImageOptions = Omit<ImagesSettings, 'model' | 'loras' | 'prompts'>

const imageSettings = (
  model: T2I,
  from: Prompts | readonly (string | PromptRecord)[],
  options: ImageOptions,
): ImagesSettings => {
  const records =
    from instanceof Prompts
      ? from.records
      : from.map((each) => (typeof each === 'string' ? { text: each } : each))
  if (records.length === 0) fail('bad-input', 'there are no prompts to draw')
  return {
    model: model.base,
    loras: [...model.loras],
    prompts: records as ImagesSettings['prompts'],
    ...options,
  }
}

/** Stage 2. */
export const images = {
  /** One picture a prompt (or more), by the model that will be trained. */
  async generate(
    model: T2I,
    from: Prompts | readonly (string | PromptRecord)[],
    options: ImageOptions & CallOptions = {},
  ): Promise<Dataset> {
    const { fresh, signal, onEvent, root, ...rest } = options
    const { job, result } = await call(
      imagesStage,
      imageSettings(model, from, rest),
      { fresh, root, signal, onEvent },
      async ({ dir }, { folder, count, chosen }) => {
        const name = `${from instanceof Prompts ? from.skill : model.name}, ${count} pictures`
        const made = { kind: 'data' as const, ...(await hashed(name, join(dir, folder))) }
        return { made, ...(chosen ? { judge: chosen.judge } : {}) }
      },
    )
    const folder = await readImageFolder(join(job.dir, result.folder))
    return new Dataset(folder.dir, folder.records, origin(job.cached), result)
  },
  start: (
    model: T2I,
    from: Prompts | readonly (string | PromptRecord)[],
    { fresh, root, ...options }: ImageOptions & Where = {},
  ): Promise<Job<ImagesResult>> => begin(imagesStage, imageSettings(model, from, options), { fresh, root }),
  read: Dataset.read,
}

export interface ExpertOptions extends TrainOptions, Pick<TrainSettings, 'samples' | 'dsg'> {
  /** How the expert is called. Default 'expert'. */
  name?: string
  /** Pictures for the validation loss. */
  validation?: Dataset
  /** Where to keep what the run is fed: a safetensors file, and recording.json beside it (docs/training.md). */
  record?: string
}

const trainSettings = (
  model: T2I,
  data: Dataset | readonly Dataset[],
  options: ExpertOptions,
): TrainSettings => {
  const { name, validation, record, samples, dsg, ...train } = options
  if (model.loras.length > 0)
    fail('unsupported', `${model.name} has LoRAs already`, 'train on the base, and merge the experts')
  const folders = (Array.isArray(data) ? (data as readonly Dataset[]) : [data as Dataset]).map(
    ({ dir }) => dir,
  )
  return {
    model: model.base,
    data: folders as [string, ...string[]],
    name,
    validation: validation?.dir,
    samples,
    ...(record ? { record: true } : {}),
    dsg,
    train,
  }
}

/** Stage 3. */
export const experts = {
  /** Trains one LoRA on one dataset, or on several mixed. */
  async train(
    model: T2I,
    data: Dataset | readonly Dataset[],
    options: ExpertOptions & CallOptions = {},
  ): Promise<Expert> {
    const { fresh, signal, onEvent, root, ...rest } = options
    const { name = 'expert' } = rest
    const { job, result } = await call(
      trainStage,
      trainSettings(model, data, rest),
      { fresh, root, signal, onEvent },
      async ({ dir }, { lora }) => ({ made: { kind: 'expert', ...(await hashed(name, join(dir, lora))) } }),
    )
    if (rest.record) await copyRecording(join(job.dir, result.recording!), rest.record)
    return new Expert(name, join(job.dir, result.lora), origin(job.cached), result)
  },
  start: (
    model: T2I,
    data: Dataset | readonly Dataset[],
    { fresh, root, ...options }: ExpertOptions & Where = {},
  ): Promise<Job<TrainResult>> => begin(trainStage, trainSettings(model, data, options), { fresh, root }),
  load: Expert.load,
}

/**
 * Stage 4: one expert of several. Kept in a folder named by what went in, beside the jobs.
 *
 * @throws SelmaError for no experts, differing layers, unknown methods
 */
export async function merge(
  from: readonly Expert[],
  options: MergeOptions & { name?: string; root?: string } = {},
): Promise<Expert> {
  const { name = 'merged', root, ...rest } = options
  const loras = await Promise.all(from.map((expert) => expert.load()))
  const ids = from.map((expert) => expert.name)
  const merged = mergeLoras(loras, { ids, ...rest })
  // Another content, order or name gets another folder, so that a handle never changes under its owner.
  const contents = await Promise.all(from.map(({ path }) => hashInput(path)))
  const hash = sha256(JSON.stringify([contents, ids, name, rest]))
  const folder = join(jobsRoot(root), '..', 'merges', hash.slice(0, 16))
  await saveLora(folder, { ...merged, metadata: { ...merged.metadata, selma_expert: name } })
  await tellUse(async () => ({
    stage: 'merge',
    state: 'finished',
    when: new Date().toISOString(),
    settings: flatten({ experts: ids, name, method: 'average', ...rest }),
    defaults: { name: 'merged', method: 'average' },
    made: { kind: 'expert', ...(await hashed(name, folder)) },
  }))
  return new Expert(
    name,
    folder,
    `merged from ${from.map((expert) => expert.name).join(', ')} by ${rest.method ?? 'average'}`,
  )
}
