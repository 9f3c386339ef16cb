// What a run of prompts costs, in US dollars, from a small dated table. Not a bill: discounts, cached
// tokens and taxes are left out, and an unknown model has no price rather than a guessed one.

/** When the table was read off OpenAI's public price list (standard tier). */
export const pricesAsOf = '2026-06'

/** US dollars for a million tokens. */
const perMillion: Readonly<Record<string, { prompt: number; completion: number }>> = {
  'gpt-3.5-turbo': { prompt: 0.5, completion: 1.5 },
  'gpt-4o': { prompt: 2.5, completion: 10 },
  'gpt-4o-mini': { prompt: 0.15, completion: 0.6 },
  'gpt-4.1': { prompt: 2, completion: 8 },
  'gpt-4.1-mini': { prompt: 0.4, completion: 1.6 },
  'gpt-4.1-nano': { prompt: 0.1, completion: 0.4 },
  'gpt-5': { prompt: 1.25, completion: 10 },
  'gpt-5-mini': { prompt: 0.25, completion: 2 },
  'gpt-5-nano': { prompt: 0.05, completion: 0.4 },
}

/** Cost in US dollars, `undefined` for a model that is not in the table. */
export function completionCost(
  model: string,
  tokens: { prompt: number; completion: number },
): number | undefined {
  const price = Object.hasOwn(perMillion, model) ? perMillion[model] : undefined
  return price && (tokens.prompt * price.prompt + tokens.completion * price.completion) / 1e6
}
