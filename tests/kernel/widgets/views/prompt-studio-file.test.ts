// The prompt studio's work in a file: a second studio, as another kernel makes it, goes on where the first was.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { comms } from '../../../../kernel/comms.ts'
import { promptStudio } from '../../../../kernel/widgets/index.ts'
import { openPage, say } from '../page.ts'
import { custom, rowsOf, scripted, stateOf } from './prompt-studio-support.ts'
import { eventually, folder } from './support.ts'

afterEach(() => {
  comms.transport = undefined
})

const kept = async (file: string) => JSON.parse(await readFile(file, 'utf8'))

describe("the prompt studio's file", () => {
  it('brings back candidates, decisions by hand, threshold, skill and number, and lets undo go on', async () => {
    const file = join(await folder(), 'studio.json')
    const first = promptStudio('count', { n: 30, file })
    await first.generate()
    first.describe({ teaches: 'counting things', seeds: ['one lamp', 'two kites', 'three boats'] })
    await first.generate({ n: 45 })
    first.reject(0)
    first.edit(1, 'four drums in the attic')
    first.setThreshold(0.6)
    const texts = first.prompts.records.map(({ text }) => text)
    await eventually(async () => expect((await kept(file)).threshold).toBe(0.6))
    const [counts, described] = [stateOf(first).counts, stateOf(first).described]

    const page = openPage()
    const second = promptStudio('count', { n: 5, threshold: 0.9, file })
    expect(second.prompts.records.map(({ text }) => text)).toEqual(texts)
    expect(stateOf(second)).toMatchObject({
      counts,
      described,
      n: 45,
      threshold: 0.6,
      canUndo: true,
      kept: file,
    })
    page.news()
    say(second, custom({ kind: 'open', view: 'v-1' }))
    const rows = await eventually(() => {
      const found = rowsOf(page.sent)
      expect(found).toHaveLength(counts.candidates)
      return found
    })
    expect(rows.flatMap(({ accepted, text }) => (accepted ? [text] : []))).toEqual(texts)
    first.undo()
    second.undo()
    expect(second.prompts.records).toEqual(first.prompts.records)
    second.setThreshold(0.9)
    const before = second.prompts.length
    await second.generate({ n: before + 3 })
    expect(second.prompts).toHaveLength(before + 3)
  })

  it('refuses what it cannot go on from, and leaves it alone', async () => {
    const file = join(await folder(), 'studio.json')
    const first = promptStudio('count', { n: 5, llm: scripted(), file })
    await first.generate()
    await eventually(async () => expect((await kept(file)).candidates.length).toBeGreaterThan(4))
    const made = () => promptStudio('count', { file })
    expect(() => promptStudio('color', { file })).toThrow('has the work on count, not on color')
    expect(() => promptStudio('count', { file: 'studio.jsonl' })).toThrow('file is "studio.jsonl"')
    const good = await kept(file)
    for (const bad of [
      '{"version":1',
      '[]',
      JSON.stringify({ ...good, rounds: [] }),
      JSON.stringify({ ...good, hands: [{ at: 10_000, kind: 'reject', from: 0 }] }),
    ]) {
      await writeFile(file, bad)
      expect(made, bad.slice(0, 20)).toThrow(file)
      expect(await readFile(file, 'utf8')).toBe(bad)
    }
  })

  it('tells the page when it cannot be written', async () => {
    const page = openPage()
    const plain = join(await folder(), 'plain')
    await writeFile(plain, 'a file, no folder')
    const studio = promptStudio('count', { n: 3, llm: scripted(), file: join(plain, 'studio.json') })
    await studio.generate()
    await eventually(() =>
      expect(
        page.sent.findLast(({ data }) => data.content?.kind === 'error')?.data.content.message ?? '',
      ).toContain('studio.json'),
    )
  })
})
