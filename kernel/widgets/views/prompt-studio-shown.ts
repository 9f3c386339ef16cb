// What of a prompt studio's decisions the page sees, and what the library gets: rows, counts, and `Prompts`.
import { tellUse } from '../../../lib/api/used.ts'
import { SelmaError } from '../../../lib/base/errors.ts'
import { sha256 } from '../../../lib/base/files.ts'
import type { PromptRecord } from '../../../lib/data/prompt-file.ts'
import { Prompts } from '../../../lib/index.ts'
import { longestText } from '../../../lib/messages/views/common.ts'
import type { CandidateRow, PromptStudioState } from '../../../lib/messages/views/prompt-studio.ts'
import {
  type LanguageModel,
  type RejectReason,
  rejectReasons,
  type Skill,
} from '../../../lib/prompts/index.ts'
import { brief } from './brief.ts'
import type { Candidate, Decision } from './prompt-studio-decisions.ts'

export function shownSkill({ name, teaches, rules, seeds, maxWords }: Skill): PromptStudioState['described'] {
  const short = (text: string) => brief(text)
  return { name, teaches: brief(teaches), rules: rules.map(short), seeds: seeds.map(short), maxWords }
}

export function rowOf(at: number, { text: original, round }: Candidate, decision: Decision): CandidateRow {
  const { accepted, text, rule, detail, nearest, score, hand } = decision
  return {
    at,
    text: brief(text),
    cut: text.length > longestText,
    original: original === text ? null : brief(original),
    request: round,
    accepted,
    rule,
    detail: detail === undefined ? null : brief(detail, 300),
    nearest: nearest === undefined ? null : brief(nearest, 500),
    score: score ?? null,
    hand: hand ?? null,
  }
}

export function countsOf(decisions: readonly Decision[], requests: number): PromptStudioState['counts'] {
  const rejected: PromptStudioState['counts']['rejected'] = {}
  for (const { accepted, rule, hand } of decisions)
    if (!accepted && !hand && rule !== 'accepted') rejected[rule] = (rejected[rule] ?? 0) + 1
  return {
    candidates: decisions.length,
    accepted: decisions.filter(({ accepted }) => accepted).length,
    byHand: decisions.filter(({ hand }) => hand).length,
    rejected,
    requests,
  }
}

/** Rejections as lib/prompts counts them: surplus is none, and no reason is missing. */
export function everyReason(rejected: PromptStudioState['counts']['rejected']): Record<RejectReason, number> {
  const counts = rejectReasons.map((reason) => [reason, rejected[reason] ?? 0] as const)
  return Object.fromEntries(counts) as Record<RejectReason, number>
}

/** An error as the page shows it: what failed and what to do, without what only programs can do. */
export function problemOf(error: unknown): NonNullable<PromptStudioState['problem']> {
  const { cause } = error as { cause?: unknown }
  const shown = cause instanceof SelmaError ? cause : error
  const message = shown instanceof Error ? shown.message : String(shown)
  const hint = shown instanceof SelmaError ? shown.hint?.replace(/;[^;]*error\.state[^;]*$/, '') : undefined
  return { message: brief(message, 500), hint: hint ? brief(hint, 500) : null }
}

interface Chosen {
  skill: string
  records: readonly PromptRecord[]
  decisions: readonly Decision[]
  settings: { n: number; seed: number; threshold: number }
  requests: number
  llm: Pick<LanguageModel, 'name' | 'kind'>
  tokens: { prompt: number; completion: number }
  costUSD: number | undefined
}

/** What is accepted, as the stages take it; also told to reports. */
export function promptsOf({ skill, records, decisions, settings, ...rest }: Chosen): Prompts {
  const { requests, llm, tokens, costUSD } = rest
  const { accepted, byHand: _, candidates, rejected } = countsOf(decisions, requests)
  const byHand = decisions.filter((one) => one.accepted && one.hand).length
  const { surplus = 0 } = rejected
  void tellUse(() => ({
    stage: 'prompts',
    state: 'finished',
    when: new Date().toISOString(),
    settings: { 'skill.name': skill, ...settings, byHand },
    made: { kind: 'prompts', name: skill, hash: sha256(JSON.stringify(records)) },
    writer: { ...llm, costUSD, tokens: tokens.prompt + tokens.completion },
  }))
  const note = `chosen in the prompt studio${byHand > 0 ? `, ${byHand} of them by hand` : ''}`
  return new Prompts(skill, records, note, {
    skill,
    file: '',
    count: records.length,
    stats: {
      asked: settings.n,
      accepted,
      requests,
      candidates,
      rejected: everyReason(rejected),
      surplus,
    },
    llm,
    seed: settings.seed,
    tokens,
    costUSD,
  })
}
