// What PEFT's LoraConfig says about ranks and alphas, read and written: a common value and patterns for the rest.
// Not the whole config: training settings (dropout, init) do not change what a finished LoRA means.
// Source: peft 0.21 (tuners/lora/config.py, utils/other.py get_pattern_key), diffusers 0.42 (utils/peft_utils.py).
import { z } from 'zod'
import { fail, SelmaError } from '../base/errors.ts'
import { type LoraLayer, loraRank } from './lora.ts'

const schema = z.looseObject({
  peft_type: z.string().nullish(),
  r: z.number().nullish(),
  lora_alpha: z.number().nullish(),
  alpha_pattern: z.record(z.string(), z.number()).nullish(),
  use_rslora: z.boolean().nullish(),
})

/** The checked part of a LoraConfig. */
export type PeftConfig = z.infer<typeof schema>

/** Checks a parsed LoraConfig. @throws SelmaError `bad-file`, or `unsupported` for another kind of adapter */
export function parsePeftConfig(value: unknown, path: string): PeftConfig {
  const result = schema.safeParse(value)
  if (!result.success)
    throw new SelmaError(
      'bad-file',
      `${path}: the LoRA config is not valid: ${z.prettifyError(result.error)}`,
    )
  const { peft_type } = result.data
  if (peft_type != null && peft_type !== 'LORA')
    fail('unsupported', `${path} is a PEFT adapter of type ${peft_type}`, 'only LORA is read')
  return result.data
}

const ofPath = (pattern: string): RegExp => new RegExp(`^(.*\\.)?(${pattern})$`)

/** Whether a rank or alpha pattern is a regular expression. */
export function isPattern(pattern: string): boolean {
  try {
    return ofPath(pattern) !== undefined
  } catch {
    return false
  }
}

/** PEFT's pattern rule: a key is a regular expression for the end of a module path, whole segments only. */
export function matchesPattern(pattern: string, module: string, path: string): boolean {
  if (!isPattern(pattern))
    fail('bad-file', `${path}: the pattern ${JSON.stringify(pattern)} is not a pattern`)
  return ofPath(pattern).test(module)
}

/** Alpha of a module, so that alpha / rank is the scale; undefined when the config does not tell. */
export function alphaFromConfig(
  config: PeftConfig,
  module: string,
  rank: number,
  path: string,
): number | undefined {
  const pattern = Object.keys(config.alpha_pattern ?? {}).find((key) => matchesPattern(key, module, path))
  const alpha = pattern === undefined ? config.lora_alpha : config.alpha_pattern![pattern]
  if (alpha == null) return undefined
  // Rank-stabilised LoRA scales by alpha / √rank.
  return config.use_rslora ? alpha * Math.sqrt(rank) : alpha
}

/** The most frequent value; the first of equals. */
function commonest(values: number[]): number {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return [...counts].reduce((best, entry) => (entry[1] > best[1] ? entry : best))[0]
}

/**
 * The LoraConfig fields that describe these layers, module paths without the component.
 * Patterns name whole paths (`^…`), as diffusers writes them, or with `whole` false their ends.
 */
export function peftConfigOf(layers: ReadonlyMap<string, LoraLayer>, whole = true): Record<string, unknown> {
  const list = [...layers]
  const r = commonest(list.map(([, layer]) => loraRank(layer)))
  const alpha = commonest(list.map(([, layer]) => layer.alpha))
  const pattern = (of: (layer: LoraLayer) => number, common: number) =>
    Object.fromEntries(
      list
        .filter(([, layer]) => of(layer) !== common)
        .map(([name, layer]) => [`${whole ? '^' : ''}${name}`, of(layer)]),
    )
  return {
    alpha_pattern: pattern((layer) => layer.alpha, alpha),
    bias: 'none',
    fan_in_fan_out: false,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: alpha,
    lora_dropout: 0,
    peft_type: 'LORA',
    r,
    rank_pattern: pattern(loraRank, r),
    target_modules: list.map(([name]) => name).sort(),
    use_dora: list.some(([, layer]) => layer.magnitude),
    use_rslora: false,
  }
}
