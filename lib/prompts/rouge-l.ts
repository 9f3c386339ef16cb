// ROUGE-L, the measure by which a new prompt counts as a copy of one already in the pool, and a pool
// that finds the nearest text fast. Not the summary-level ROUGE-Lsum, and no stemmer.
//
// Scores follow Google's `rouge_score` 0.1.2 (RougeScorer(['rougeL'])) to the last bit, because a
// score of exactly 4/5 against 4/5 comes out as 0.8000000000000002 there and is "above 0.8".

/** Lower-cased runs of a-z and 0-9; everything else separates, as in `rouge_score.tokenize`. */
export function rougeTokens(text: string): string[] {
  return text.toLowerCase().match(/[a-z0-9]+/g) ?? []
}

export interface RougeScore {
  /** LCS length over the number of prediction tokens. */
  precision: number
  /** LCS length over the number of target tokens. */
  recall: number
  /** Harmonic mean (beta = 1); 0 where either text has no tokens. */
  fmeasure: number
}

/** ROUGE-L of two texts; the F-measure is symmetric. */
export function rougeL(target: string, prediction: string): RougeScore {
  const a = rougeTokens(target)
  const b = rougeTokens(prediction)
  if (a.length === 0 || b.length === 0) return { precision: 0, recall: 0, fmeasure: 0 }
  const ids = new Map<string, number>()
  const number = (token: string) => ids.get(token) ?? ids.set(token, ids.size).size - 1
  const length = new LcsQuery(a.map(number)).length(b.map(number))
  return {
    precision: length / b.length,
    recall: length / a.length,
    fmeasure: fmeasure(length, a.length, b.length),
  }
}

/** The text of a pool that is nearest to a query. */
export interface Nearest {
  /** ROUGE-L F-measure, 0 to 1. */
  score: number
  text: string
  /** Position in the pool, in order of adding; the earliest of equals. */
  index: number
}

/**
 * A growing set of texts, asked for the one nearest by ROUGE-L F-measure.
 *
 * Words shared (as multisets) bound the common subsequence from above, so that only texts that can
 * still win are compared; the comparison itself is bit-parallel (Hyyrö 2004), 32 tokens an operation.
 */
export class RougePool {
  readonly #texts: string[] = []
  readonly #tokens: Int32Array[] = []
  readonly #ids = new Map<string, number>()
  /** For each token id, (text index, times in it) pairs, flat. */
  readonly #postings: number[][] = []

  constructor(texts: Iterable<string> = []) {
    for (const text of texts) this.add(text)
  }

  get size(): number {
    return this.#texts.length
  }

  add(text: string): void {
    const index = this.#texts.length
    const tokens = rougeTokens(text).map((token) => {
      const known = this.#ids.get(token)
      if (known !== undefined) return known
      this.#ids.set(token, this.#postings.length)
      this.#postings.push([])
      return this.#postings.length - 1
    })
    this.#texts.push(text)
    this.#tokens.push(Int32Array.from(tokens))
    for (const [id, times] of counts(tokens)) this.#postings[id].push(index, times)
  }

  /**
   * The most similar text, `undefined` in an empty pool.
   *
   * @param above only look for scores strictly above this (faster); `undefined` when there is none
   */
  nearest(text: string, above?: number): Nearest | undefined {
    const query = rougeTokens(text).map((token) => this.#ids.get(token) ?? -1)
    const overlap = new Int32Array(this.#texts.length)
    for (const [id, times] of counts(query)) {
      const posting = id < 0 ? [] : this.#postings[id]
      for (let i = 0; i < posting.length; i += 2) overlap[posting[i]] += Math.min(times, posting[i + 1])
    }
    const lcs = new LcsQuery(query)
    let best = above ?? 0
    let index = -1
    for (let i = 0; i < overlap.length; i++) {
      const tokens = this.#tokens[i]
      if (fmeasure(overlap[i], query.length, tokens.length) <= best) continue
      const score = fmeasure(lcs.length(tokens), query.length, tokens.length)
      if (score > best) {
        best = score
        index = i
      }
    }
    if (index >= 0) return { score: best, text: this.#texts[index], index }
    return above === undefined && this.size > 0 ? { score: 0, text: this.#texts[0], index: 0 } : undefined
  }
}

/** Written as `rouge_score.scoring.fmeasure` is, so that rounding agrees. */
function fmeasure(lcs: number, lengthA: number, lengthB: number): number {
  if (lcs === 0) return 0
  const precision = lcs / lengthB
  const recall = lcs / lengthA
  return (2 * precision * recall) / (precision + recall)
}

function counts(tokens: readonly number[]): Map<number, number> {
  const out = new Map<number, number>()
  for (const token of tokens) out.set(token, (out.get(token) ?? 0) + 1)
  return out
}

/** One side of many LCS computations: for each token, the bit set of its positions. */
class LcsQuery {
  readonly #size: number
  readonly #words: number
  readonly #positions = new Map<number, Int32Array>()

  constructor(tokens: readonly number[]) {
    this.#size = tokens.length
    this.#words = Math.ceil(tokens.length / 32)
    tokens.forEach((token, at) => {
      const bits = this.#positions.get(token) ?? new Int32Array(this.#words)
      this.#positions.set(token, bits)
      bits[at >>> 5] |= 1 << (at & 31)
    })
  }

  /** Length of the longest common subsequence with `other`. */
  length(other: ArrayLike<number>): number {
    // A zero bit of `row` at i says: the LCS of query[0..i] grows by one at i.
    const row = new Int32Array(this.#words).fill(-1)
    for (let j = 0; j < other.length; j++) {
      const match = this.#positions.get(other[j])
      if (!match) continue
      let carry = 0
      for (let w = 0; w < row.length; w++) {
        const hit = row[w] & match[w]
        const sum = (row[w] >>> 0) + (hit >>> 0) + carry
        carry = sum > 0xffff_ffff ? 1 : 0
        row[w] = sum | 0 | (row[w] & ~match[w])
      }
    }
    let length = 0
    for (let i = 0; i < this.#size; i++) if ((row[i >>> 5] & (1 << (i & 31))) === 0) length++
    return length
  }
}
