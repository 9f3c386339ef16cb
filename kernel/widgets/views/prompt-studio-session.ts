// A prompt studio without its page: asks for prompts round by round, keeps what was decided, hands the accepted on. With
// nothing decided by hand it accepts what the stage (`prompts.generate`) accepts with the same settings.
import { access } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fail } from '../../../lib/base/errors.ts'
import { type PromptRecord, writePromptFile } from '../../../lib/data/prompt-file.ts'
import type { Prompts } from '../../../lib/index.ts'
import {
  generatePrompts,
  getSkill,
  type LanguageModel,
  type Skill,
  skill,
} from '../../../lib/prompts/index.ts'
import type { RoundRules } from './prompt-studio-decisions.ts'
import { type KeptStudio, keptOf, roundsOf } from './prompt-studio-file.ts'
import { StudioLog } from './prompt-studio-log.ts'
import { countsOf, everyReason, promptsOf } from './prompt-studio-shown.ts'
import { nameOfWriter, refuseOutsideOnce, type StudioWriter, writerOf } from './prompt-studio-writer.ts'

export interface SessionOptions {
  /** Prompts to accept; the page can change it. Default 100. */
  n?: number
  /** Who writes: `offline` (default), `openai('gpt-4o-mini')`, or any language model. */
  llm?: StudioWriter
  /** Default 42, as the stage's. */
  seed?: number
  /** Highest ROUGE-L to the pool that is accepted; the page can change it. Default 0.8 (paper). */
  threshold?: number
  /** Test prompts that must not be written. Default none. */
  exclude?: readonly string[]
  /** Accept only captions of the embedded world's training scenes. Default false. */
  shapesOnly?: boolean
}

export class StudioSession {
  readonly log: StudioLog
  readonly shapesOnly: boolean
  readonly exclude: readonly string[]
  readonly #llm: StudioWriter
  readonly #seed: number
  readonly #accept: RoundRules['accept']
  readonly #changed: () => void
  #skill: Skill
  #rules: RoundRules
  #n: number
  #stop: AbortController | undefined
  #emptyRounds = 0
  /** Number of the first candidate of this generation: an error tells of what came since. */
  #from = 0
  #spent = { prompt: 0, completion: 0, costUSD: 0 as number | undefined }
  /** The writer was asked, and when. */
  writing: { since: string; stopping: boolean } | null = null
  /** What ended the last generation early. */
  problem: unknown
  /** The file that was written last. */
  exported: { path: string; count: number } | null = null

  /**
   * @param changed called after every change
   * @throws SelmaError `not-found` for an unknown skill, `bad-input` for what no skill or setting can be
   */
  constructor(given: Skill | string, options: SessionOptions, changed: () => void) {
    const { n = 100, llm = 'offline', seed = 42, threshold = 0.8, exclude = [], shapesOnly = false } = options
    if (!Number.isInteger(n) || n < 1) fail('bad-input', `n is ${n}`, 'give a whole number of at least 1')
    this.log = new StudioLog(threshold)
    this.exclude = [...exclude]
    this.shapesOnly = shapesOnly
    this.#llm = llm
    this.#seed = seed
    this.#accept = shapesOnly ? refuseOutsideOnce() : undefined
    this.#skill = typeof given === 'string' ? getSkill(given) : skill(given?.name, given)
    this.#rules = this.#rulesOf(this.#skill)
    this.#n = n
    this.#changed = changed
  }

  #rulesOf({ seeds, maxWords }: Skill): RoundRules {
    return { seeds, maxWords, exclude: this.exclude, accept: this.#accept }
  }

