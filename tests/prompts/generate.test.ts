import { describe, expect, it } from 'vitest'
import type { CompletionRequest, LanguageModel } from '../../lib/base/completion.ts'
import { SelmaError } from '../../lib/base/errors.ts'
import {
  collectPrompts,
  type GenerateOptions,
  generatePrompts,
  type PromptEvent,
} from '../../lib/prompts/generate.ts'
import { PromptGenerationError } from '../../lib/prompts/generation-error.ts'
import type { GenerationState } from '../../lib/prompts/generation-state.ts'
import { rougeL } from '../../lib/prompts/rouge-l.ts'
import { skill } from '../../lib/prompts/skill.ts'
import { answering, wordsmith } from './support.ts'

const odd = skill('odd', {
  teaches: 'odd scenes',
  seeds: ['a cow reads the news', 'two clouds knit a scarf', 'a lamp rests in the attic'],
})

async function run(options: GenerateOptions) {
  const events: PromptEvent[] = []
  const set = await collectPrompts(odd, { ...options, onEvent: (event) => events.push(event) })
  return { set, events, texts: set.prompts.map(({ text }) => text) }
}

async function failure(options: GenerateOptions): Promise<PromptGenerationError> {
  const error = await collectPrompts(odd, options).then(
    () => undefined,
    (thrown) => thrown,
  )
  expect(error).toBeInstanceOf(PromptGenerationError)
  return error
}

