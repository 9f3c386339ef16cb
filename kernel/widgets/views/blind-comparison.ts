// Blind comparison: a person chooses between pictures of two models without knowing which is which. Order and sides
// are shuffled from a seed and the rater's name; votes are kept in a file that can be gone on with.
import { basename, resolve } from 'node:path'
import { fail } from '../../../lib/base/errors.ts'
import { Random } from '../../../lib/base/random.ts'
import {
  type BlindComparisonMessage,
  type BlindComparisonState,
  blindComparisonMessage,
  type Choice,
  type VoteResult,
} from '../../../lib/messages/views/blind-comparison.ts'
import { summarizeVotes } from '../../../lib/metrics/index.ts'
import { DISPLAY } from '../../display/formatters.ts'
import type { MimeBundle } from '../../outputs.ts'
import { brief } from './brief.ts'
import { type Compared, type Pair, type PairOptions, pairsOf } from './pairs.ts'
import { mimeOf } from './picture-source.ts'
import { View } from './view.ts'
import { type KeptVote, VoteFile } from './vote-file.ts'
import { votePicture } from './vote-picture.ts'

export interface BlindComparisonOptions extends PairOptions {
  /** Who judges. Default 'me'; the page can change it. */
  rater?: string
  /** JSON lines that votes are appended to. Default 'votes.jsonl' in the working directory. */
  file?: string
  /** Order and sides come from it. Default 0. */
  shuffle?: number
  /** How the models are called; default their own names. */
  names?: readonly [string, string]
  /** Stands above it. */
  title?: string
}

/** Pairs whose pictures are kept, so that they need not be drawn again at once. */
const kept = 4
const finite = (value: number) => (Number.isFinite(value) ? value : null)

export class BlindComparison extends View<BlindComparisonState, BlindComparisonMessage> {
  readonly #ready: Promise<void>
  readonly #file: VoteFile
  readonly #names: readonly [string, string]
  readonly #shuffle: number
  readonly #drawn = new Map<string, Promise<Uint8Array>>()
  #rater: string
  #pairs: readonly Pair[] = []
  #order: number[] = []
  #votes: KeptVote[] = []
  #revealed = false
  /** Ids of pairs begin with it: another rater sees other sides under the same numbers. */
  #round = 0
  #now: string | null = null

  constructor(a: Compared, b: Compared, options: BlindComparisonOptions = {}) {
    const { rater = 'me', file = 'votes.jsonl', shuffle = 0, title = '', names, ...rest } = options
    const given = names ?? [nameOf(a, 'A'), nameOf(b, 'B')]
    if (given[0] === given[1])
      fail(
        'bad-input',
        `both models are called ${given[0]}`,
        "tell them apart: { names: ['base', 'merged'] }",
      )
    const path = resolve(file)
    super({
      name: 'blind-comparison',
      messages: blindComparisonMessage,
      state: {
        version: 1,
        title: brief(title, 200),
        names: [brief(given[0], 80), brief(given[1], 80)],
        rater: brief(rater, 80),
        total: 0,
        done: 0,
        pair: null,
        next: null,
        canUndo: false,
        result: null,
        file: basename(path),
      },
    })
    this.#names = given
    this.#rater = rater
    this.#file = new VoteFile(path)
    this.#shuffle = shuffle
    this.#ready = this.#open(a, b, rest)
    this.#ready.catch((error) => this.complain(error))
  }

