// Where each question stands in the graph of those that depend on one another.
import type { GridItem } from '../../../lib/messages/views/image-grid.ts'

export type Questions = GridItem['questions']

/**
 * How many steps each question is from one that depends on nothing. Questions come after those they depend on; where
 * one does not (in a circle, say), that dependency does not count.
 */
export function depths(questions: Questions): number[] {
  const known: number[] = []
  for (const [at, { parents }] of questions.entries()) {
    const before = parents.filter((parent) => parent < at).map((parent) => known[parent])
    known.push(before.length === 0 ? 0 : 1 + Math.max(...before))
  }
  return known
}
