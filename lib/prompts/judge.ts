// Decides whether one written prompt joins the pool. Not the loop that asks for prompts: generate.ts.
import { fail } from '../base/errors.ts'
import { type Nearest, RougePool, rougeTokens } from './rouge-l.ts'
import { countWords } from './skill.ts'

/**
 * Why a prompt was turned down:
 * `unreadable` (no prompt in that line), `too-long`, `near-duplicate` (of a seed or an accepted prompt),
 * `test-prompt` (equal or too near to a prompt to be tested on), `refused` (by the `accept` check).
 */
export type RejectReason = 'unreadable' | 'too-long' | 'near-duplicate' | 'test-prompt' | 'refused'

export const rejectReasons: readonly RejectReason[] = [
  'unreadable',
  'too-long',
  'near-duplicate',
  'test-prompt',
  'refused',
]

export interface JudgeOptions {
  /** Rejected when its highest ROUGE-L F-measure against the pool is above; 1 keeps copies. Default 0.8 (paper). */
  threshold?: number
  /** Longest prompt in words. */
  maxWords: number
  /** Prompts that will be tested on. */
  exclude?: readonly string[]
  /** Rejected above this ROUGE-L F-measure against `exclude`; 1 leaves exact matches only. Default 0.8. */
  excludeThreshold?: number
  /** A further check: the reason for turning the prompt down, or undefined. */
  accept?: (text: string) => string | undefined
}

export interface Verdict {
  accepted: boolean
  reason?: RejectReason
  /** More about the reason, e.g. what the `accept` check said. */
  detail?: string
  /** The nearest text of the pool (or of `exclude` for `test-prompt`) and its ROUGE-L F-measure. */
  nearest?: string
  score?: number
}

/** The growing pool with its rules. */
export class Judge {
  readonly pool: RougePool
  readonly #threshold: number
  readonly #maxWords: number
  readonly #accept?: (text: string) => string | undefined
  readonly #exact: ReadonlyMap<string, string>
  readonly #excluded: RougePool
  readonly #excludeThreshold: number

  /**
   * @param pool what a new prompt is compared with at first: seeds, and prompts accepted before
   * @throws SelmaError `bad-input` for thresholds outside 0 to 1
   */
  constructor(pool: Iterable<string>, options: JudgeOptions) {
    const { threshold = 0.8, maxWords, exclude = [], excludeThreshold = 0.8, accept } = options
    for (const [name, value] of Object.entries({ threshold, excludeThreshold })) {
      if (!(value >= 0 && value <= 1)) {
        fail('bad-input', `${name} is ${value}`, 'give a ROUGE-L F-measure from 0 to 1; the paper has 0.8')
      }
    }
    this.pool = new RougePool(pool)
    this.#threshold = threshold
    this.#maxWords = maxWords
    this.#accept = accept
    this.#exact = new Map(exclude.map((text) => [wordKey(text), text]))
    this.#excluded = new RougePool(excludeThreshold < 1 ? exclude : [])
    this.#excludeThreshold = excludeThreshold
  }

  /** The test prompt that `text` is equal to (case and punctuation aside) or too near to. */
  testPrompt(text: string): Nearest | undefined {
    const same = this.#exact.get(wordKey(text))
    if (same !== undefined) return { score: 1, text: same, index: -1 }
    return this.#excluded.nearest(text, this.#excludeThreshold)
  }

  /** Judges one prompt and, when it is good, adds it to the pool. */
  judge(text: string): Verdict {
    const length = countWords(text)
    if (length > this.#maxWords) {
      return no('too-long', { detail: `${length} words, more than ${this.#maxWords}` })
    }
    const test = this.testPrompt(text)
    if (test) return no('test-prompt', { nearest: test.text, score: test.score })
    const nearest = this.pool.nearest(text)
    const near = nearest && { nearest: nearest.text, score: nearest.score }
    if (nearest && nearest.score > this.#threshold) return no('near-duplicate', near)
    const refusal = this.#accept?.(text)
    if (refusal !== undefined) return no('refused', { ...near, detail: refusal })
    this.pool.add(text)
    return { accepted: true, ...near }
  }
}

function no(reason: RejectReason, rest: Partial<Verdict> = {}): Verdict {
  return { accepted: false, reason, ...rest }
}

function wordKey(text: string): string {
  return rougeTokens(text).join(' ') || text
}
