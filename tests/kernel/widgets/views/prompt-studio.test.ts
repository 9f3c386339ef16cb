// The prompt studio's kernel side: against the stage itself, with the real offline writer, and with writers that fail.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { comms } from '../../../../kernel/comms.ts'
import { DISPLAY } from '../../../../kernel/display/formatters.ts'
import { type PromptStudio, promptStudio } from '../../../../kernel/widgets/index.ts'
import { Random } from '../../../../lib/base/random.ts'
import { readPromptFile } from '../../../../lib/data/prompt-file.ts'
import { Prompts, prompts } from '../../../../lib/index.ts'
import {
  type CandidateRow,
  candidateRow,
  promptStudioState,
} from '../../../../lib/messages/views/prompt-studio.ts'
import {
  collectPrompts,
  getSkill,
  type LanguageModel,
  openai,
  type PromptEvent,
  PromptGenerationError,
  skill,
} from '../../../../lib/prompts/index.ts'
import { openPage, type Sent, say } from '../page.ts'
import { folder, hostile } from './support.ts'

afterEach(() => {
  comms.transport = undefined
})
const custom = (content: object) => ({ method: 'custom', content: { version: 1, ...content } })
const kinds = (sent: readonly Sent[], kind: string) => sent.filter(({ data }) => data.content?.kind === kind)
const stateOf = (studio: PromptStudio) => promptStudioState.parse(studio.modelState().state)

/** Rows as a page that was there from the beginning has them. */
function rowsOf(sent: readonly Sent[]): CandidateRow[] {
  let rows: CandidateRow[] = []
  for (const { data } of kinds(sent, 'rows')) {
    rows = rows.slice(0, data.content.total)
    for (const row of candidateRow.array().parse(data.content.rows)) rows[row.at] = row
  }
  return rows
}

const odd = skill('odd', {
  teaches: 'odd scenes',
  seeds: ['a cow reads the news', 'two clouds knit a scarf', 'a lamp rests in the attic'],
})

/** Writes the same lists, one after the other, whatever it is asked with: near copies, long ones, rubbish. */
function scripted(): LanguageModel {
  let request = 0
  const things = 'lamp kite boat drum clock ladder piano teapot'.split(' ')
  const places = 'attic harbor desert forest kitchen valley'.split(' ')
  return {
    name: 'scripted',
    kind: 'llm',
    async complete() {
      const random = new Random(request++)
      const lines = Array.from({ length: 20 }, (_, at) => {
        const words = Array.from(
          { length: 3 },
          () => `${random.pick(things)} near the ${random.pick(places)}`,
        )
        const text = `a ${words.join(' and a ')}`
        if (random.chance(0.1)) return `${at + 4}. ${text} ${'and more '.repeat(12)}`
        return random.chance(0.1) ? 'Sure, here are more:' : `${at + 4}. ${text}`
      })
      return { text: lines.join('\n'), promptTokens: 100, completionTokens: 300 }
    },
  }
}

