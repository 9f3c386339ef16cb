// Stage 1 of SELMA: a language model writes prompts for a skill from three examples of a growing pool,
// and near copies are left out (paper, section 3.1). Not a job: lib/jobs runs this generator as one.
import type { CompletionResponse, LanguageModel } from '../base/completion.ts'
import { fail } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import type { PromptRecord } from '../data/prompt-file.ts'
import { exhausted, interrupted } from './generation-error.ts'
import {
  checkedState,
  copyState,
  freshState,
  type GenerationState,
  generationKey,
} from './generation-state.ts'
import { Judge, type RejectReason } from './judge.ts'
import { parseList } from './parse-list.ts'
import { completionCost } from './prices.ts'
import { promptRequest } from './request.ts'
import { countWords, examplesPerRequest, type Skill } from './skill.ts'

export interface GenerateOptions {
  /** Who writes. */
  llm: LanguageModel
  /** How many prompts to accept, seeds not counted. Default 1000 (paper). */
  n?: number
  /** Default 0. */
  seed?: number
  /** Rejected when its highest ROUGE-L F-measure against the pool is above; 1 keeps copies. Default 0.8 (paper). */
  threshold?: number
  /** Prompts that will be tested on and must not be learned. Default none. */
  exclude?: readonly string[]
  /** Rejected above this ROUGE-L F-measure against `exclude`; 1 leaves exact matches only. Default 0.8. */
  excludeThreshold?: number
  /** A further check, e.g. a grammar: the reason for turning a prompt down, or undefined. Must be pure. */
  accept?: (text: string) => string | undefined
  /** Prompts asked for in a request. Default 20 (paper). */
  perRequest?: number
  /** Default 1 (paper). */
  temperature?: number
  /** Default 1 (paper). */
  topP?: number
  /** Longest prompt in words. Default the skill's. */
  maxWords?: number
  /** Requests of a round, sent at once; their examples come from the pool before the round. Default 1. */
  concurrency?: number
  /** Give up after so many rounds in a row without one new prompt. Default 5. */
  maxEmptyRounds?: number
  /** Stops between or during requests. */
  signal?: AbortSignal
  /** The state of an earlier `round` event or error, to go on from there. */
  resumeFrom?: GenerationState
  /**
   * Begin with these accepted already and so many requests made, whatever brought them about: another skill or
   * threshold, a person's choice. Without them the beginning is empty. Not together with `resumeFrom`.
   */
  begin?: Pick<GenerationState, 'prompts' | 'requests'> &
    Partial<Pick<GenerationState, 'emptyRounds' | 'candidates' | 'rejected'>>
}

/** What happened. Texts come from a language model: escape them where they are shown. */
export type PromptEvent =
  | { type: 'request'; request: number; examples: string[]; prompt: string }
  | { type: 'usage'; request: number; promptTokens: number; completionTokens: number; costUSD?: number }
  | {
      type: 'accepted'
      request: number
      record: PromptRecord
      text: string
      nearest?: string
      score?: number
    }
  | {
      type: 'rejected'
      request: number
      text: string
      reason: RejectReason
      detail?: string
      nearest?: string
      score?: number
    }
  /** Left unjudged because the target was reached. */
  | { type: 'surplus'; request: number; text: string }
  | { type: 'round'; accepted: number; asked: number; state: GenerationState }

/** The prompts of a skill and how they came about. JSON-serialisable. */
export interface PromptSet {
  skill: Skill
  prompts: PromptRecord[]
  stats: {
    /** Prompts wanted. */
    asked: number
    accepted: number
    requests: number
    /** Prompts written: accepted, rejected and surplus. */
    candidates: number
    rejected: Record<RejectReason, number>
    surplus: number
  }
  llm: { name: string; kind: LanguageModel['kind'] }
  seed: number
  tokens: { prompt: number; completion: number }
  /** US dollars by the list price; undefined for a model without a known price. */
  costUSD?: number
}

/**
 * Writes prompts for a skill. Yields what happens and returns the set; `collectPrompts` only gives the set.
 *
 * Every request draws its examples and its seed from a stream of its own, so that with a deterministic
 * model the same settings give the same prompts, also when resumed after any `round` event.
 *
 * @throws SelmaError `bad-input` for bad settings or a seed prompt that is a test prompt; `mismatch` for a
 *   `resumeFrom` of other settings; PromptGenerationError `llm` (the model failed, or brought nothing new
 *   for `maxEmptyRounds` rounds) or `stopped`, with the `state` to resume from
 */
