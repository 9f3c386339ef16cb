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

/**
 * The `tokenizer.json` of a CLIP tokenizer given as vocabulary and merges.
 *
 * @param pad the pad token: like the others it stands for itself wherever it is met in a text
 */
export function clipTokenizerJson(
  vocab: Record<string, number>,
  merges: readonly string[],
  pad = END_TOKEN,
): object {
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
    added_tokens: [...new Set([START_TOKEN, END_TOKEN, pad])].map(special),
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

interface TokenizerConfig {
  model_max_length?: number
  pad_token?: string | { content: string }
  added_tokens_decoder?: object
}

const readIfThere = async <T>(path: string): Promise<Partial<T>> =>
  existsSync(path) ? ((await readJson(path)) as Partial<T>) : {}

/**
 * A tokenizer's own pad token, as transformers finds it: special_tokens_map.json goes before tokenizer_config.json
 * unless the latter is of the newer kind that lists all added tokens; then what tokenizer.json pads with, else the
 * end token. Stable Diffusion 2's is `!`, and its two files disagree.
 */
export async function padToken(folder: string): Promise<{ pad: string; overridden: boolean }> {
  const config = await readIfThere<TokenizerConfig>(join(folder, 'tokenizer_config.json'))
  const map = await readIfThere<TokenizerConfig>(join(folder, 'special_tokens_map.json'))
  const text = (token: TokenizerConfig['pad_token']): string | undefined =>
    typeof token === 'object' ? token?.content : token
  const inJson = async (): Promise<string | undefined> =>
    (await readIfThere<{ padding?: { pad_token?: string } | null }>(join(folder, 'tokenizer.json'))).padding
      ?.pad_token
  const declared = text(config.pad_token) ?? (await inJson()) ?? END_TOKEN
  const pad = (config.added_tokens_decoder ? undefined : text(map.pad_token)) ?? declared
  return { pad, overridden: pad !== declared }
}

async function readTokenizerJson(folder: string, pad: string): Promise<object> {
  const path = join(folder, 'tokenizer.json')
  // Its own truncation and padding would come before ours.
  if (existsSync(path)) return { ...((await readJson(path)) as object), truncation: null, padding: null }
  const vocab = (await readJson(join(folder, 'vocab.json'))) as Record<string, number>
  const text = await readFile(join(folder, 'merges.txt'), 'utf8').catch((error) => {
    throw fileError(error, 'read', join(folder, 'merges.txt'))
  })
  const merges = text.split('\n').filter((line) => line !== '' && !line.startsWith('#version'))
  return clipTokenizerJson(vocab, merges, pad)
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
  const config = await readIfThere<TokenizerConfig>(join(folder, 'tokenizer_config.json'))
  const { pad } = await padToken(folder)
  const json = await readTokenizerJson(folder, pad)
  const declared = config.model_max_length
  const maxLength = options.maxLength ?? (declared !== undefined && declared < 10_000 ? declared : 77)
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
