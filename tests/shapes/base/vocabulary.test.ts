import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeFileAtomic, writeJson } from '../../../lib/base/files.ts'
import { Random } from '../../../lib/base/random.ts'
import { clipTokenizerJson, END_TOKEN, loadTokenizer, START_TOKEN } from '../../../lib/diffusion/tokenizer.ts'
import { captionLength } from '../../../lib/shapes/base/configs.ts'
import { clipVocabulary, learnMerges } from '../../../lib/shapes/base/vocabulary.ts'
import { caption, captionTokens, captionWords, noisyCaption, sampleScene } from '../../../lib/shapes/index.ts'
import { temporaryFolder } from '../../support/temporary.ts'

describe('learnMerges', () => {
  it('makes each word one token, whatever order they come in', () => {
    const merges = learnMerges(['low', 'lower', 'a'])
    expect(merges).toEqual(['l o', 'lo w</w>', 'lo w', 'low e', 'lowe r</w>'])
    expect(learnMerges(['a', 'lower', 'low', 'low'])).toEqual(merges)
    expect(learnMerges([])).toEqual([])
  })
})

describe('the vocabulary of the embedded world', () => {
  const { vocab, merges } = clipVocabulary(captionWords())
  const size = Object.keys(vocab).length

  it('has every id once, the 256 bytes twice, start and end last', () => {
    expect(Object.values(vocab).sort((a, b) => a - b)).toEqual(Array.from({ length: size }, (_, i) => i))
    expect(size).toBe(2 * 256 + merges.length + 2)
    expect([vocab[START_TOKEN], vocab[END_TOKEN]]).toEqual([size - 2, size - 1])
  })

  it('gives each word of a caption a token of its own, and every caption room', async () => {
    const folder = await temporaryFolder()
    await writeJson(join(folder, 'tokenizer.json'), clipTokenizerJson(vocab, merges))
    await writeJson(join(folder, 'vocab.json'), vocab)
    await writeFileAtomic(join(folder, 'merges.txt'), `#version: 0.2\n${merges.join('\n')}\n`)
    const fast = await loadTokenizer(folder, { maxLength: captionLength })
    await rm(join(folder, 'tokenizer.json'))
    const plain = await loadTokenizer(folder, { maxLength: captionLength })
    for (const word of captionWords()) {
      const { ids, truncated } = fast.encode(word)
      expect([ids[0], ids[2], truncated], word).toEqual([size - 2, size - 1, 0])
      expect(ids[1], word).toBe(vocab[`${word}</w>`])
      expect(plain.encode(word).ids).toEqual(ids)
    }
    const random = new Random('captions')
    for (let i = 0; i < 200; i++) {
      const scene = sampleScene(random)
      const text = i % 2 ? caption(scene, random) : noisyCaption(scene, random, { otherScene: scene })
      const { ids, truncated } = fast.encode(text)
      expect(truncated, text).toBe(0)
      expect(ids.indexOf(size - 1), text).toBe(captionTokens(text).length + 1)
    }
    // Other text encodes into smaller pieces, and no piece is unknown.
    const other = fast.encode('Zürich, 1957: ☃').ids
    expect(other.indexOf(size - 1)).toBeGreaterThan(10)
    expect(fast.encode('zürich').ids).not.toEqual(fast.encode('zurich').ids)
  })
})