  async #open(a: Compared, b: Compared, options: PairOptions): Promise<void> {
    this.#pairs = await pairsOf(a, b, options)
    await this.#begin(this.#rater)
  }

  /** The votes so far, of all raters, undone ones left out. */
  get votes(): readonly KeptVote[] {
    return this.#votes
  }

  async #begin(rater: string): Promise<void> {
    this.#rater = rater
    this.#round++
    const random = new Random(this.#shuffle).derive('order', rater)
    this.#order = random.shuffle(this.#pairs.map((_, at) => at))
    this.#votes = await this.#file.read(...this.#names)
    this.#show()
  }

  #id(at: number): string {
    return `${this.#round}-${at}`
  }

  #pairOf(id: string): Pair | undefined {
    const [round, at] = id.split('-').map(Number)
    return round === this.#round ? this.#pairs[at] : undefined
  }

  #leftOf(pair: Pair): 'a' | 'b' {
    return new Random(this.#shuffle).derive('side', this.#rater, pair.key).chance(0.5) ? 'a' : 'b'
  }

  #show(): void {
    const known = new Set(this.#pairs.map(({ key }) => key))
    const own = this.#votes.filter(({ rater, pair }) => rater === this.#rater && known.has(pair))
    const judged = new Set(own.map(({ pair }) => pair))
    const open = this.#order.filter((at) => !judged.has(this.#pairs[at].key))
    const [now, next] = open
    this.#now = now === undefined ? null : this.#id(now)
    this.share({
      rater: brief(this.#rater, 80),
      total: this.#pairs.length,
      done: judged.size,
      pair: this.#now === null ? null : { id: this.#now, prompt: brief(this.#pairs[now].prompt) },
      next: next === undefined ? null : this.#id(next),
      canUndo: own.length > 0,
      result: this.#revealed ? this.#result() : null,
    })
  }

  #result(): VoteResult {
    const counts = new Map<string, number>()
    for (const { rater } of this.#votes) counts.set(rater, (counts.get(rater) ?? 0) + 1)
    const raters = [...counts].map(([name, votes]) => ({ name: brief(name, 80), votes }))
    const none = { mean: null, low: null, high: null }
    const empty = {
      votes: 0,
      wins: 0,
      losses: 0,
      ties: 0,
      rate: none,
      byPrompt: none,
      prompts: 0,
      agreement: null,
    }
    if (this.#votes.length === 0) return { ...empty, raters }
    const { wins, byPrompt, agreement } = summarizeVotes(this.#votes)
    return {
      votes: this.#votes.length,
      wins: wins.wins,
      losses: wins.losses,
      ties: wins.ties,
      rate: { mean: finite(wins.rate), low: finite(wins.low), high: finite(wins.high) },
      byPrompt: { mean: finite(byPrompt.mean), low: finite(byPrompt.low), high: finite(byPrompt.high) },
      prompts: byPrompt.n,
      raters,
      agreement: agreement ? { ...agreement, kappa: finite(agreement.kappa) } : null,
    }
  }

  protected override async receive(message: BlindComparisonMessage): Promise<void> {
    await this.#ready
    if (message.kind === 'pictures') for (const id of message.ids) await this.#sendPicture(id)
    else if (message.kind === 'vote') await this.#vote(message.pair, message.choice)
    else if (message.kind === 'undo') await this.#undo()
    else if (message.kind === 'rater') await this.#begin(message.name)
    else if (message.kind === 'results') {
      this.#revealed = message.show
      if (message.show) this.#votes = await this.#file.read(...this.#names)
      this.#show()
    } else this.#show()
  }

  #about(pair: Pair) {
    const [a, b] = this.#names
    const time = new Date().toISOString()
    return { version: 1, time, rater: this.#rater, a, b, item: pair.item, pair: pair.key } as const
  }

  async #vote(id: string, choice: Choice): Promise<void> {
    // A key pressed twice is one vote: the second is about a pair that is no longer there.
    const pair = this.#pairOf(id)
    if (id !== this.#now || !pair) return
    const left = this.#leftOf(pair)
    const right = left === 'a' ? 'b' : 'a'
    const winner = choice === 'tie' ? 'tie' : choice === 'left' ? left : right
    const vote: KeptVote = { ...this.#about(pair), prompt: pair.prompt, left, choice, winner }
    await this.#file.append(vote)
    this.#votes = [...this.#votes, vote]
    this.#show()
  }

  async #undo(): Promise<void> {
    const known = new Map(this.#pairs.map((pair) => [pair.key, pair]))
    const last = this.#votes.findLast(({ rater, pair }) => rater === this.#rater && known.has(pair))
    const pair = last && known.get(last.pair)
    if (!pair) return
    await this.#file.append({ ...this.#about(pair), undo: true })
    this.#votes = this.#votes.filter((vote) => vote !== last)
    // It is asked again at once.
    const at = this.#pairs.indexOf(pair)
    this.#order = [at, ...this.#order.filter((one) => one !== at)]
    this.#show()
  }

  async #sendPicture(id: string): Promise<void> {
    const [name, side] = id.split(':')
    const answer = { version: 1, kind: 'picture', id, mime: 'image/png' } as const
    try {
      const pair = this.#pairOf(name) ?? fail('not-found', 'there is no such pair')
      if (side !== 'left' && side !== 'right') fail('bad-input', 'a picture is left or right')
      const isA = (side === 'left') === (this.#leftOf(pair) === 'a')
      const bytes = await this.#bytes(`${pair.key} ${isA}`, pair.bytes[isA ? 0 : 1])
      this.tell({ ...answer, mime: mimeOf(bytes) }, [bytes])
    } catch (error) {
      this.tell({ ...answer, missing: brief((error as Error).message, 300) })
    }
  }

  #bytes(key: string, make: () => Promise<Uint8Array>): Promise<Uint8Array> {
    const known = this.#drawn.get(key) ?? make()
    this.#drawn.set(key, known)
    known.catch(() => this.#drawn.delete(key))
    for (const old of this.#drawn.keys()) if (this.#drawn.size > 2 * kept) this.#drawn.delete(old)
    return known
  }

  override toString(): string {
    const [a, b] = this.#names
    const head = `Blind comparison of ${a} and ${b}: ${this.#pairs.length} pairs, ${this.#votes.length} votes in ${basename(this.#file.path)}`
    if (!this.#revealed || this.#votes.length === 0) return head
    const { rate, wins, losses, ties } = this.#result()
    const share = (value: number | null) => (value === null ? '–' : `${(100 * value).toFixed(0)} %`)
    return `${head}\n${a} wins ${wins}, loses ${losses}, ties ${ties}: ${share(rate.mean)} (95 %: ${share(rate.low)} to ${share(rate.high)}), ties left out`
  }

  override async [DISPLAY](): Promise<MimeBundle> {
    await this.#ready.catch(() => {})
    return super[DISPLAY]()
  }

  /** How far it is; and the result, once that was asked for. */
  protected override async picture(): Promise<Uint8Array | undefined> {
    const result = this.#revealed ? this.#result() : undefined
    return votePicture({ names: this.#names, pairs: this.#pairs.length, votes: this.#votes.length, result })
  }
}

function nameOf(one: Compared, other: string): string {
  return 'name' in one && typeof one.name === 'string' ? one.name : other
}

/**
 * Shows a person two pictures at a time, and asks which is better.
 *
 * @param a, b two models (which draw `prompts` × `seeds` as they are needed), or two sets of pictures: scores,
 *   datasets, drawn pictures, paired by prompt and seed
 * @throws SelmaError `bad-input` when both have one name
 */
export function blindComparison(
  a: Compared,
  b: Compared,
  options: BlindComparisonOptions = {},
): BlindComparison {
  return new BlindComparison(a, b, options)
}