describe('generatePrompts', () => {
  it('gives exactly n prompts, none near another or a seed', async () => {
    const { set, texts } = await run({ llm: wordsmith(), n: 130 })
    expect(texts).toHaveLength(130)
    const all = [...odd.seeds, ...texts]
    for (let i = 0; i < all.length; i++) {
      for (let j = 0; j < i; j++) expect(rougeL(all[i], all[j]).fmeasure).toBeLessThanOrEqual(0.8)
    }
    expect(set.prompts[0]).toEqual({ id: 'odd-0001', skill: 'odd', text: texts[0] })
    expect(set.prompts.at(-1)?.id).toBe('odd-0130')
    expect(JSON.parse(JSON.stringify(set)).prompts).toEqual(set.prompts)
  })

  it('accounts for every prompt that was written', async () => {
    const { set, events } = await run({ llm: wordsmith(), n: 65, maxWords: 8 })
    const { stats } = set
    const rejected = Object.values(stats.rejected).reduce((sum, count) => sum + count, 0)
    expect(stats.accepted + rejected + stats.surplus).toBe(stats.candidates)
    expect(stats.candidates).toBe(20 * stats.requests)
    expect(stats.rejected['near-duplicate']).toBeGreaterThan(0)
    expect(events.filter(({ type }) => type === 'rejected')).toHaveLength(rejected)
    expect(events.filter(({ type }) => type === 'accepted')).toHaveLength(65)
    expect(set.tokens.completion).toBe(160 * stats.requests)
    expect(set).toMatchObject({ llm: { name: 'wordsmith', kind: 'llm' }, seed: 0, costUSD: undefined })
    for (const event of events) {
      if (event.type !== 'rejected' || event.reason !== 'near-duplicate') continue
      expect(event.score).toBeGreaterThan(0.8)
      expect(event.score).toBe(rougeL(event.nearest ?? '', event.text).fmeasure)
    }
  })

  it('gives the same for the same seed and other prompts for another', async () => {
    const first = await run({ llm: wordsmith(), n: 50, seed: 42 })
    const again = await run({ llm: wordsmith(), n: 50, seed: 42 })
    const other = await run({ llm: wordsmith(), n: 50, seed: 43 })
    expect(again).toEqual(first)
    expect(other.texts).not.toEqual(first.texts)
  })

  it('draws three different examples a request, from seeds first and from the whole pool later', async () => {
    const asked: CompletionRequest[] = []
    const { events, texts } = await run({ llm: wordsmith({ asked }), n: 200 })
    const examples = events.flatMap((event) => (event.type === 'request' ? [event.examples] : []))
    expect(new Set(examples[0])).toEqual(new Set(odd.seeds))
    for (const three of examples) expect(new Set(three).size).toBe(3)
    expect(
      examples
        .slice(1)
        .flat()
        .some((text) => texts.includes(text)),
    ).toBe(true)
    expect(asked[0]).toMatchObject({ temperature: 1, topP: 1 })
    expect(new Set(asked.map(({ seed }) => seed)).size).toBe(asked.length)
  })

  it.each([1, 3])('goes on from any round as if it had never stopped (%i at once)', async (concurrency) => {
    const options = { llm: wordsmith(), n: 150, seed: 7, concurrency }
    const whole = await run(options)
    const states = whole.events.flatMap((event) => (event.type === 'round' ? [event.state] : []))
    expect(states.length).toBeGreaterThan(2)
    for (const state of states) {
      const resumeFrom: GenerationState = JSON.parse(JSON.stringify(state))
      const resumed = await run({ ...options, resumeFrom })
      expect(resumed.set).toEqual(whole.set)
      expect(resumeFrom).toEqual(state) // what was passed in is left alone
    }
  })

  it('sends a round at once, never more than are still needed', async () => {
    let now = 0
    let most = 0
    const inner = wordsmith()
    const llm: LanguageModel = {
      ...inner,
      async complete(request) {
        most = Math.max(most, ++now)
        await new Promise((done) => setTimeout(done, 5))
        now--
        return inner.complete(request)
      },
    }
    const { set } = await run({ llm, n: 30, concurrency: 4 })
    expect(most).toBe(2)
    expect(set.prompts).toHaveLength(30)
  })

  it('leaves test prompts out: equal ones, near ones, and says which', async () => {
    const base = await run({ llm: wordsmith(), n: 40 })
    const exclude = [base.texts[3].toUpperCase(), `${base.texts[5]} indeed`]
    const clean = await run({ llm: wordsmith(), n: 40, exclude })
    expect(clean.texts).not.toContain(base.texts[3])
    expect(clean.texts).not.toContain(base.texts[5])
    expect(clean.set.stats.rejected['test-prompt']).toBeGreaterThanOrEqual(2)
    const event = clean.events.find((e) => e.type === 'rejected' && e.text === base.texts[3])
    expect(event).toMatchObject({ reason: 'test-prompt', score: 1, nearest: exclude[0] })
    const exact = await run({ llm: wordsmith(), n: 40, exclude, excludeThreshold: 1 })
    expect(exact.texts).not.toContain(base.texts[3])
    expect(exact.texts).toContain(base.texts[5])
  })

  it('refuses a seed that is a test prompt', async () => {
    const exclude = ['Two clouds knit a scarf!']
    await expect(run({ llm: wordsmith(), exclude })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('"two clouds knit a scarf" is too near to the test prompt'),
    })
  })

  it('asks the further check and keeps what it says', async () => {
    const accept = (text: string) => (/lamp|kite/.test(text) ? undefined : 'no lamp and no kite')
    const { texts, set, events } = await run({ llm: wordsmith(), n: 20, accept })
    for (const text of texts) expect(text).toMatch(/lamp|kite/)
    expect(set.stats.rejected.refused).toBeGreaterThan(0)
    expect(events.find((event) => event.type === 'rejected' && event.reason === 'refused')).toMatchObject({
      detail: 'no lamp and no kite',
    })
  })

  it('gives up on rubbish after some rounds, with the count', async () => {
    const error = await failure({ llm: answering('### nothing', '***'), n: 10, maxEmptyRounds: 3 })
    expect(error.code).toBe('llm')
    expect(error.message).toContain('asked 3 times in a row')
    expect(error.message).toContain('accepted 0 of 10 asked (rejected: 3 unreadable)')
    expect(error.hint).toContain('no lists of prompts')
    expect(error.state.requests).toBe(3)
  })

  it('gives up on empty answers', async () => {
    const error = await failure({ llm: answering(''), n: 10 })
    expect(error.message).toContain('asked 5 times in a row and its answers are empty: accepted 0 of 10')
  })

  it('gives up when the model only repeats itself, and keeps what it had', async () => {
    const error = await failure({ llm: answering('1. a green whale\n2. seven tin spoons'), n: 10 })
    expect(error.message).toContain('accepted 2 of 10 asked (rejected: 10 near-duplicate)')
    expect(error.state.prompts.map(({ text }) => text)).toEqual(['a green whale', 'seven tin spoons'])
    const more = await run({
      llm: answering('1. nine brass bells\n2. an upside down house'),
      n: 4,
      resumeFrom: error.state,
    })
    expect(more.texts).toEqual([
      'a green whale',
      'seven tin spoons',
      'nine brass bells',
      'an upside down house',
    ])
  })

  it('keeps what was accepted when the model fails half way, and can go on', async () => {
    const inner = wordsmith()
    let calls = 0
    const flaky: LanguageModel = {
      ...inner,
      complete: (request) =>
        ++calls === 3
          ? Promise.reject(new SelmaError('llm', 'the server burned down', { hint: 'build a new one' }))
          : inner.complete(request),
    }
    const error = await failure({ llm: flaky, n: 100 })
    expect(error).toMatchObject({
      code: 'llm',
      message: expect.stringMatching(/^the server burned down; accepted \d+ of 100 asked/),
      hint: 'build a new one; pass error.state as resumeFrom to go on',
    })
    expect(error.state.prompts.length).toBeGreaterThan(0)
    const resumed = await run({ llm: flaky, n: 100, resumeFrom: error.state })
    expect(resumed.texts).toEqual((await run({ llm: inner, n: 100 })).texts)
  })

  it('stops when asked to, with the state', async () => {
    const stop = new AbortController()
    const inner = wordsmith()
    let calls = 0
    const llm: LanguageModel = {
      ...inner,
      complete: (request) => {
        if (++calls === 2) stop.abort()
        request.signal?.throwIfAborted()
        return inner.complete(request)
      },
    }
    const error = await failure({ llm, n: 100, signal: stop.signal })
    expect(error.code).toBe('stopped')
    expect(error.state.requests).toBe(1)
    expect(await failure({ llm, n: 5, signal: AbortSignal.abort() })).toMatchObject({ code: 'stopped' })
  })

  it('drops the half prompt of an answer that hit the token limit', async () => {
    const llm: LanguageModel = {
      name: 'long',
      kind: 'llm',
      complete: async ({ maxTokens }) => ({
        text: '4. nine brass bells\n5. an upside do',
        promptTokens: 1,
        completionTokens: maxTokens,
      }),
    }
    const { texts } = await run({ llm, n: 1 })
    expect(texts).toEqual(['nine brass bells'])
    expect((await failure({ llm, n: 2 })).state.prompts).toHaveLength(1)
  })

  it('knows the price of a model in the table, and that the offline writer is free', async () => {
    const priced = await run({ llm: { ...wordsmith(), name: 'gpt-4o-mini' }, n: 20 })
    const { prompt, completion } = priced.set.tokens
    expect(priced.set.costUSD).toBeCloseTo((prompt * 0.15 + completion * 0.6) / 1e6, 12)
    const usage = priced.events.flatMap((event) => (event.type === 'usage' ? [event.costUSD ?? 0] : []))
    expect(usage.reduce((sum, cost) => sum + cost, 0)).toBeCloseTo(priced.set.costUSD ?? Number.NaN, 12)
    expect((await run({ llm: { ...wordsmith(), kind: 'offline-writer' }, n: 20 })).set.costUSD).toBe(0)
  })

  it.each([
    [{ n: 0 }, 'n is 0'],
    [{ n: 2.5 }, 'n is 2.5'],
    [{ perRequest: 0 }, 'perRequest is 0'],
    [{ concurrency: Number.NaN }, 'concurrency is NaN'],
    [{ threshold: 1.1 }, 'threshold is 1.1'],
    [{ excludeThreshold: -1 }, 'excludeThreshold is -1'],
    [{ temperature: 3 }, 'temperature is 3'],
    [{ topP: 0 }, 'topP is 0'],
    [{ seed: 0.5 }, 'seed is 0.5'],
    [{ maxWords: 4 }, 'more than 4 words'],
    [{ llm: undefined as never }, 'no language model'],
    [{ resumeFrom: {} as never }, 'not the state'],
  ])('refuses %j before asking anyone', async (change, message) => {
    const asked: CompletionRequest[] = []
    await expect(run({ llm: wordsmith({ asked }), ...change })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(message),
      hint: expect.any(String),
    })
    expect(asked).toEqual([])
  })

  it('refuses the state of other settings, but takes another n', async () => {
    const { events } = await run({ llm: wordsmith(), n: 30 })
    const resumeFrom = events.flatMap((event) => (event.type === 'round' ? [event.state] : []))[0]
    for (const change of [{ seed: 1 }, { threshold: 0.7 }, { exclude: ['x'] }, { llm: answering('') }]) {
      await expect(run({ llm: wordsmith(), n: 30, resumeFrom, ...change })).rejects.toMatchObject({
        code: 'mismatch',
      })
    }
    expect((await run({ llm: wordsmith(), n: 5, resumeFrom })).texts).toHaveLength(5)
    expect((await run({ llm: wordsmith(), n: 45, resumeFrom })).texts).toHaveLength(45)
  })

  it('can be left early by whoever reads the events', async () => {
    const seen: string[] = []
    for await (const event of generatePrompts(odd, { llm: wordsmith(), n: 1000 })) {
      if (event.type === 'accepted') seen.push(event.text)
      if (seen.length === 3) break
    }
    expect(seen).toEqual((await run({ llm: wordsmith(), n: 3 })).texts)
  })
})
