// From a judge's free words to one of the choices. TIFA does this with sentence embeddings; that needs a
// model, so a snapper is handed in, and the one here, which only compares words, says so in its name.

/** Turns a free answer into a choice. Its name stands beside every score it took part in. */
export interface Snapper {
  readonly name: string
  /** The index of the choice meant, or -1 when none is. Never called for an answer that is a choice already. */
  snap(answer: string, choices: readonly string[], question: string): number | Promise<number>
}

const numbers = 'zero one two three four five six seven eight nine ten eleven twelve'.split(' ')

/** Words of an answer: lower-case, without punctuation and articles, small numbers as digits. */
function words(text: string): string[] {
  const all = text
    .normalize('NFKC')
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '')
    .map((word) => (numbers.includes(word) ? String(numbers.indexOf(word)) : word))
  const kept = all.filter((word) => !['a', 'an', 'the'].includes(word))
  return kept.length > 0 ? kept : all
}

/** Whether two answers are the same apart from case, punctuation, articles and `two` for `2`. */
export function sameAnswer(a: string, b: string): boolean {
  if (a === b) return true
  const left = words(a).join(' ')
  return left !== '' && left === words(b).join(' ')
}

/**
 * The choice with the largest share of words in common (Dice coefficient over word sets). No word in common
 * or a tie for the best is no choice: a guess would be scored as if the judge had said it.
 */
export const wordOverlap: Snapper = {
  name: 'word overlap',
  snap(answer, choices) {
    const said = new Set(words(answer))
    const shares = choices.map((choice) => {
      const asked = new Set(words(choice))
      const common = [...asked].filter((word) => said.has(word)).length
      return (2 * common) / (asked.size + said.size || 1)
    })
    const best = Math.max(...shares)
    return best > 0 && shares.filter((share) => share === best).length === 1 ? shares.indexOf(best) : -1
  },
}

/** The choice an answer stands for: the same words first, then the snapper. `undefined` when none. */
export async function chooseAnswer(
  answer: string,
  choices: readonly string[],
  question: string,
  snapper: Snapper = wordOverlap,
): Promise<string | undefined> {
  const exact = choices.find((choice) => choice === answer)
  if (exact !== undefined) return exact
  const same = choices.filter((choice) => sameAnswer(answer, choice))
  if (same.length === 1) return same[0]
  return choices[await snapper.snap(answer, choices, question)]
}
