// The prompt studio's kernel side: against the stage itself, with the real offline writer, and with writers that fail.
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { comms } from '../../../../kernel/comms.ts'
import { DISPLAY } from '../../../../kernel/display/formatters.ts'
import { promptStudio } from '../../../../kernel/widgets/index.ts'
import { readPromptFile } from '../../../../lib/data/prompt-file.ts'
import { Prompts, prompts } from '../../../../lib/index.ts'
import type { CandidateRow } from '../../../../lib/messages/views/prompt-studio.ts'
import {
  collectPrompts,
  getSkill,
  type LanguageModel,
  type PromptEvent,
  PromptGenerationError,
} from '../../../../lib/prompts/index.ts'
import { openPage, say } from '../page.ts'
import { custom, kinds, odd, rowsOf, scripted, stateOf } from './prompt-studio-support.ts'
import { folder, hostile } from './support.ts'

afterEach(() => {
  comms.transport = undefined
})

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