describe('the prompt studio', () => {
  it('accepts what the stage accepts, and tells the page of each candidate', async () => {
    const root = await folder()
    const wanted = await prompts.generate(getSkill('count'), { n: 45, shapesOnly: true, root })
    const page = openPage()
    const studio = promptStudio('count', { n: 45, shapesOnly: true })
    const made = await studio.generate()
    expect(made.records).toEqual(wanted.records)
    expect(made).toBeInstanceOf(Prompts)
    expect(made.result).toMatchObject({ stats: wanted.result?.stats, llm: wanted.result?.llm, costUSD: 0 })
    const rows = rowsOf(page.sent)
    expect(rows.filter(({ accepted }) => accepted).map(({ text }) => text)).toEqual(
      wanted.records.map(({ text }) => text),
    )
    for (const { rule, nearest, score } of rows.filter(({ rule }) => rule === 'near-duplicate')) {
      expect([rule, nearest !== null, (score ?? 0) > 0.8]).toEqual(['near-duplicate', true, true])
    }
    expect(stateOf(studio)).toMatchObject({
      writing: null,
      problem: null,
      writer: { kind: 'offline-writer' },
      counts: { accepted: 45, candidates: rows.length, byHand: 0 },
    })
    const bundle = await studio[DISPLAY]()
    expect(bundle['text/plain']).toMatch(/Prompt studio for count: 45 of 45 prompts accepted/)
    expect(bundle).toHaveProperty(['image/png'])
  })

  it.each([0, 0.45, 0.6, 0.72, 0.8, 0.9, 1])(
    'at threshold %f decides as the stage does',
    async (threshold) => {
      const options = { n: 60, seed: 3, exclude: ['a kite near the desert'] }
      const events: PromptEvent[] = []
      await collectPrompts(odd, {
        ...options,
        threshold,
        llm: scripted(),
        onEvent: (one) => events.push(one),
      }).catch((error) => expect(error).toBeInstanceOf(PromptGenerationError))
      const wanted = events.flatMap((event) => {
        if (event.type === 'accepted') return [['accepted', event.text, event.nearest, event.score]]
        if (event.type === 'surplus') return [['surplus', event.text, undefined, undefined]]
        return event.type === 'rejected' ? [[event.reason, event.text, event.nearest, event.score]] : []
      })
      const page = openPage()
      const studio = promptStudio(odd, { ...options, llm: scripted() })
      await studio.generate()
      const before = rowsOf(page.sent)
      const { accepted, rejected, total } = studio.preview(threshold)
      studio.setThreshold(threshold)
      const after = rowsOf(page.sent)
      const made = after.map(({ rule, text, nearest, score }) => [
        rule,
        text,
        nearest ?? undefined,
        score ?? undefined,
      ])
      const both = Math.min(made.length, wanted.length)
      expect(both).toBeGreaterThan(60)
      expect(made.slice(0, both)).toEqual(wanted.slice(0, both))
      // The stage stops where it has enough, or finds nothing new.
      const enough = events.filter(({ type }) => type === 'accepted').length === options.n
      const beyond = made.slice(both).map(([rule]) => rule)
      if (enough) expect(beyond.filter((rule) => rule !== 'surplus' && rule !== 'unreadable')).toEqual([])
      const changed = after.filter((row, at) => row.accepted !== before[at].accepted)
      expect(changed.map(({ at }) => at)).toEqual([...accepted, ...rejected].sort((a, b) => a - b))
      expect(studio.prompts.length).toBe(total)
      studio.setThreshold(0.8)
      expect(rowsOf(page.sent)).toEqual(before)
    },
  )

  it('goes on with what was decided by hand, and undoes it', async () => {
    const page = openPage()
    const studio = promptStudio(odd, { n: 12, llm: scripted() })
    await studio.generate()
    const first = rowsOf(page.sent)
    const kept = first.filter(({ accepted }) => accepted)
    const turnedDown = first.find(({ rule }) => rule === 'near-duplicate') as CandidateRow
    studio.reject(kept[0].at)
    studio.accept(turnedDown.at)
    studio.edit(kept[1].at, '  a whale\nsings ')
    const texts = () => studio.prompts.records.map(({ text }) => text)
    expect(texts()).toContain('a whale sings')
    expect(texts()).toContain(turnedDown.text)
    expect(texts()).not.toContain(kept[0].text)
    const [edited] = rowsOf(page.sent).filter(({ hand }) => hand === 'edit')
    expect(edited).toMatchObject({ text: 'a whale sings', original: kept[1].text, accepted: true })
    expect(studio.prompts.note).toContain('2 of them by hand')
    const decided = texts()
    await studio.generate({ n: 20 })
    expect(texts()).toHaveLength(20)
    for (const text of decided) expect(texts()).toContain(text)
    expect(texts()).not.toContain(kept[0].text)
    for (let i = 0; i < 3; i++) studio.undo()
    expect(stateOf(studio)).toMatchObject({ canUndo: false, counts: { byHand: 0 } })
    expect(rowsOf(page.sent).slice(0, first.length)).toEqual(first)
    studio.clear()
    expect([stateOf(studio).counts.candidates, rowsOf(page.sent).length]).toEqual([0, 0])
    studio.undo()
    expect(rowsOf(page.sent).slice(0, first.length)).toEqual(first)
    expect(() => studio.accept(9_999)).toThrow(/no candidate 9999/)
    expect(() => studio.edit(0, ' ')).toThrow(/cannot be empty/)
  })

  it('shows what a language model fails with, keeps everything, and goes on', async () => {
    let mode = 'good'
    const writer = scripted()
    const server = createServer(async (_request, response) => {
      if (mode === 'hang') return
      const { text } =
        mode === 'rubbish' ? { text: 'I cannot help with that.' } : await writer.complete({} as never)
      response.writeHead(mode === '429' ? 429 : 200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(
          mode === '429'
            ? { error: { message: 'slow down' } }
            : {
                choices: [{ message: { content: text } }],
                usage: { prompt_tokens: 5, completion_tokens: 5 },
              },
        ),
      )
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
    try {
      const llm = openai('m', { apiKey: 'key', baseURL, maxRetries: 0, timeoutMs: 30_000 })
      const page = openPage()
      const studio = promptStudio(odd, { n: 5, llm })
      await studio.generate()
      const rows = rowsOf(page.sent)
      for (const [how, message] of [
        ['429', /limits the rate \(429\)/],
        ['rubbish', /asked 5 times in a row and nothing new came/],
      ] as const) {
        mode = how
        say(studio, custom({ kind: 'generate', n: 30 }))
        await vi.waitFor(() => expect(stateOf(studio).problem?.message).toMatch(message), { timeout: 20_000 })
        await vi.waitFor(() => expect(stateOf(studio).writing).toBeNull())
        expect(stateOf(studio).problem?.hint).toMatch(
          how === '429' ? /try again later/ : /look at the rejected/,
        )
        expect(stateOf(studio).problem?.hint).not.toMatch(/resumeFrom|error\.state/)
        expect(rowsOf(page.sent).slice(0, rows.length)).toEqual(rows)
      }
      mode = 'hang'
      say(studio, custom({ kind: 'generate', n: 30 }))
      await vi.waitFor(() => expect(stateOf(studio).writing).not.toBeNull())
      say(studio, custom({ kind: 'generate', n: 40 }))
      await vi.waitFor(() =>
        expect(kinds(page.sent, 'error').at(-1)?.data.content.message).toMatch(/writing already/),
      )
      say(studio, custom({ kind: 'stop' }))
      await vi.waitFor(() => expect(stateOf(studio)).toMatchObject({ writing: null, problem: null }))
      mode = 'good'
      await studio.generate({ n: 30 })
      expect(studio.prompts.length).toBe(30)
      expect(stateOf(studio)).toMatchObject({ problem: null, costUSD: null, writer: { kind: 'llm' } })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }, 60_000)

  it('writes a file once, and again only when told to', async () => {
    const dir = await folder()
    const page = openPage()
    const studio = promptStudio('color', { n: 6 })
    await expect(studio.save(join(dir, 'a.jsonl'))).rejects.toThrow(/no prompts/)
    await studio.generate()
    const path = join(dir, 'a.jsonl')
    const asked = (over: boolean, to = path) =>
      say(studio, custom({ kind: 'export', view: 'v', path: to, overwrite: over }))
    asked(false)
    await vi.waitFor(() => expect(stateOf(studio).exported).toEqual({ path, count: 6 }))
    expect(await readPromptFile(path)).toEqual(studio.prompts.records)
    studio.reject(rowsOf(page.sent).find(({ accepted }) => accepted)?.at as number)
    asked(false)
    await vi.waitFor(() =>
      expect(kinds(page.sent, 'exists')[0].data.content).toMatchObject({ view: 'v', path }),
    )
    expect(await readPromptFile(path)).toHaveLength(6)
    asked(true)
    await vi.waitFor(() => expect(stateOf(studio).exported?.count).toBe(5))
    expect(await readPromptFile(path)).toEqual(studio.prompts.records)
    asked(true, join(dir, 'notes.txt'))
    await vi.waitFor(() =>
      expect(kinds(page.sent, 'error').at(-1)?.data.content.message).toMatch(/does not end in \.jsonl/),
    )
    await expect(studio.save(path)).rejects.toThrow(/is there already/)
  })

  it('writes for the skill as it was changed, and refuses what no skill can have', async () => {
    const asked: string[] = []
    const inner = scripted()
    const llm: LanguageModel = {
      ...inner,
      complete: (request) => {
        asked.push(request.prompt)
        return inner.complete(request)
      },
    }
    const page = openPage()
    const studio = promptStudio(odd, { n: 3, llm })
    const seeds = ['one whale sings', 'a fork dreams', 'the moon eats soup']
    say(studio, custom({ kind: 'skill', teaches: 'very odd scenes', seeds }))
    await vi.waitFor(() =>
      expect(stateOf(studio).described).toMatchObject({ teaches: 'very odd scenes', seeds }),
    )
    await studio.generate()
    expect(asked[0]).toContain('very odd scenes')
    for (const seed of seeds) expect(asked[0]).toContain(seed)
    expect(studio.skill.rules).toEqual(odd.rules)
    say(studio, custom({ kind: 'skill', seeds: ['one'] }))
    await vi.waitFor(() =>
      expect(kinds(page.sent, 'error').at(-1)?.data.content).toMatchObject({
        message: expect.stringContaining('has 1 seed prompts'),
        hint: expect.stringContaining('at least 3'),
      }),
    )
    expect(studio.skill.seeds).toEqual(seeds)
    expect(() => promptStudio('colour')).toThrow(/unknown skill/)
    expect(() => promptStudio(odd, { n: 0 })).toThrow(/n is 0/)
    expect(() => promptStudio(odd, { threshold: 2 })).toThrow(/threshold is 2/)
  })

  it('hands on hostile answers as text, cut to a length', async () => {
    const list = hostile.map((text, at) => `${at + 4}. ${text.replaceAll('\n', ' ')}`).join('\n')
    const llm: LanguageModel = {
      name: hostile[0],
      kind: 'llm',
      complete: async () => ({ text: list, promptTokens: 1, completionTokens: 1 }),
    }
    const page = openPage()
    const studio = promptStudio(odd, { n: 3, llm })
    await studio.generate().catch((error) => expect(error.message).toMatch(/nothing new came/))
    const rows = rowsOf(page.sent)
    expect(rows.some(({ text, accepted }) => !accepted && text.includes(hostile[0]))).toBe(true)
    const long = rows.find(({ rule, detail }) => rule === 'unreadable' && detail === 'far too long')
    expect(long?.text.length).toBeLessThan(100)
    expect(JSON.stringify(page.sent).length).toBeLessThan(400_000)
    say(studio, custom({ kind: 'generate', n: 1e9 }))
    await vi.waitFor(() =>
      expect(kinds(page.sent, 'error').at(-1)?.data.content.message).toMatch(/does not understand/),
    )
  })
})
