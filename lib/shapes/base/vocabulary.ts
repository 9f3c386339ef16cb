// Byte-pair merges under which every word of a closed list is a single token, in the layout of
// CLIP's tokenizer files; any other text still encodes, into smaller pieces. Not a tokenizer:
// `lib/diffusion/tokenizer.ts` reads what is made here.
import { byteSymbols, END_TOKEN, START_TOKEN } from '../../diffusion/tokenizer.ts'

/** Learns merges (Sennrich et al. 2016) until each word is one token; ties go to the first pair in word order. */
export function learnMerges(words: readonly string[]): string[] {
  let pieces = [...new Set(words)].sort().map((word) => [...word.slice(0, -1), `${word.slice(-1)}</w>`])
  const merges: string[] = []
  while (pieces.some((word) => word.length > 1)) {
    const counts = new Map<string, number>()
    for (const word of pieces) {
      for (let i = 1; i < word.length; i++) {
        const pair = `${word[i - 1]} ${word[i]}`
        counts.set(pair, (counts.get(pair) ?? 0) + 1)
      }
    }
    let best = ''
    for (const [pair, count] of counts) if (count > (counts.get(best) ?? 0)) best = pair
    merges.push(best)
    const [left, right] = best.split(' ')
    pieces = pieces.map((word) => {
      const out: string[] = []
      for (let i = 0; i < word.length; i++) {
        if (word[i] === left && word[i + 1] === right) {
          out.push(left + right)
          i++
        } else out.push(word[i])
      }
      return out
    })
  }
  return merges
}

/** `vocab.json` and the lines of `merges.txt` for a closed list of lower-case words. */
export function clipVocabulary(words: readonly string[]): {
  vocab: Record<string, number>
  merges: string[]
} {
  const merges = learnMerges(words)
  const symbols = byteSymbols()
  const tokens = [
    ...symbols,
    ...symbols.map((symbol) => `${symbol}</w>`),
    ...merges.map((merge) => merge.replace(' ', '')),
    START_TOKEN,
    END_TOKEN,
  ]
  return { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges }
}
