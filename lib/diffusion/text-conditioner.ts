// From prompts to what the UNet is conditioned on: one text encoder's last states, or for Stable Diffusion XL the
// last states but one of two encoders side by side, with the second one's pooled text. What was encoded is kept.
// Source: diffusers, pipeline_stable_diffusion.py and pipeline_stable_diffusion_xl.py (`encode_prompt`).
import { fail } from '../base/errors.ts'
import type { Graph } from '../runtime/index.ts'
import { Builder } from './builder.ts'
import type { Component } from './checkpoint.ts'
import { clipText, pooledPosition, projectedText } from './clip-text.ts'
import type { ClipTextConfig } from './config.ts'
import { rowsFor, type SessionPool } from './session-pool.ts'
import type { TextTokenizer } from './tokenizer.ts'
import { checkpointWeights } from './weights.ts'

/** What a prompt is to the UNet. */
export interface TextCondition {
  /** States [tokens · width]. */
  states: Float32Array
  /** Pooled text, of Stable Diffusion XL. */
  pooled?: Float32Array
}

/** A text encoder with its tokenizer. */
export interface TextPart {
  name: 'text_encoder' | 'text_encoder_2'
  component: Component<ClipTextConfig>
  tokenizer: TextTokenizer
  /** Weights that stand in for the checkpoint's. */
  replaced?: ReadonlyMap<string, Float32Array>
}

/** A prompt as an encoder gets it. */
export interface TextTokens {
  /** As many as the encoder has places. */
  ids: readonly number[]
  /** The position whose state is the pooled one. */
  end: number
}

/** Prompts of one run of an encoder at most. */
const CHUNK = 64

export class TextConditioner {
  readonly #parts: readonly TextPart[]
  readonly #pool: SessionPool
  readonly #known = new Map<string, TextCondition>()

  /** @param parts one, or the two of Stable Diffusion XL in their order */
  constructor(parts: readonly TextPart[], pool: SessionPool) {
    this.#parts = parts
    this.#pool = pool
  }

