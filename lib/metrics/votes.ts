// What people's choices between pictures of two models add up to: how often one wins, and whether the people agree.
// Not how votes are taken or kept (the blind comparison's view does that).
import { agreement, fleissKappa } from './agreement.ts'
import { type BootstrapOptions, bootstrapMean, type Interval } from './bootstrap.ts'
import { type WinRate, winRate } from './statistics.ts'
import { meanOf } from './tally.ts'

/** One person's choice about one pair of pictures. */
export interface Vote {
  rater: string
  /** The prompt. */
  item: string
  /** Which of its pairs: the sampling seed, or any other name. */
  pair: string
  winner: 'a' | 'b' | 'tie'
}

/** Do the raters agree? Over the pairs that all of them judged. */
export interface RaterAgreement {
  measure: "Cohen's kappa" | "Fleiss' kappa"
  /** 1 is perfect, 0 chance; NaN when everybody gave one answer throughout. */
  kappa: number
  raters: number
  /** Pairs that all raters judged. */
  n: number
}

export interface VoteSummary {
  votes: number
  raters: string[]
  /** Of single votes, ties left out, with a Wilson interval. */
  wins: WinRate
  /**
   * Mean over prompts of a's share of their votes, ties half, with a bootstrap interval over prompts: votes on the
   * same prompt are not independent, so this interval is the honest one.
   */
  byPrompt: Interval
  /** Undefined with one rater, or no pair that all have judged. */
  agreement?: RaterAgreement
}

/**
 * @throws SelmaError `bad-input` without votes
 */
export function summarizeVotes(votes: readonly Vote[], options: BootstrapOptions = {}): VoteSummary {
  const shares = votes.map(({ winner }) => ({ a: 1, b: 0, tie: 0.5 })[winner])
  const prompts = new Map<string, number[]>()
  for (const [at, { item }] of votes.entries()) {
    const known = prompts.get(item)
    if (known) known.push(shares[at])
    else prompts.set(item, [shares[at]])
  }
  const raters = [...new Set(votes.map(({ rater }) => rater))].sort()
  const byPrompt = bootstrapMean([...prompts.values()].map(meanOf), options)
  const halves = shares.map(() => 0.5)
  return {
    votes: votes.length,
    raters,
    wins: winRate(shares, halves),
    byPrompt,
    agreement: agree(votes, raters),
  }
}

function agree(votes: readonly Vote[], raters: readonly string[]): RaterAgreement | undefined {
  if (raters.length < 2) return undefined
  const pairs = new Map<string, Map<string, string>>()
  for (const { rater, item, pair, winner } of votes) {
    const key = JSON.stringify([item, pair])
    const labels = pairs.get(key) ?? new Map<string, string>()
    pairs.set(key, labels.set(rater, winner))
  }
  const judged = [...pairs.values()].filter((labels) => labels.size === raters.length)
  if (judged.length === 0) return undefined
  const lists = raters.map((rater) => judged.map((labels) => labels.get(rater) as string))
  const [first, second] = lists
  const two = raters.length === 2
  const kappa = two ? agreement(first, second).kappa : fleissKappa(lists)
  return {
    measure: two ? "Cohen's kappa" : "Fleiss' kappa",
    kappa,
    raters: raters.length,
    n: judged.length,
  }
}