export async function* generatePrompts(
  skill: Skill,
  options: GenerateOptions,
): AsyncGenerator<PromptEvent, PromptSet, void> {
  const { llm, n = 1000, seed = 0, exclude = [], threshold = 0.8, excludeThreshold = 0.8, accept } = options
  const { perRequest = 20, temperature = 1, topP = 1, maxWords = skill.maxWords } = options
  const { concurrency = 1, maxEmptyRounds = 5, signal, resumeFrom, begin } = options
  for (const [name, value] of Object.entries({ n, perRequest, maxWords, concurrency, maxEmptyRounds })) {
    if (!Number.isInteger(value) || value < 1) {
      fail('bad-input', `${name} is ${value}`, 'give a whole number of at least 1')
    }
  }
  if (!Number.isSafeInteger(seed)) fail('bad-input', `seed is ${seed}`, 'give a whole number')
  if (!(temperature >= 0 && temperature <= 2))
    fail('bad-input', `temperature is ${temperature}`, 'give 0 to 2')
  if (!(topP > 0 && topP <= 1)) fail('bad-input', `topP is ${topP}`, 'give a number above 0, up to 1')
  if (typeof llm?.complete !== 'function') {
    fail('bad-input', 'no language model', "pass llm, e.g. openai('gpt-4o-mini') or the offline writer")
  }

  const key = generationKey({
    ...{ skill, llm, seed, threshold, exclude, excludeThreshold },
    ...{ perRequest, temperature, topP, maxWords, concurrency },
  })
  if (resumeFrom && begin) fail('bad-input', 'both resumeFrom and begin are given', 'give one of them')
  const state = resumeFrom === undefined ? freshState(key) : checkedState(resumeFrom, key)
  if (begin) Object.assign(state, copyState({ ...state, ...begin }))
  state.prompts.length = Math.min(state.prompts.length, n)
  const pool = [...skill.seeds, ...state.prompts.map(({ text }) => text)]
  const judge = new Judge(pool, { threshold, maxWords, exclude, excludeThreshold, accept })
  checkSeeds(skill, judge, maxWords)
  const root = new Random(seed).derive('prompts', skill.name)

  while (state.prompts.length < n) {
    if (state.emptyRounds >= maxEmptyRounds) throw exhausted(state, n, maxEmptyRounds)
    const round = copyState(state) // an interrupted round is asked again as a whole
    const wave = Math.min(concurrency, Math.ceil((n - state.prompts.length) / perRequest))
    const requests = Array.from({ length: wave }, (_, at) => {
      const request = state.requests + at
      const random = root.derive(request)
      const examples = random.sample(pool, examplesPerRequest)
      const prompt = promptRequest(skill, examples, { count: perRequest, maxWords })
      return { request, examples, prompt, seed: random.bits() >>> 1 }
    })
    for (const { request, examples, prompt } of requests) yield { type: 'request', request, examples, prompt }
    const maxTokens = perRequest * (2 * maxWords + 8) + 64
    const answers = await askAll(llm, requests, { maxTokens, temperature, topP, signal }).catch((error) => {
      throw interrupted(error, round, n, signal)
    })
    for (const [at, answer] of answers.entries()) {
      const { request } = requests[at]
      const { promptTokens, completionTokens } = answer
      state.tokens.prompt += promptTokens
      state.tokens.completion += completionTokens
      const costUSD = cost(llm, { prompt: promptTokens, completion: completionTokens })
      yield { type: 'usage', request, promptTokens, completionTokens, costUSD }
      const list = parseList(answer.text, { truncated: completionTokens >= maxTokens })
      state.candidates += list.candidates.length + list.rejected.length
      state.rejected.unreadable += list.rejected.length
      for (const { line, reason } of list.rejected) {
        yield { type: 'rejected', request, text: line, reason: 'unreadable', detail: reason }
      }
      for (const text of list.candidates) {
        if (state.prompts.length >= n) {
          state.surplus++
          yield { type: 'surplus', request, text }
          continue
        }
        const { accepted, reason, ...rest } = judge.judge(text)
        if (!accepted) {
          state.rejected[reason!]++
          yield { type: 'rejected', request, text, reason: reason!, ...rest }
          continue
        }
        const id = `${skill.name}-${String(state.prompts.length + 1).padStart(4, '0')}`
        const record: PromptRecord = { id, skill: skill.name, text }
        state.prompts.push(record)
        pool.push(text)
        yield { type: 'accepted', request, record, text, ...rest }
      }
    }
    state.requests += wave
    state.emptyRounds = state.prompts.length > round.prompts.length ? 0 : round.emptyRounds + 1
    yield { type: 'round', accepted: state.prompts.length, asked: n, state: copyState(state) }
  }

  const { prompts, requests, candidates, rejected, surplus, tokens } = state
  return {
    skill,
    prompts,
    stats: { asked: n, accepted: prompts.length, requests, candidates, rejected, surplus },
    llm: { name: llm.name, kind: llm.kind },
    seed,
    tokens,
    costUSD: cost(llm, tokens),
  }
}

/** `generatePrompts` run to its end; `onEvent` hears every event on the way. */
export async function collectPrompts(
  skill: Skill,
  { onEvent, ...options }: GenerateOptions & { onEvent?: (event: PromptEvent) => void },
): Promise<PromptSet> {
  const events = generatePrompts(skill, options)
  for (;;) {
    const step = await events.next()
    if (step.done) return step.value
    onEvent?.(step.value)
  }
}

async function askAll(
  llm: LanguageModel,
  requests: readonly { prompt: string; seed: number }[],
  shared: { maxTokens: number; temperature: number; topP: number; signal?: AbortSignal },
): Promise<CompletionResponse[]> {
  shared.signal?.throwIfAborted()
  const stop = new AbortController()
  const signal = shared.signal ? AbortSignal.any([shared.signal, stop.signal]) : stop.signal
  try {
    return await Promise.all(requests.map((request) => llm.complete({ ...shared, ...request, signal })))
  } catch (error) {
    stop.abort() // the other requests of the round are of no use now
    throw error
  }
}

function checkSeeds(skill: Skill, judge: Judge, maxWords: number): void {
  for (const seed of skill.seeds) {
    const test = judge.testPrompt(seed)
    if (test) {
      fail(
        'bad-input',
        `the seed "${seed}" is too near to the test prompt "${test.text}"`,
        'use another seed',
      )
    }
    if (countWords(seed) > maxWords) {
      fail('bad-input', `the seed "${seed}" has more than ${maxWords} words`, 'raise maxWords')
    }
  }
}

function cost(llm: LanguageModel, tokens: { prompt: number; completion: number }): number | undefined {
  return llm.kind === 'offline-writer' ? 0 : completionCost(llm.name, tokens)
}
