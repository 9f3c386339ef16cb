// Means over questions, pictures and prompts, overall and by group. What TIFA and DSG have in common.
import type { AnsweredPicture } from './collect.ts'

/** A mean score, 0 to 1, and over how many. */
export interface Tally {
  score: number
  /** Questions for a category; prompts for a skill under macro averaging, questions under micro. */
  n: number
}

/** How pictures make one number: mean of the prompts' means, or mean of all questions. */
export type Average = 'macro' | 'micro'

/** A picture's scores: one number for each of its item's questions, 0 to 1. */
export interface ScoredPicture extends AnsweredPicture {
  scores: number[]
}

/** One picture's place and score, for statistics over prompts. */
export interface PictureScore {
  itemId: string
  skill?: string
  seed: number
  trainingSeed?: number
  /** Mean of its question scores. */
  score: number
}

/** The mean; NaN of nothing. */
export function meanOf(values: readonly number[]): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

/** Groups values by a name, in order of first appearance; `undefined` is left out. */
export function groupBy<T>(items: readonly T[], name: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = name(item)
    if (key === undefined) continue
    const group = groups.get(key)
    if (group) group.push(item)
    else groups.set(key, [item])
  }
  return groups
}

/**
 * Macro: the mean over prompts of the mean over each prompt's pictures of the mean over their questions.
 * Micro: the mean over all questions of all pictures.
 */
export function averagePictures(pictures: readonly ScoredPicture[], average: Average): Tally {
  if (average === 'micro') {
    const all = pictures.flatMap(({ scores }) => scores)
    return { score: meanOf(all), n: all.length }
  }
  const prompts = [...groupBy(pictures, ({ item }) => item.id).values()]
  const means = prompts.map((group) => meanOf(group.map(({ scores }) => meanOf(scores))))
  return { score: meanOf(means), n: means.length }
}

/** The mean over questions of each category. */
export function byCategory(
  pictures: readonly ScoredPicture[],
  field: 'category' | 'categoryDetailed',
): Record<string, Tally> {
  const scored = pictures.flatMap(({ item, scores }) =>
    scores.map((score, at) => ({ score, name: item.questions[at][field] })),
  )
  return mapGroups(
    groupBy(scored, ({ name }) => name),
    (group) => ({ score: meanOf(group.map(({ score }) => score)), n: group.length }),
  )
}

/** The score of each skill, averaged as the whole is. Items without a skill are left out. */
export function bySkill(pictures: readonly ScoredPicture[], average: Average): Record<string, Tally> {
  return mapGroups(
    groupBy(pictures, ({ item }) => item.skill),
    (group) => averagePictures(group, average),
  )
}

/** Each picture's own mean. */
export function pictureScores(pictures: readonly ScoredPicture[]): PictureScore[] {
  return pictures.map(({ item, seed, trainingSeed, scores }) => ({
    itemId: item.id,
    skill: item.skill,
    seed,
    trainingSeed,
    score: meanOf(scores),
  }))
}

function mapGroups<T>(groups: Map<string, T[]>, tally: (group: T[]) => Tally): Record<string, Tally> {
  return Object.fromEntries([...groups].map(([name, group]) => [name, tally(group)]))
}
