// What a prompt studio remembers: what was asked and written, what the person decided, the threshold; and the
// decisions that follow from them. Not a widget, and asks nobody for prompts.
import { fail } from '../../../lib/base/errors.ts'
import type { HandKind } from '../../../lib/messages/views/prompt-studio.ts'
import {
  type Candidate,
  changes,
  type Decision,
  decide,
  type HandDecision,
  type Log,
  overruled,
  type Round,
  type RoundRules,
} from './prompt-studio-decisions.ts'

interface Book extends Log {
  rounds: Round[]
  candidates: Candidate[]
  hands: HandDecision[]
}

const empty = (): Book => ({ rounds: [], candidates: [], hands: [] })

export class StudioLog {
  #book = empty()
  /** What `undo` brings back, after everything was thrown away. */
  #thrownAway: Book | undefined
  #threshold: number
  #decisions: Decision[] = []
  /** Threshold or pool were changed while a round was going on. */
  #overtaken = false

  /** @throws SelmaError `bad-input` for a threshold outside 0 to 1 */
  constructor(threshold: number) {
    this.#threshold = checked(threshold)
  }

  /** What there is to keep. */
  get book(): Readonly<Log> {
    return this.#book
  }

  /** Goes on from what was kept. */
  restore({ rounds, candidates, hands }: Log, threshold: number): void {
    this.#thrownAway = undefined
    this.#book = { rounds: [...rounds], candidates: [...candidates], hands: [...hands] }
    this.threshold = threshold
  }

  get threshold(): number {
    return this.#threshold
  }

  set threshold(value: number) {
    this.#threshold = checked(value)
    this.#settle()
  }

  /** Requests that were answered, and the one that is waited for. */
  get requests(): number {
    return this.#book.rounds.length
  }

  get candidates(): readonly Candidate[] {
    return this.#book.candidates
  }

  get decisions(): readonly Decision[] {
    return this.#decisions
  }

  /** Texts that are accepted, in order of arrival. */
  get accepted(): string[] {
    return this.#decisions.flatMap(({ accepted, text }) => (accepted ? [text] : []))
  }

  get canUndo(): boolean {
    return this.#book.hands.length > 0 || this.#thrownAway !== undefined
  }

  /** A round begins. */
  begin(rules: RoundRules, n: number): void {
    this.#thrownAway = undefined
    this.#overtaken = false
    this.#book.rounds.push({ rules, n })
  }

  /** The round that began brought nothing because asking failed. */
  cancel(): void {
    const { rounds, candidates, hands } = this.#book
    if (candidates.at(-1)?.round === rounds.length - 1) return
    rounds.pop()
    this.#book.hands = hands.map((one) => ({ ...one, from: Math.min(one.from, rounds.length) }))
  }

  /** A candidate of the present round, and what the generation decided about it. */
  add(candidate: Omit<Candidate, 'round'>, decision: Decision): void {
    this.#book.candidates.push({ ...candidate, round: this.#book.rounds.length - 1 })
    this.#decisions.push(decision)
  }

  /** The round that began is over. */
  end(): void {
    // Only then did it go by something else than what holds now; else everything would be judged each round.
    if (this.#overtaken) this.#settle()
  }

  /** Decides about everything again. */
  #settle(): void {
    this.#overtaken = true
    this.#decisions = decide(this.#book, this.#threshold)
  }

  /**
   * A person decides about a candidate.
   *
   * @throws SelmaError `not-found`, `bad-input` for an empty text
   */
  decide(at: number, kind: HandKind, given?: string): void {
    if (!this.#book.candidates[at]) fail('not-found', `there is no candidate ${at}`)
    const text = given?.replace(/\s+/gu, ' ').trim()
    if (kind === 'edit' && !text) fail('bad-input', 'a prompt cannot be empty', 'reject it instead')
    const decision: HandDecision = { at, kind, text, from: this.#book.rounds.length }
    this.#book.hands.push(decision)
    // Nothing that was judged before changes: no need to judge again.
    this.#decisions = overruled(this.#decisions, [decision])
  }

  /** Takes back the person's last decision, or having thrown everything away. */
  undo(): void {
    if (this.#thrownAway) {
      this.#book = this.#thrownAway
      this.#thrownAway = undefined
    } else this.#book.hands.pop()
    this.#settle()
  }

  clear(): void {
    this.#thrownAway = this.#book
    this.#book = empty()
    this.#decisions = []
  }

  /** What another threshold would change: numbers of candidates, and how many it would accept. */
  preview(threshold: number): { accepted: number[]; rejected: number[]; total: number } {
    const then = decide(this.#book, checked(threshold))
    return { ...changes(this.#decisions, then), total: then.filter(({ accepted }) => accepted).length }
  }
}

function checked(threshold: number): number {
  if (threshold >= 0 && threshold <= 1) return threshold
  return fail(
    'bad-input',
    `threshold is ${threshold}`,
    'give a ROUGE-L F-measure from 0 to 1; the paper has 0.8',
  )
}
