// Each model's own pad token, from whichever file says it; published tokenizers have theirs in different ones.
import { cp, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readJson, writeJson } from '../../lib/base/files.ts'
import { hashCheckpoint } from '../../lib/diffusion/checkpoint.ts'
import { clipTokenizerJson, END_TOKEN, loadTokenizer, padToken } from '../../lib/diffusion/tokenizer.ts'
import { Golden, goldenJson, goldenPath } from '../support/golden.ts'
import { temporaryFolder } from '../support/temporary.ts'

const { texts } = goldenJson<{ texts: string[] }>('families')
const golden = new Golden('family-sd21-v').numbers('tokenizer.ids')
const source = goldenPath('tiny-sd21-v', 'tokenizer')
const idsOf = async (folder: string): Promise<number[]> => {
  const tokenizer = await loadTokenizer(folder)
  return texts.flatMap((text) => tokenizer.encode(text).ids)
}

/** The tokenizer's folder with only some of its files; tokenizer.json made of vocabulary and merges. */
async function only(names: readonly string[], padding?: object): Promise<string> {
  const folder = join(await temporaryFolder(), 'tokenizer')
  await cp(source, folder, { recursive: true })
  const merges = (await readFile(join(folder, 'merges.txt'), 'utf8')).split('\n').slice(1, -1)
  const vocab = (await readJson(join(folder, 'vocab.json'))) as Record<string, number>
  const json = { ...clipTokenizerJson(vocab, merges, '!'), padding, truncation: { max_length: 8 } }
  await writeJson(join(folder, 'tokenizer.json'), json)
  for (const name of ['vocab.json', 'merges.txt', 'tokenizer_config.json', 'special_tokens_map.json'])
    if (!names.includes(name)) await rm(join(folder, name))
  return folder
}

describe('the pad token', () => {
  it('of special_tokens_map.json goes before that of tokenizer_config.json', async () => {
    expect(await padToken(source)).toEqual({ pad: '!', overridden: true })
    expect(await padToken(goldenPath('tiny-sdxl', 'tokenizer_2'))).toEqual({ pad: '!', overridden: false })
    expect((await padToken(goldenPath('tiny-sdxl', 'tokenizer'))).pad).toBe(END_TOKEN)
  })

  it('of a newer tokenizer_config.json, which lists all added tokens, stands', async () => {
    const folder = await only(['tokenizer_config.json', 'special_tokens_map.json'])
    const path = join(folder, 'tokenizer_config.json')
    await writeJson(path, { ...((await readJson(path)) as object), added_tokens_decoder: {} })
    expect((await padToken(folder)).pad).toBe(END_TOKEN)
  })

  it.each([
    ['tokenizer.json with special_tokens_map.json', ['special_tokens_map.json'], undefined],
    ['tokenizer.json alone, which says how it pads', [], { pad_token: '!', pad_id: 0 }],
  ])('is found in %s', async (_, names, padding) => {
    expect(await idsOf(await only(names, padding))).toEqual(golden)
  })

  it('is the end token where nothing says another', async () => {
    const ids = await idsOf(await only([]))
    expect(ids.slice(0, 4)).toEqual([678, 679, 679, 679])
  })

  it('that special_tokens_map.json changes is part of the model’s hash', async () => {
    const folder = join(await temporaryFolder(), 'model')
    await cp(goldenPath('tiny-sd21-v'), folder, { recursive: true })
    const hash = await hashCheckpoint(folder)
    await rm(join(folder, 'tokenizer', 'special_tokens_map.json'))
    expect(await hashCheckpoint(folder)).not.toBe(hash)
  })
})
