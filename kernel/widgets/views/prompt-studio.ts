// The prompt studio: a skill's prompts are written, watched, sorted by a threshold and by hand, and handed on. What
// happens is in its session; here is what the page sees of it and asks for.
import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Prompts } from '../../../lib/index.ts'
import type { CommonAnswer } from '../../../lib/messages/views/common.ts'
import {
  type PromptStudioAnswer,
  type PromptStudioMessage,
  type PromptStudioState,
  promptStudioMessage,
} from '../../../lib/messages/views/prompt-studio.ts'
import type { Skill } from '../../../lib/prompts/index.ts'
import { brief } from './brief.ts'
import type { Decision } from './prompt-studio-decisions.ts'
import { StudioFile } from './prompt-studio-file.ts'
import { studioPicture } from './prompt-studio-picture.ts'
import { isThere, type SessionOptions, StudioSession } from './prompt-studio-session.ts'
import { countsOf, problemOf, rowOf, shownSkill } from './prompt-studio-shown.ts'
import { reasonsInWords } from './prompt-studio-words.ts'
import { View } from './view.ts'

export interface PromptStudioOptions extends SessionOptions {
  /** A .json file that the work is kept in, and gone on from if it is there. Default: none, it ends with the kernel. */
  file?: string
  /** Stands above it. Default: none. */
  title?: string
}

/** Rows in one message. */
const piece = 200

function stateOf(session: StudioSession) {
  const { log, skill, writer, n, spent, problem, exported } = session
  return {
    described: shownSkill(skill),
    writer,
    n,
    threshold: log.threshold,
    writing: session.writing,
    problem: problem === undefined ? null : problemOf(problem),
    counts: countsOf(log.decisions, log.requests),
    tokens: spent.prompt + spent.completion,
    costUSD: spent.costUSD ?? null,
    canUndo: log.canUndo,
    exported: exported && { ...exported, path: brief(exported.path, 300) },
  }
}

export class PromptStudio extends View<
  PromptStudioState,
  PromptStudioMessage,
  PromptStudioAnswer | CommonAnswer
