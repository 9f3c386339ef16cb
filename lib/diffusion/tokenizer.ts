// CLIP's tokenizer: text to token ids of a fixed length. The byte-pair merging itself is
// @huggingface/tokenizers'; here are the file layouts it comes in and CLIP's padding.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import { fail } from '../base/errors.ts'
import { fileError, readJson } from '../base/files.ts'

/** GPT-2's printable stand-ins for the 256 bytes, in vocabulary order (Radford et al. 2019, `bytes_to_unicode`). */
export function byteSymbols(): string[] {
  const ranges: [number, number][] = [
    [33, 126],
    [161, 172],
    [174, 255],
  ]
  const printable = ranges.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i))
  const others = Array.from({ length: 256 }, (_, i) => i).filter((byte) => !printable.includes(byte))
  return [...printable, ...others.map((_, i) => 256 + i)].map((code) => String.fromCodePoint(code))
}

export const START_TOKEN = '<|startoftext|>'
export const END_TOKEN = '<|endoftext|>'

/** The `tokenizer.json` of a CLIP tokenizer given as vocabulary and merges. */
export function clipTokenizerJson(vocab: Record<string, number>, merges: readonly string[]): object {
  const special = (content: string) => ({
    id: vocab[content],
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(START_TOKEN), special(END_TOKEN)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
          behavior: 'Removed',
          invert: true,
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [END_TOKEN, vocab[END_TOKEN]],
      cls: [START_TOKEN, vocab[START_TOKEN]],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: END_TOKEN,
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  }
}

/** Text in, ids out. */
export interface TextTokenizer {
  /** Length that every text is padded or cut to, start and end tokens included. */
  readonly maxLength: number
  /** Ids of one text, `maxLength` of them; `truncated` counts tokens that did not fit. */
  encode(text: string): { ids: number[]; truncated: number }
}

/**
 * Loads a CLIP tokenizer folder: `tokenizer.json`, else `vocab.json` and `merges.txt`.
 *
 * @param maxLength default: `model_max_length` of tokenizer_config.json, else 77
 * @throws SelmaError `not-found` or `bad-file`
 */
export async function loadTokenizer(
  folder: string,
  options: { maxLength?: number } = {},
): Promise<TextTokenizer> {
  const configPath = join(folder, 'tokenizer_config.json')
  const config = (existsSync(configPath) ? await readJson(configPath) : {}) as {
    model_max_length?: number
    pad_token?: string | { content: string }
  }
  let json: object
  if (existsSync(join(folder, 'tokenizer.json')))
    json = (await readJson(join(folder, 'tokenizer.json'))) as object
  else {
    const vocab = (await readJson(join(folder, 'vocab.json'))) as Record<string, number>
    const text = await readFile(join(folder, 'merges.txt'), 'utf8').catch((error) => {
      throw fileError(error, 'read', join(folder, 'merges.txt'))
    })
    json = clipTokenizerJson(
      vocab,
      text.split('\n').filter((line) => line !== '' && !line.startsWith('#version')),
    )
  }
  const declared = config.model_max_length
  const maxLength = options.maxLength ?? (declared !== undefined && declared < 10_000 ? declared : 77)
  const pad =
    typeof config.pad_token === 'object' ? config.pad_token.content : (config.pad_token ?? END_TOKEN)
  let tokenizer: Tokenizer
  try {
    tokenizer = new Tokenizer(json, config)
  } catch (error) {
    return fail(
      'bad-file',
      `${folder} holds no tokenizer that can be read: ${(error as Error).message}`,
      undefined,
      error,
    )
  }
  const padId =
    tokenizer.token_to_id(pad) ?? fail('bad-file', `${folder}: the pad token ${pad} is not in the vocabulary`)
  const endId =
    tokenizer.token_to_id(END_TOKEN) ?? fail('bad-file', `${folder}: ${END_TOKEN} is not in the vocabulary`)
  return {
    maxLength,
    encode(text) {
      // JavaScript lower-cases a Σ at the end of a word to ς; the reference knows no word ends.
      const all = tokenizer.encode(text.replaceAll('Σ', 'σ')).ids
      const truncated = Math.max(0, all.length - maxLength)
      const kept = truncated > 0 ? [...all.slice(0, maxLength - 1), endId] : all
      return { ids: [...kept, ...new Array<number>(maxLength - kept.length).fill(padId)], truncated }
    },
  }
}
