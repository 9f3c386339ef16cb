// A whole pipeline folder around the golden tiny checkpoint: it has no tokenizer, so one is made of a
// few words of the embedded world, and everything else is spelt in letters. It draws 64×64 noise.
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { writeFileAtomic, writeJson } from '../../lib/base/files.ts'
import { clipTokenizerJson, END_TOKEN, START_TOKEN } from '../../lib/diffusion/tokenizer.ts'
import { learnMerges } from '../../lib/shapes/base/vocabulary.ts'
import { goldenPath } from './golden.ts'

const words = [
  'a',
  'one',
  'two',
  'three',
  'red',
  'blue',
  'green',
  'square',
  'squares',
  'cross',
  'ring',
  'and',
]
const letters = [...'abcdefghijklmnopqrstuvwxyz,.']

/** Vocabulary and merges of at most 200 tokens, as many as the tiny text encoder knows. */
export function tinyVocabulary(): { vocab: Record<string, number>; merges: string[] } {
  const merges = learnMerges(words)
  const made = merges.map((merge) => merge.replace(' ', ''))
  const tokens = [...letters, ...letters.map((letter) => `${letter}</w>`), ...made, START_TOKEN, END_TOKEN]
  return { vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges }
}

/** Writes the pipeline into a folder that exists or not. */
export async function writeTinyPipeline(folder: string): Promise<string> {
  await cp(goldenPath('tiny-sd'), folder, { recursive: true })
  const { vocab, merges } = tinyVocabulary()
  await writeJson(join(folder, 'tokenizer', 'tokenizer.json'), clipTokenizerJson(vocab, merges))
  await writeJson(join(folder, 'tokenizer', 'tokenizer_config.json'), { pad_token: END_TOKEN })
  await writeJson(join(folder, 'tokenizer', 'vocab.json'), vocab)
  await writeFileAtomic(join(folder, 'tokenizer', 'merges.txt'), `#version: 0.2\n${merges.join('\n')}\n`)
  return folder
}

/** A folder for a whole test file, gone after it; call it at the top of the file. */
export async function folderForFile(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'selma-tests-'))
  afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }))
  return folder
}