  /** Tokens of a prompt that no encoder sees, since it is too long; start and end are not counted. */
  truncated(prompt: string): number {
    return Math.max(...this.#parts.map(({ tokenizer }) => tokenizer.encode(prompt).truncated))
  }

  /** A prompt as each encoder gets it. */
  tokens(prompt: string): TextTokens[] {
    return this.#parts.map((part) => tokensOf(part, prompt))
  }

  /**
   * What each prompt is to the UNet; kept for the next time.
   *
   * @param clipSkip layers that are left out at the encoder's end
   * @throws SelmaError `bad-input` for more layers than there are
   */
  async encode(prompts: readonly string[], clipSkip = 0): Promise<TextCondition[]> {
    checkClipSkip(
      this.#parts.map(({ component }) => component.config),
      clipSkip,
    )
    const key = (prompt: string): string => `${clipSkip} ${prompt}`
    const missing = [...new Set(prompts)].filter((prompt) => !this.#known.has(key(prompt)))
    for (let start = 0; start < missing.length; start += CHUNK) {
      const chunk = missing.slice(start, start + CHUNK)
      const found: TextCondition[][] = []
      for (const part of this.#parts) found.push(await this.#run(part, chunk, clipSkip))
      chunk.forEach((prompt, i) => {
        const states = found.map((each) => each[i].states)
        const pooled = found.at(-1)![i].pooled
        this.#known.set(key(prompt), { states: beside(states, this.#parts[0].tokenizer.maxLength), pooled })
      })
    }
    return prompts.map((prompt) => this.#known.get(key(prompt))!)
  }

  #build(graph: Graph, part: TextPart, size: { rows: number; tokens: number; clipSkip: number }): void {
    const { name, component, replaced } = part
    const { rows, tokens, clipSkip } = size
    const { config } = component
    const b = new Builder(graph, checkpointWeights(graph, component.weights, { scope: name, replaced }))
    const text = clipText(b, config, graph.input('ids', [rows, tokens], 'int64'))
    if (this.#parts.length === 1) {
      graph.output('states', text.lastHiddenState(clipSkip))
      return
    }
    graph.output('states', text.hidden.at(-2 - clipSkip)!)
    if (name === 'text_encoder_2')
      graph.output('pooled', projectedText(b, config, text, graph.input('places', [rows], 'int64')))
  }

  async #run(part: TextPart, prompts: readonly string[], clipSkip: number): Promise<TextCondition[]> {
    const { name, component } = part
    const { config } = component
    const tokens = part.tokenizer.maxLength
    const rows = rowsFor(prompts.length)
    const session = await this.#pool.get(
      `${name}-${rows}${clipSkip === 0 ? '' : `-skip-${clipSkip}`}`,
      (graph) => this.#build(graph, part, { rows, tokens, clipSkip }),
      { spinning: false },
    )
    const ids = new BigInt64Array(rows * tokens)
    const places = new BigInt64Array(rows)
    prompts.forEach((prompt, i) => {
      const encoded = tokensOf(part, prompt)
      ids.set(encoded.ids.map(BigInt), i * tokens)
      places[i] = BigInt(i * tokens + encoded.end)
    })
    const wantsPooled = name === 'text_encoder_2'
    const { states, pooled } = await session.run(wantsPooled ? { ids, places } : { ids })
    const row = (values: unknown, i: number, size: number): Float32Array =>
      (values as Float32Array).slice(i * size, (i + 1) * size)
    return prompts.map((_, i) => ({
      states: row(states, i, tokens * config.hidden_size),
      pooled: wantsPooled ? row(pooled, i, config.projection_dim) : undefined,
    }))
  }
}

/**
 * Of one encoder, all its layers can be left out; of Stable Diffusion XL's two, which do without the last anyway, all but one.
 *
 * @param encoders as many as the model has
 * @throws SelmaError `bad-input` for more, or for no whole number
 */
export function checkClipSkip(
  encoders: readonly Pick<ClipTextConfig, 'num_hidden_layers'>[],
  clipSkip = 0,
): void {
  const layers = Math.min(...encoders.map(({ num_hidden_layers: count }) => count))
  const most = encoders.length === 1 ? layers : layers - 1
  if (!Number.isInteger(clipSkip) || clipSkip < 0 || clipSkip > most)
    fail('bad-input', `clipSkip ${clipSkip}`, `give 0 to ${most}: the text encoder has ${layers} layers`)
}

function tokensOf({ component, tokenizer }: TextPart, prompt: string): TextTokens {
  const { ids } = tokenizer.encode(prompt)
  return { ids, end: pooledPosition(ids, component.config.eos_token_id) }
}

/** [tokens, a], [tokens, b] → [tokens, a + b]. */
function beside(parts: readonly Float32Array[], tokens: number): Float32Array {
  if (parts.length === 1) return parts[0]
  const widths = parts.map((part) => part.length / tokens)
  const width = widths.reduce((sum, each) => sum + each, 0)
  const out = new Float32Array(tokens * width)
  let at = 0
  parts.forEach((part, p) => {
    for (let t = 0; t < tokens; t++)
      out.set(part.subarray(t * widths[p], (t + 1) * widths[p]), t * width + at)
    at += widths[p]
  })
  return out
}

/**
 * What every step of a batch is conditioned on: the negative prompt's rows first, then the prompts'; rows without a
 * picture are zeros.
 */
export function conditionFeeds(
  own: readonly TextCondition[],
  empty: TextCondition | undefined,
  perRun: number,
  sizes?: readonly number[],
): Record<string, Float32Array> {
  const rows = empty ? perRun * 2 : perRun
  const lay = (pick: (condition: TextCondition) => Float32Array): Float32Array => {
    const width = pick(own[0]).length
    const out = new Float32Array(rows * width)
    own.forEach((condition, i) => {
      out.set(pick(condition), (rows - perRun + i) * width)
      if (empty) out.set(pick(empty), i * width)
    })
    return out
  }
  const text = lay(({ states }) => states)
  if (!sizes) return { text }
  const repeated = Float32Array.from({ length: rows * sizes.length }, (_, i) => sizes[i % sizes.length])
  return { text, pooled: lay(({ pooled }) => pooled!), sizes: repeated }
}
