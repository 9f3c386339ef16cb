// What the blind comparison and its page say to each other. Which model is on which side is the kernel's secret
// until the results are asked for.
import { z } from 'zod'
import { openMessage, picturesMessage, version } from './common.ts'

const interval = z.object({
  mean: z.number().nullable(),
  low: z.number().nullable(),
  high: z.number().nullable(),
})

/** What all raters' votes add up to; null stands for numbers that cannot be had. */
export const voteResult = z.object({
  votes: z.int(),
  wins: z.int(),
  losses: z.int(),
  ties: z.int(),
  /** Share of votes for the first model, ties left out, Wilson interval. */
  rate: interval,
  /** The same over prompts, ties half, bootstrap interval. */
  byPrompt: interval,
  prompts: z.int(),
  raters: z.array(z.object({ name: z.string(), votes: z.int() })),
  agreement: z
    .object({ measure: z.string(), kappa: z.number().nullable(), n: z.int(), raters: z.int() })
    .nullable(),
})
export type VoteResult = z.output<typeof voteResult>

export const blindComparisonState = z.object({
  version,
  title: z.string(),
  /** Of the models, in the order they were given. */
  names: z.tuple([z.string(), z.string()]),
  rater: z.string(),
  /** Pairs there are, and those this rater has judged. */
  total: z.int(),
  done: z.int(),
  /** To be judged now, null when all are; pictures are asked for as `<id>:left` and `<id>:right`. */
  pair: z.object({ id: z.string(), prompt: z.string() }).nullable(),
  /** Comes after it, so that its pictures can be there already. */
  next: z.string().nullable(),
  canUndo: z.boolean(),
  /** Null until it is asked for. */
  result: voteResult.nullable(),
  /** Name of the file that the votes are appended to. */
  file: z.string(),
})
export type BlindComparisonState = z.output<typeof blindComparisonState>

export const choices = ['left', 'right', 'tie'] as const
export type Choice = (typeof choices)[number]

/** From the page. */
export const blindComparisonMessage = z.discriminatedUnion('kind', [
  openMessage,
  picturesMessage,
  z.strictObject({ version, kind: z.literal('vote'), pair: z.string().max(40), choice: z.enum(choices) }),
  z.strictObject({ version, kind: z.literal('undo') }),
  z.strictObject({ version, kind: z.literal('rater'), name: z.string().trim().min(1).max(80) }),
  z.strictObject({ version, kind: z.literal('results'), show: z.boolean() }),
])
export type BlindComparisonMessage = z.output<typeof blindComparisonMessage>
