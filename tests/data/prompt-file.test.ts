import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readPromptFile, writePromptFile } from '../../lib/data/prompt-file.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prompt-file-'))
})
afterEach(() => rm(folder, { recursive: true }))

async function file(content: string | Uint8Array): Promise<string> {
  const path = join(folder, 'prompts.jsonl')
  await writeFile(path, content)
  return path
}

describe('prompt files', () => {
  it('give back what was written, extra fields and odd characters too', async () => {
    const records = [
      { id: 'count-0001', skill: 'count', text: 'three red squares', source: { round: 1 } },
      { text: 'a "quoted" line\nwith a break \u2028 and 猫 <b>' },
    ]
    const path = join(folder, 'new', 'prompts.jsonl')
    await writePromptFile(path, records)
    expect(await readPromptFile(path)).toEqual(records)
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3)
    expect(await readdir(join(folder, 'new'))).toEqual(['prompts.jsonl'])
  })

  it('read a byte order mark, CRLF, blank lines and a missing last line end', async () => {
    const path = await file('\ufeff{"text":"a cat"}\r\n\r\n  \n{"text":"a dog"}')
    expect(await readPromptFile(path)).toEqual([{ text: 'a cat' }, { text: 'a dog' }])
  })

  it('may be empty', async () => {
    expect(await readPromptFile(await file(''))).toEqual([])
    await writePromptFile(join(folder, 'none.jsonl'), [])
    expect(await readPromptFile(join(folder, 'none.jsonl'))).toEqual([])
  })

  it.each([
    ['a bare line', 'a cat', 'not JSON'],
    ['an array', '["a cat"]', 'is not an object'],
    ['null', 'null', 'is not an object'],
    ['no text', '{"prompt":"a cat"}', 'no prompt'],
    ['blank text', '{"text":"  "}', 'no prompt'],
    ['text that is none', '{"text":7}', 'no prompt'],
    ['a number as id', '{"text":"a cat","id":7}', '"id" is 7'],
    ['a bad skill', '{"text":"a cat","skill":["x"]}', '"skill" is ["x"]'],
  ])('name file and line for %s', async (_, line, message) => {
    const path = await file(`{"text":"a cat"}\n\n${line}\n`)
    await expect(readPromptFile(path)).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining(`${path}:3: `),
      hint: expect.any(String),
    })
    await expect(readPromptFile(path)).rejects.toThrow(message)
  })

  it('say so when a file is missing or no UTF-8', async () => {
    await expect(readPromptFile(join(folder, 'no.jsonl'))).rejects.toMatchObject({ code: 'not-found' })
    const path = await file(Uint8Array.of(0x7b, 0xff, 0xfe))
    await expect(readPromptFile(path)).rejects.toMatchObject({
      code: 'bad-file',
      message: `${path} is not UTF-8 text`,
    })
  })

  it('write nothing when a record is bad', async () => {
    const path = await file('{"text":"kept"}\n')
    await expect(writePromptFile(path, [{ text: 'a cat' }, { text: ' ' }])).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('record 2'),
    })
    expect(await readPromptFile(path)).toEqual([{ text: 'kept' }])
    expect(await readdir(folder)).toEqual(['prompts.jsonl'])
  })
})
