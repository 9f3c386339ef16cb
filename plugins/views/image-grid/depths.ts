// Where each question stands in the graph of those that depend on one another.
import type { GridItem } from '../../../lib/messages/views/image-grid.ts'

export type Questions = GridItem['questions']

/** How many steps each question is from one that depends on nothing; a circle of dependencies ends somewhere. */
export function depths(questions: Questions): number[] {
  const known: (number | undefined)[] = []
  const depth = (at: number, seen: number[]): number => {
    if (known[at] !== undefined) return known[at]
    if (seen.includes(at)) return 0
    const parents = questions[at].parents.filter((parent) => parent !== at && questions[parent])
    const found = parents.length === 0 ? 0 : 1 + Math.max(...parents.map((one) => depth(one, [...seen, at])))
    if (seen.length === 0) known[at] = found
    return found
  }
  return questions.map((_, at) => depth(at, []))
}
