// What the page counts of the candidates: words of the accepted prompts, scores of all. Pure.
import type { CandidateRow } from '../../../lib/messages/views/prompt-studio.ts'

/** Words that say nothing about a prompt's subject. */
const common = new Set(
  'a an and the of on in at to is are am be it its this that these those with by for from or as there'.split(
    ' ',
  ),
)

/** Lower-cased words, as ROUGE-L has them, but of any script. */
export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []

export interface WordStatistics {
  prompts: number
  /** Words a prompt, between white space: how many prompts have so many, from the shortest to the longest. */
  lengths: { words: number; prompts: number }[]
  mean: number
  /** The most frequent words that are not among the commonest of English, and in how many prompts they are. */
  frequent: { word: string; prompts: number }[]
  /** Different words, and different pairs of neighbours, as shares of all (distinct-1 and distinct-2, Li et al. 2016). */
  distinct: { words: number; pairs: number }
  vocabulary: number
}

export function statisticsOf(texts: readonly string[], top = 10): WordStatistics {
  const lengths = new Map<number, number>()
  const inPrompts = new Map<string, number>()
  const words = new Set<string>()
  const pairs = new Set<string>()
  let wordCount = 0
  let pairCount = 0
  let sum = 0
  for (const text of texts) {
    const length = text.split(/\s+/u).filter(Boolean).length
    sum += length
    lengths.set(length, (lengths.get(length) ?? 0) + 1)
    const list = wordsOf(text)
    for (const word of new Set(list)) inPrompts.set(word, (inPrompts.get(word) ?? 0) + 1)
    for (const [at, word] of list.entries()) {
      words.add(word)
      wordCount++
      if (at === 0) continue
      pairs.add(`${list[at - 1]} ${word}`)
      pairCount++
    }
  }
  const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole)
  const known = [...lengths.keys()]
  const [low, high] = [Math.min(...known), Math.max(...known)]
  return {
    prompts: texts.length,
    lengths:
      texts.length === 0
        ? []
        : Array.from({ length: high - low + 1 }, (_, i) => ({
            words: low + i,
            prompts: lengths.get(low + i) ?? 0,
          })),
    mean: share(sum, texts.length),
    frequent: [...inPrompts]
      .filter(([word]) => !common.has(word))
      .map(([word, prompts]) => ({ word, prompts }))
      .sort((a, b) => b.prompts - a.prompts || a.word.localeCompare(b.word))
      .slice(0, top),
    distinct: { words: share(words.size, wordCount), pairs: share(pairs.size, pairCount) },
    vocabulary: words.size,
  }
}

export const bins = 50

/** How many candidates that were compared with the pool have a score in each fiftieth from 0 to 1. */
export function scoreBins(rows: readonly CandidateRow[]): { accepted: number; rejected: number }[] {
  const result = Array.from({ length: bins }, () => ({ accepted: 0, rejected: 0 }))
  for (const { score, rule, accepted } of rows) {
    if (score === null || rule === 'test-prompt') continue
    const bin = result[Math.min(bins - 1, Math.floor(score * bins))]
    if (accepted) bin.accepted++
    else bin.rejected++
  }
  return result
}

export const filters = ['judged', 'accepted', 'rejected', 'hand', 'surplus', 'changes'] as const
export type Filter = (typeof filters)[number]

/** Not judged, and nobody said anything about it. */
const isSurplus = ({ rule, hand }: CandidateRow) => rule === 'surplus' && hand === null

const kept: Record<Exclude<Filter, 'changes'>, (row: CandidateRow) => boolean> = {
  judged: (row) => !isSurplus(row),
  accepted: ({ accepted }) => accepted,
  rejected: (row) => !row.accepted && !isSurplus(row),
  hand: ({ hand }) => hand !== null,
  surplus: isSurplus,
}

/** Rows of a kind, the newest first. */
export function chosen(
  rows: readonly CandidateRow[],
  filter: Filter,
  changes: ReadonlySet<number>,
): CandidateRow[] {
  return rows.filter(filter === 'changes' ? ({ at }) => changes.has(at) : kept[filter]).reverse()
}
