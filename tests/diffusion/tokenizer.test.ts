// Token ids against transformers' CLIPTokenizer, from vocab.json with merges.txt and from tokenizer.json.
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeFileAtomic, writeJson } from '../../lib/base/files.ts'
import { byteSymbols, END_TOKEN, loadTokenizer, START_TOKEN } from '../../lib/diffusion/tokenizer.ts'
import { clipVocabulary } from '../../lib/shapes/base/vocabulary.ts'
import { captionWords } from '../../lib/shapes/wordings.ts'
import { goldenJson, goldenPath } from '../support/golden.ts'
import { temporaryFolder } from '../support/temporary.ts'

interface Case {
  text: string
  ids: number[]
  tokens: number
}

const { max_length: maxLength, cases } = goldenJson<{ max_length: number; cases: Case[] }>('tokenizer/ids')

describe.each(['tokenizer', 'tokenizer-json'])('from %s', (folder) => {
  it.each(cases.map(({ text, ids, tokens }) => [JSON.stringify(text), text, ids, tokens] as const))(
    '%s',
    async (_, text, ids, tokens) => {
      const tokenizer = await loadTokenizer(goldenPath(folder), { maxLength })
      expect(tokenizer.encode(text)).toEqual({ ids, truncated: Math.max(0, tokens - maxLength) })
    },
  )
})

describe('loadTokenizer', () => {
  async function folderWith(config: object): Promise<string> {
    const folder = await temporaryFolder()
    await cp(goldenPath('tokenizer'), folder, { recursive: true })
    await writeJson(join(folder, 'tokenizer_config.json'), config)
    return folder
  }

  it('takes the length from the config, else 77', async () => {
    expect((await loadTokenizer(goldenPath('tokenizer'))).maxLength).toBe(77)
    expect((await loadTokenizer(await folderWith({ model_max_length: 16 }))).encode('red').ids).toHaveLength(
      16,
    )
    expect((await loadTokenizer(await folderWith({ model_max_length: 1e30 }))).maxLength).toBe(77)
  })

  it('pads with the token that the config names, as Stable Diffusion 2 does with "!"', async () => {
    for (const pad of ['!', { content: '!' }]) {
      const tokenizer = await loadTokenizer(await folderWith({ pad_token: pad }), { maxLength: 6 })
      const { ids } = tokenizer.encode('red')
      const [, end, ...padding] = ids.slice(1)
      expect(end).toBe(679)
      expect(padding).toEqual([0, 0, 0])
    }
  })

  it('says what is missing or broken', async () => {
    const error = (code: string, message: string) =>
      expect.objectContaining({ name: 'SelmaError', code, message: expect.stringContaining(message) })
    const empty = await temporaryFolder()
    await expect(loadTokenizer(empty)).rejects.toEqual(error('not-found', 'vocab.json'))
    await writeJson(join(empty, 'vocab.json'), { a: 0 })
    await expect(loadTokenizer(empty)).rejects.toEqual(error('not-found', 'merges.txt'))
    await writeFileAtomic(join(empty, 'merges.txt'), '')
    await expect(loadTokenizer(empty)).rejects.toEqual(
      error('bad-file', `${END_TOKEN} is not in the vocabulary`),
    )
    await writeFileAtomic(join(empty, 'tokenizer.json'), '{"model": 3}')
    await expect(loadTokenizer(empty)).rejects.toEqual(error('bad-file', empty))
    await writeFileAtomic(join(empty, 'tokenizer.json'), '{"model":')
    await expect(loadTokenizer(empty)).rejects.toEqual(error('bad-file', 'tokenizer.json'))
    const wrongPad = await folderWith({ pad_token: 'no such token' })
    await expect(loadTokenizer(wrongPad)).rejects.toEqual(error('bad-file', 'no such token'))
  })
})

describe('the vocabulary of the embedded model', () => {
  it('has a token for every word of its captions', async () => {
    const { vocab, merges } = clipVocabulary(captionWords())
    const folder = await temporaryFolder()
    await writeJson(join(folder, 'vocab.json'), vocab)
    await writeFileAtomic(join(folder, 'merges.txt'), `#version: 0.2\n${merges.join('\n')}\n`)
    const tokenizer = await loadTokenizer(folder, { maxLength: 8 })
    for (const word of captionWords()) {
      const [start, id, end] = tokenizer.encode(word).ids
      expect([start, id, end], word).toEqual([vocab[START_TOKEN], vocab[`${word}</w>`], vocab[END_TOKEN]])
    }
  })
})

it('byteSymbols are 256 different printable characters', () => {
  const symbols = byteSymbols()
  expect(new Set(symbols).size).toBe(256)
  expect(symbols.every((symbol) => [...symbol].length === 1 && /^[^\s\p{C}]$/u.test(symbol))).toBe(true)
})
