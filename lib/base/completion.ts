// What a writer of text looks like to the library: an LLM behind an API, or the offline template
// writer of the embedded world. Interfaces only; the clients live on the floors above.

/** One request for text. */
export interface CompletionRequest {
  /** The whole request: instructions, examples, what to write. */
  prompt: string
  /** Upper limit of the answer's length, in tokens. */
  maxTokens: number
  /** Sampling temperature, ≥ 0. */
  temperature: number
  /** Nucleus sampling mass, in (0, 1]. */
  topP: number
  /** Same request and seed, same answer, as far as the model keeps that promise. */
  seed: number
  /** Aborts the request. */
  signal?: AbortSignal
}

/** The answer to one request. */
export interface CompletionResponse {
  /** The text as it came, untrusted. */
  text: string
  /** Tokens of the request, as counted by the model. */
  promptTokens: number
  /** Tokens of the answer, as counted by the model. */
  completionTokens: number
}

/** Anything that completes text. Reports print `name` and `kind`: the offline writer is never called an LLM. */
export interface LanguageModel {
  /** Model name, e.g. `gpt-4o-mini`. */
  readonly name: string
  /** A language model, or the template writer that stands in for one without a network. */
  readonly kind: 'llm' | 'offline-writer'
  /** @throws SelmaError `llm` when the model fails, `stopped` when `signal` aborts */
  complete(request: CompletionRequest): Promise<CompletionResponse>
}