> {
  readonly #session: StudioSession
  readonly #file: StudioFile | undefined
  /** Decisions as the page has them. */
  #sent: readonly Decision[] = []

  constructor(given: Skill | string, { title = '', file, ...options }: PromptStudioOptions = {}) {
    const session = new StudioSession(given, options, () => this.#show())
    const kept = file === undefined ? undefined : new StudioFile(file, (error) => this.complain(error))
    const before = kept?.read(session.skill.name)
    if (before) session.restore(before)
    const { shapesOnly, exclude } = session
    super({
      name: 'prompt-studio',
      messages: promptStudioMessage,
      state: {
        version: 1,
        title: brief(title, 200),
        shapesOnly,
        excluded: exclude.length,
        kept: kept === undefined ? null : brief(kept.path, 300),
        ...stateOf(session),
      },
    })
    this.#session = session
    this.#file = kept
    this.#sent = [...session.log.decisions]
  }

  /** The skill, with what was changed in the page. */
  get skill(): Skill {
    return this.#session.skill
  }

  /** What is accepted now, for `images.generate`; later changes leave it alone. */
  get prompts(): Prompts {
    return this.#session.prompts
  }

  /**
   * Goes on writing until so many prompts are accepted. When it is stopped, what there is counts.
   *
   * @throws SelmaError what the language model failed with; what was written before is kept
   */
  async generate(options: { n?: number } = {}): Promise<Prompts> {
    await this.#session.generate(options)
    return this.prompts
  }

  /** Ends writing; the request that is under way is given up. */
  stop(): void {
    this.#session.stop()
  }

  /** Accepts a candidate by its number (from 0, in order of arrival), whatever the rule says. */
  accept(at: number): void {
    this.#session.log.decide(at, 'accept')
    this.#show()
  }

  /** Rejects a candidate; later near copies of it are judged as if it had never been there. */
  reject(at: number): void {
    this.#session.log.decide(at, 'reject')
    this.#show()
  }

  /** Changes a candidate's text and accepts it. */
  edit(at: number, text: string): void {
    this.#session.log.decide(at, 'edit', text)
    this.#show()
  }

  /** Takes back the last decision by hand, or `clear`. */
  undo(): void {
    this.#session.log.undo()
    this.#show()
  }

  /** Throws away all candidates; `undo` brings them back as long as nothing new is written. */
  clear(): void {
    this.#session.clear()
  }

  /** What another threshold would change: numbers of candidates, and how many would be accepted. */
  preview(threshold: number): { accepted: number[]; rejected: number[]; total: number } {
    return this.#session.log.preview(threshold)
  }

  /** Sorts all candidates by another threshold; what was decided by hand stays. */
  setThreshold(threshold: number): void {
    this.#session.log.threshold = threshold
    this.#show()
  }

  /**
   * Describes the skill anew, for what is written from now on.
   *
   * @throws SelmaError `bad-input` for what no skill can have, or while it is writing
   */
  describe(changed: Partial<Omit<Skill, 'name'>>): void {
    this.#session.describe(changed)
  }

  /**
   * Writes the accepted prompts to a JSONL file, by a path from the notebook's folder.
   *
   * @returns the whole path
   * @throws SelmaError `bad-input` without prompts, for another ending than .jsonl, and for a file that is there
   *   already, unless `overwrite`; `io`
   */
  save(path: string, options: { overwrite?: boolean } = {}): Promise<string> {
    return this.#session.save(path, options)
  }

  protected override async receive(message: PromptStudioMessage): Promise<void> {
    if (message.kind === 'open') this.#sendAll(message.view)
    else if (message.kind === 'generate') await this.#generateForPage(message.n)
    else if (message.kind === 'stop') this.stop()
    else if (message.kind === 'decide') this[message.accept ? 'accept' : 'reject'](message.at)
    else if (message.kind === 'edit') this.edit(message.at, message.text)
    else if (message.kind === 'undo') this.undo()
    else if (message.kind === 'clear') this.clear()
    else if (message.kind === 'threshold') this.setThreshold(message.threshold)
    else if (message.kind === 'skill') this.#describeForPage(message)
    else if (message.kind === 'preview') {
      const { view, threshold } = message
      this.tell({ version: 1, kind: 'preview', view, threshold, ...this.preview(threshold) })
    } else await this.#exportForPage(message.view, message.path, message.overwrite)
  }

  async #generateForPage(n: number): Promise<void> {
    await this.generate({ n }).catch((error) => {
      // What the session keeps is in the state already.
      if (error !== this.#session.problem) throw error
    })
  }

  #describeForPage({ teaches, seeds, rules, maxWords }: PromptStudioMessage & { kind: 'skill' }): void {
    const given = Object.entries({ teaches, seeds, rules, maxWords }).filter(
      ([, value]) => value !== undefined,
    )
    this.describe(Object.fromEntries(given))
  }

  async #exportForPage(view: string, path: string, overwrite: boolean): Promise<void> {
    const file = resolve(path)
    if (!overwrite && file.endsWith('.jsonl') && (await isThere(file)))
      this.tell({ version: 1, kind: 'exists', view, path: brief(file, 300) })
    else await this.save(path, { overwrite })
  }

  #rows(from: number, decisions: readonly Decision[]) {
    const { candidates } = this.#session.log
    return decisions.map((decision, i) => rowOf(from + i, candidates[from + i], decision))
  }

  #sendAll(view: string): void {
    const { decisions } = this.#session.log
    const total = decisions.length
    for (let from = 0; from === 0 || from < total; from += piece) {
      const rows = this.#rows(from, decisions.slice(from, from + piece))
      this.tell({ version: 1, kind: 'rows', view, total, rows })
    }
  }

  /** Tells all views what has changed since they were told last. */
  #show(): void {
    const { decisions } = this.#session.log
    const sent = this.#sent
    const total = decisions.length
    const rows = decisions.flatMap((one, at) =>
      one === sent[at] || isDeepStrictEqual(one, sent[at]) ? [] : this.#rows(at, [one]),
    )
    this.#sent = [...decisions]
    for (let from = 0; from < rows.length || (from === 0 && total !== sent.length); from += piece)
      this.tell({ version: 1, kind: 'rows', view: null, total, rows: rows.slice(from, from + piece) })
    this.share(stateOf(this.#session))
    this.#file?.keep(() => this.#session.kept())
  }

  override close(): void {
    void this.#file?.flush()
    super.close()
  }

  override toString(): string {
    const { log, skill, writer, n } = this.#session
    const { accepted, candidates, rejected } = countsOf(log.decisions, log.requests)
    const reasons = reasonsInWords(rejected)
    return [
      `Prompt studio for ${skill.name}: ${accepted} of ${n} prompts accepted, ROUGE-L at most ${log.threshold}`,
      `  ${candidates} candidates by ${writer.name}${reasons ? `, rejected: ${reasons}` : ''}`,
      ...log.accepted.slice(0, 5).map((text) => `  ${brief(text, 200)}`),
    ].join('\n')
  }

  protected override async picture(): Promise<Uint8Array> {
    const { log, skill, writer, n } = this.#session
    return studioPicture({
      skill: skill.name,
      writer: writer.name,
      n,
      threshold: log.threshold,
      counts: countsOf(log.decisions, log.requests),
      prompts: log.accepted,
    })
  }
}

/**
 * Writes prompts for a skill, to be sorted in the page.
 *
 * @param given a skill, or the name of one that comes with the library
 * @throws SelmaError `not-found` for an unknown name, `bad-input` for what no skill or setting can be
 */
export function promptStudio(given: Skill | string, options: PromptStudioOptions = {}): PromptStudio {
  return new PromptStudio(given, options)
}
