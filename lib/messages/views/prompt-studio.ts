// What the prompt studio and its page say to each other. The state is small; candidates come in pieces after `open`
// and as they are written. Texts are a language model's or somebody else's: shown as text only, cut where long.
import { z } from 'zod'
import { longestText, openMessage, version, viewId } from './common.ts'

/** Why a candidate is not among the prompts: as lib/prompts has it, and `surplus` for those left unjudged. */
export const candidateReasons = [
  'unreadable',
  'too-long',
  'near-duplicate',
  'test-prompt',
  'refused',
  'surplus',
] as const
export type CandidateReason = (typeof candidateReasons)[number]

export const handKinds = ['accept', 'reject', 'edit'] as const
export type HandKind = (typeof handKinds)[number]

export const promptStudioState = z.object({
  version,
  title: z.string(),
  described: z.object({
    name: z.string(),
    teaches: z.string(),
    rules: z.array(z.string()),
    seeds: z.array(z.string()),
    maxWords: z.int(),
  }),
  /** Who writes. */
  writer: z.object({ name: z.string(), kind: z.enum(['llm', 'offline-writer']) }),
  /** Prompts wanted. */
  n: z.int().positive(),
  /** Highest ROUGE-L to the pool that is accepted. */
  threshold: z.number(),
  /** Only captions of the embedded world's training scenes. */
  shapesOnly: z.boolean(),
  /** How many test prompts must not be written. */
  excluded: z.int(),
  /** The writer was asked and has not answered yet since `since` (ISO 8601). */
  writing: z.object({ since: z.string(), stopping: z.boolean() }).nullable(),
  /** Why the last generation ended early. */
  problem: z.object({ message: z.string(), hint: z.string().nullable() }).nullable(),
  counts: z.object({
    candidates: z.int(),
    accepted: z.int(),
    byHand: z.int(),
    rejected: z.partialRecord(z.enum(candidateReasons), z.int()),
    requests: z.int(),
  }),
  tokens: z.int(),
  /** US dollars; null for a model without a known price. */
  costUSD: z.number().nullable(),
  canUndo: z.boolean(),
  /** The file that was written last. */
  exported: z.object({ path: z.string(), count: z.int() }).nullable(),
  /** The file that the work is kept in; null: it ends with the kernel. */
  kept: z.string().nullable(),
})
export type PromptStudioState = z.output<typeof promptStudioState>

/** A candidate and what became of it. */
export const candidateRow = z.object({
  /** Its number in order of arrival, from 0. */
  at: z.int().nonnegative(),
  text: z.string(),
  /** The text is longer than what is here. */
  cut: z.boolean(),
  /** As it was written, where a person changed it. */
  original: z.string().nullable(),
  request: z.int().nonnegative(),
  accepted: z.boolean(),
  /** What the rule says, whatever a person decided. */
  rule: z.enum(['accepted', ...candidateReasons]),
  /** More about the reason. */
  detail: z.string().nullable(),
  /** The nearest text of the pool (for a test prompt: of those) and its ROUGE-L F-measure. */
  nearest: z.string().nullable(),
  score: z.number().nullable(),
  hand: z.enum(handKinds).nullable(),
})
export type CandidateRow = z.output<typeof candidateRow>

const at = z.int().nonnegative()
const threshold = z.number().min(0).max(1)
const line = z.string().max(longestText)

/** From the page. */
export const promptStudioMessage = z.discriminatedUnion('kind', [
  openMessage,
  /** What is left out stays as it is. */
  z.strictObject({
    version,
    kind: z.literal('skill'),
    teaches: line.optional(),
    seeds: z.array(line).max(200).optional(),
    rules: z.array(line).max(50).optional(),
    maxWords: z.int().min(1).max(1_000).optional(),
  }),
  z.strictObject({ version, kind: z.literal('generate'), n: z.int().min(1).max(10_000) }),
  z.strictObject({ version, kind: z.literal('stop') }),
  z.strictObject({ version, kind: z.literal('decide'), at, accept: z.boolean() }),
  z.strictObject({ version, kind: z.literal('edit'), at, text: line }),
  z.strictObject({ version, kind: z.literal('undo') }),
  z.strictObject({ version, kind: z.literal('clear') }),
  z.strictObject({ version, kind: z.literal('preview'), view: viewId, threshold }),
  z.strictObject({ version, kind: z.literal('threshold'), threshold }),
  z.strictObject({
    version,
    kind: z.literal('export'),
    view: viewId,
    path: z.string().trim().min(1).max(1_000),
    overwrite: z.boolean(),
  }),
])
export type PromptStudioMessage = z.output<typeof promptStudioMessage>

/** To the page. */
export type PromptStudioAnswer =
  /** Candidates, new or changed; there are `total`, those with higher numbers are gone. */
  | { version: 1; kind: 'rows'; view: string | null; total: number; rows: CandidateRow[] }
  /** What another threshold would change: candidates by number. */
  | {
      version: 1
      kind: 'preview'
      view: string
      threshold: number
      accepted: number[]
      rejected: number[]
      /** How many would be accepted. */
      total: number
    }
  /** The file is there already; it is written when asked again with `overwrite`. */
  | { version: 1; kind: 'exists'; view: string; path: string }