  /** All that a later session needs to go on. */
  kept(): KeptStudio {
    const [spent, emptyRounds] = [this.#spent, this.#emptyRounds]
    return keptOf(
      { skill: this.#skill, n: this.#n, threshold: this.log.threshold, spent, emptyRounds },
      this.log.book,
    )
  }

  /** Goes on from what was kept: its skill, number and threshold hold, not those that this session was made with. */
  restore({ skill: described, n, threshold, emptyRounds, spent, ...kept }: KeptStudio): void {
    this.#skill = skill(described.name, described)
    this.#rules = this.#rulesOf(this.#skill)
    this.#n = n
    this.#emptyRounds = emptyRounds
    this.#spent = { ...spent, costUSD: spent.costUSD }
    this.log.restore({ ...kept, rounds: roundsOf(kept.rounds, this.#rules) }, threshold)
  }

  get skill(): Skill {
    return this.#skill
  }

  get n(): number {
    return this.#n
  }

  get writer(): Pick<LanguageModel, 'name' | 'kind'> {
    return nameOfWriter(this.#llm)
  }

  get spent(): Readonly<{ prompt: number; completion: number; costUSD: number | undefined }> {
    return this.#spent
  }

  /** What is accepted, as a prompt file has it. */
  get records(): PromptRecord[] {
    const { name } = this.#skill
    return this.log.accepted.map((text, at) => ({
      id: `${name}-${String(at + 1).padStart(4, '0')}`,
      skill: name,
      text,
    }))
  }

  get prompts(): Prompts {
    const { decisions, requests, threshold } = this.log
    const { prompt, completion, costUSD } = this.#spent
    return promptsOf({
      skill: this.#skill.name,
      records: this.records,
      decisions,
      settings: { n: this.#n, seed: this.#seed, threshold },
      requests,
      llm: this.writer,
      tokens: { prompt, completion },
      costUSD,
    })
  }

  /**
   * Goes on writing until so many prompts are accepted. When it is stopped, what there is counts.
   *
   * @throws SelmaError what the language model failed with; what was written before is kept
   */
  async generate({ n = this.#n }: { n?: number } = {}): Promise<void> {
    if (this.#stop) fail('bad-input', 'it is writing already', 'stop it first')
    if (!Number.isInteger(n) || n < 1) fail('bad-input', `n is ${n}`, 'give a whole number of at least 1')
    const stop = new AbortController()
    this.#stop = stop
    this.#n = n
    try {
      this.problem = undefined
      this.#from = this.log.candidates.length
      const llm = writerOf(this.#llm, this.#seed)
      while (this.log.accepted.length < this.#n && !stop.signal.aborted) {
        this.writing = { since: new Date().toISOString(), stopping: false }
        this.#changed()
        await this.#round(llm, stop.signal)
        // What the page asked for meanwhile is heard here.
        await new Promise((done) => setImmediate(done))
      }
    } catch (error) {
      if (!stop.signal.aborted) {
        this.#emptyRounds = 0
        this.problem = error
        throw error
      }
    } finally {
      this.#stop = undefined
      this.writing = null
      this.#changed()
    }
  }

  async #round(llm: LanguageModel, signal: AbortSignal): Promise<void> {
    const log = this.log
    const { candidates, rejected } = countsOf(log.decisions.slice(this.#from), log.requests)
    const begin = {
      prompts: this.records,
      requests: log.requests,
      emptyRounds: this.#emptyRounds,
      candidates,
      rejected: everyReason(rejected),
    }
    const options = { n: this.#n, seed: this.#seed, threshold: log.threshold, exclude: this.exclude }
    log.begin(this.#rules, this.#n)
    try {
      const events = generatePrompts(this.#skill, { ...options, llm, accept: this.#accept, signal, begin })
      for await (const event of events) {
        if (event.type === 'usage') this.#spend(event)
        if (event.type === 'accepted') log.add(event, { ...near(event), accepted: true, rule: 'accepted' })
        if (event.type === 'surplus') log.add(event, { text: event.text, accepted: false, rule: 'surplus' })
        if (event.type === 'rejected') {
          const { text, reason, detail } = event
          const unreadable = reason === 'unreadable' ? (detail ?? '') : undefined
          log.add({ text, unreadable }, { ...near(event), accepted: false, rule: reason })
        }
        if (event.type !== 'round') continue
        this.#emptyRounds = event.state.emptyRounds
        break // the next round begins with what is accepted then, also by hand
      }
      log.end()
    } catch (error) {
      log.cancel()
      throw error
    } finally {
      this.#changed()
    }
  }

  #spend(used: { promptTokens: number; completionTokens: number; costUSD?: number }): void {
    const { promptTokens, completionTokens, costUSD } = used
    this.#spent.prompt += promptTokens
    this.#spent.completion += completionTokens
    this.#spent.costUSD =
      costUSD === undefined || this.#spent.costUSD === undefined ? undefined : this.#spent.costUSD + costUSD
  }

  /** Ends writing; the request that is under way is given up. */
  stop(): void {
    if (!this.#stop || !this.writing) return
    this.writing = { ...this.writing, stopping: true }
    this.#changed()
    this.#stop.abort()
  }

  /** Throws away all candidates; `undo` brings them back as long as nothing new is written. */
  clear(): void {
    if (this.#stop) fail('bad-input', 'it is writing', 'stop it first')
    this.log.clear()
    this.#emptyRounds = 0
    this.problem = undefined
    this.#changed()
  }

  /**
   * Describes the skill anew, for what is written from now on.
   *
   * @throws SelmaError `bad-input` for what no skill can have, or while it is writing
   */
  describe(changed: Partial<Omit<Skill, 'name'>>): void {
    if (this.#stop) fail('bad-input', 'it is writing', 'stop it first')
    this.#skill = skill(this.#skill.name, { ...this.#skill, ...changed })
    this.#rules = this.#rulesOf(this.#skill)
    this.problem = undefined
    this.#changed()
  }

  /**
   * Writes the accepted prompts to a JSONL file. Paths are from the notebook's folder.
   *
   * @returns the whole path
   * @throws SelmaError `bad-input` without prompts, for another ending than .jsonl, and for a file that is there
   *   already, unless `overwrite`; `io`
   */
  async save(path: string, { overwrite = false } = {}): Promise<string> {
    const file = resolve(path)
    const records = this.records
    if (records.length === 0) fail('bad-input', 'there are no prompts to write')
    if (!file.endsWith('.jsonl')) fail('bad-input', `${path} does not end in .jsonl`, 'e.g. prompts.jsonl')
    if (!overwrite && (await isThere(file)))
      fail(
        'bad-input',
        `${file} is there already`,
        'choose another name, or overwrite it: { overwrite: true }',
      )
    await writePromptFile(file, records)
    this.exported = { path: file, count: records.length }
    this.#changed()
    return file
  }
}

function near({ text, detail, nearest, score }: Near): Near {
  return {
    text,
    ...(detail === undefined ? {} : { detail }),
    ...(nearest === undefined ? {} : { nearest, score }),
  }
}

interface Near {
  text: string
  detail?: string
  nearest?: string
  score?: number
}

export const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
