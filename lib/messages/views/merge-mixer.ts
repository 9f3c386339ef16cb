// What the merge mixer and its page say to each other. Pictures are asked for as `base:<at>` and `<mixId>:<at>`,
// where `mixId` names settings.
import { z } from 'zod'
import { openMessage, picturesMessage, version } from './common.ts'

/** How the experts are mixed: one weight an expert, and what the method takes (see lib/merging). */
export const mixSettings = z.strictObject({
  method: z.string().max(40),
  weights: z.array(z.number().min(-100).max(100)).max(100),
  /** Share of the numbers that a pruning method keeps. */
  density: z.number().gt(0).max(1),
  majoritySign: z.enum(['total', 'frequency']),
  /** Of DARE's masks. */
  seed: z.int().nonnegative(),
  /** Of the result; null is the method's own. */
  rank: z.int().min(1).nullable(),
})
export type MixSettings = z.output<typeof mixSettings>

/** A merge method, and which settings it takes. */
export const mixMethod = z.object({
  name: z.string(),
  about: z.string(),
  density: z.boolean(),
  majoritySign: z.boolean(),
  seed: z.boolean(),
  rank: z.boolean(),
  /** The weight of each expert when all are equal. */
  equal: z.number(),
})
export type MixMethod = z.output<typeof mixMethod>

const matrix = z.array(z.array(z.number().nullable()))

/** The experts in numbers; null stands for numbers that cannot be had. */
export const expertNumbers = z.object({
  layers: z.array(z.string()),
  /** Of the weight changes, Frobenius: one row an expert, one number a layer. */
  norms: matrix,
  cosine: matrix,
  /** Share of the weights that two experts change in opposite directions. */
  conflict: matrix,
})
export type ExpertNumbers = z.output<typeof expertNumbers>

const problem = z.object({ message: z.string(), hint: z.string().nullable() })

export const mergeMixerState = z.object({
  version,
  title: z.string(),
  base: z.string(),
  experts: z.array(z.string()),
  methods: z.array(mixMethod),
  /** Ranks that can be chosen go up to it. */
  largestRank: z.int(),
  /** As they were at the start. */
  initial: mixSettings,
  settings: mixSettings,
  /** What is drawn. */
  items: z.array(z.object({ prompt: z.string(), seed: z.number() })),
  /** How it is drawn, in words. */
  drawnWith: z.string(),
  /** How many of the base's pictures are there. */
  baseDone: z.int(),
  /** The settings' name, and how many of their pictures are there. */
  mixId: z.string(),
  mixDone: z.int(),
  /** What is being done, and how much of it; null when nothing is. */
  work: z.object({ what: z.enum(['base', 'merge', 'mix']), share: z.number() }).nullable(),
  /** Why these settings give no pictures. */
  problem: problem.nullable(),
  /** Null until they are computed. */
  numbers: expertNumbers.nullable(),
  /** Folder of the last save. */
  saved: z.string().nullable(),
})
export type MergeMixerState = z.output<typeof mergeMixerState>

/** From the page. */
export const mergeMixerMessage = z.discriminatedUnion('kind', [
  openMessage,
  picturesMessage,
  z.strictObject({ version, kind: z.literal('mix'), settings: mixSettings }),
  z.strictObject({ version, kind: z.literal('halt') }),
  z.strictObject({
    version,
    kind: z.literal('save'),
    folder: z.string().trim().min(1).max(1_000),
    name: z.string().trim().min(1).max(80),
    /** What is there may be replaced. */
    overwrite: z.boolean(),
  }),
])
export type MergeMixerMessage = z.output<typeof mergeMixerMessage>

/** To the page, about a `save`: done, or there is an expert already and it was not to be replaced. */
export interface MergeMixerAnswer {
  version: 1
  kind: 'saved' | 'exists'
  folder: string
}
