// What the image grid and its page say to each other. The state is small; what is in the rows comes in pieces after
// `open`, pictures when they are shown.
import { z } from 'zod'
import { openMessage, picturesMessage, version } from './common.ts'

export const imageGridState = z.object({
  version,
  title: z.string(),
  /** Names of the columns. */
  models: z.array(z.string()),
  rows: z.int().nonnegative(),
  pictures: z.int().nonnegative(),
  /** Who answered the questions; null where there are none. */
  judge: z.string().nullable(),
})
export type ImageGridState = z.output<typeof imageGridState>

/** A prompt and what is asked about its pictures; several rows (seeds) may share it. */
export const gridItem = z.object({
  prompt: z.string(),
  skill: z.string(),
  questions: z.array(z.object({ text: z.string(), parents: z.array(z.int().nonnegative()) })),
})
export type GridItem = z.output<typeof gridItem>

/** A picture: what it was made with, and for each question of its item how it did. */
export const gridCell = z.object({
  settings: z.string(),
  /** A letter a question: `1` passed, `0` failed, `x` failed because a question it depends on did; empty without. */
  outcomes: z.string().regex(/^[10x]*$/),
  /** The judge's words. */
  said: z.array(z.string()),
})
export type GridCell = z.output<typeof gridCell>

/** One prompt and seed, with a picture a model; it is asked for as `<row>:<model>`. */
export const gridRow = z.object({
  item: z.int().nonnegative(),
  seed: z.number().nullable(),
  cells: z.array(gridCell.nullable()),
})
export type GridRow = z.output<typeof gridRow>

/** From the page. */
export const imageGridMessage = z.discriminatedUnion('kind', [openMessage, picturesMessage])
export type ImageGridMessage = z.output<typeof imageGridMessage>

/** To the page: rows from `from` on, and the items that they are the first to name, which follow those sent before. */
export interface ImageGridAnswer {
  version: 1
  kind: 'rows'
  view: string
  from: number
  items: GridItem[]
  rows: GridRow[]
}
