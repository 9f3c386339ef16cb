// What becomes of the candidates of a prompt studio: a pure function of what arrived, what a person decided, and the
// threshold, by lib/prompts' own judge. Moving the threshold is therefore calling it again, and gives what the stage
// would have decided about the same candidates.
import type { CandidateReason, HandKind } from '../../../lib/messages/views/prompt-studio.ts'
import { Judge } from '../../../lib/prompts/index.ts'

/** What holds for the candidates of one round, besides the threshold. */
export interface RoundRules {
  seeds: readonly string[]
  maxWords: number
  exclude: readonly string[]
  /** The reason for turning a text down, or undefined. Pure. */
  accept?: (text: string) => string | undefined
}

/** One request and its answer. Rounds of one generation share their rules. */
export interface Round {
  rules: RoundRules
  /** Prompts wanted: beyond that many, candidates are left unjudged. */
  n: number
}

export interface Candidate {
  text: string
  /** Its round's place in the list of rounds, which never falls from one candidate to the next. */
  round: number
  /** Why there is no prompt in that line. */
  unreadable?: string
}

/** What a person decided about a candidate; the last one about it holds. */
export interface HandDecision {
  at: number
  kind: HandKind
  /** For `edit`: what it is to be, which is then accepted. */
  text?: string
  /** From this round on it decides what is in the pool; what was judged before stays as it was. */
  from: number
}

export interface Decision {
  accepted: boolean
  /** As it stands among the prompts: edited, where it was. */
  text: string
  /** What the rule says, whatever the person decided. */
  rule: 'accepted' | CandidateReason
  detail?: string
  nearest?: string
  score?: number
  hand?: HandKind
}

export interface Log {
  rounds: readonly Round[]
  candidates: readonly Candidate[]
  hands: readonly HandDecision[]
}

/**
 * Decides about all candidates in order of arrival.
 *
 * Each round begins with the pool of seeds and everything accepted so far, by rule or by hand, and adds what it
 * accepts; this is what `generatePrompts` does when each round `begin`s with those.
 *
 * @param threshold highest ROUGE-L F-measure to the pool that is accepted
 * @returns a decision for each candidate
 */
export function decide({ rounds, candidates, hands }: Log, threshold: number): Decision[] {
  const decisions: Decision[] = []
  let judge: Judge | undefined
  let accepted = 0
  let before: RoundRules | undefined
  let at = 0
  for (const [round, { rules, n }] of rounds.entries()) {
    const chosen = hands.filter(({ from }) => from <= round)
    if (!judge || rules !== before || hands.some(({ from }) => from === round)) {
      const texts = overruled(decisions, chosen).flatMap((one) => (one.accepted ? [one.text] : []))
      judge = new Judge([...rules.seeds, ...texts], { ...rules, threshold })
      accepted = texts.length
      before = rules
    }
    for (; candidates[at]?.round === round; at++) {
      const decision = judged(candidates[at], accepted < n ? judge : undefined)
      if (decision.accepted) accepted++
      decisions.push(decision)
    }
  }
  return overruled(decisions, hands)
}

function judged({ text, unreadable }: Candidate, judge: Judge | undefined): Decision {
  if (unreadable !== undefined) return { accepted: false, text, rule: 'unreadable', detail: unreadable }
  if (!judge) return { accepted: false, text, rule: 'surplus' }
  const { accepted, reason, ...near } = judge.judge(text)
  return { accepted, text, rule: reason ?? 'accepted', ...near }
}

/** With what the person decided in place of the rule. */
export function overruled(decisions: readonly Decision[], hands: readonly HandDecision[]): Decision[] {
  const result = [...decisions]
  for (const { at, kind, text } of hands) {
    const decision = result[at]
    if (!decision) continue
    result[at] = {
      ...decision,
      accepted: kind !== 'reject',
      // Edited once and then rejected or accepted again, it keeps the person's words.
      text: text ?? decision.text,
      hand: kind,
    }
  }
  return result
}

/** Numbers of those that another threshold would accept, and of those that it would not. */
export function changes(now: readonly Decision[], then: readonly Decision[]) {
  const numbers = (wanted: boolean) =>
    then.flatMap(({ accepted }, at) => (accepted === wanted && now[at]?.accepted !== wanted ? [at] : []))
  return { accepted: numbers(true), rejected: numbers(false) }
}
