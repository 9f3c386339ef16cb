// Stage 1 as calls: prompts that teach a skill. One form waits and gives the result, the other starts a job and gives
// its handle; settings are the stage's own, handles go in and come out instead of paths.
import { basename, join } from 'node:path'
import { type PromptRecord, readPromptFile } from '../data/prompt-file.ts'
import type { Job } from '../jobs/index.ts'
import type { Skill } from '../prompts/index.ts'
import { type PromptsResult, type PromptsSettings, promptsStage } from '../prompts/stage.ts'
import { begin, type CallOptions, call, type Where } from './call.ts'
import { displaySymbol, type MimeBundle, origin, tableBundle } from './display.ts'
import { hashed, tellOpened } from './used.ts'

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
