// A language model behind an OpenAI-compatible chat completions server, through the `openai` package.
// Retrying, its waiting times and Retry-After are the package's. The key stays in this closure: it is in
// no property, error or event.
import OpenAI, {
  APIConnectionError,
  APIConnectionTimeoutError,
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
} from 'openai'
import type { CompletionRequest, CompletionResponse, LanguageModel } from '../base/completion.ts'
import { fail, SelmaError } from '../base/errors.ts'

const officialURL = 'https://api.openai.com/v1'

export interface OpenAIOptions {
  /** Default the environment's OPENAI_API_KEY. A local server takes any word. */
  apiKey?: string
  /** Default the environment's OPENAI_BASE_URL, else OpenAI. E.g. `http://localhost:8000/v1`. */
  baseURL?: string
  /** Tries after the first, on 408, 409, 429, 5xx, timeouts and broken connections. Default 5. */
  maxRetries?: number
  /** Longest wait for one whole answer, in milliseconds. Default 60000. */
  timeoutMs?: number
  /** Ask for JSON that keeps to a schema; a server that refuses it is asked for plain text. Default true. */
  structured?: boolean
  /** Default the global one. */
  fetch?: typeof fetch
}

/** The schema of a structured answer. */
const responseFormat = {
  type: 'json_schema',
  json_schema: {
    name: 'prompts',
    strict: true,
    schema: {
      type: 'object',
      properties: { prompts: { type: 'array', items: { type: 'string' } } },
      required: ['prompts'],
      additionalProperties: false,
    },
  },
} as const

/**
 * A chat model as the writer of prompts.
 *
 * @param model e.g. `gpt-4o-mini`. The result's name carries the host where that is not OpenAI's.
 * @throws SelmaError `bad-input` without a model or key. `complete` throws `llm` (with what to do) when
 *   there is no usable answer after all retries, and `stopped` when its signal aborts.
 */
export function openai(model: string, options: OpenAIOptions = {}): LanguageModel {
  const {
    apiKey = process.env.OPENAI_API_KEY,
    maxRetries = 5,
    timeoutMs = 60_000,
    structured = true,
  } = options
  const { baseURL = process.env.OPENAI_BASE_URL?.trim() || officialURL } = options
  if (typeof model !== 'string' || model.trim() === '') {
    fail('bad-input', `no model: ${JSON.stringify(model)}`, "name one, e.g. openai('gpt-4o-mini')")
  }
  if (!apiKey?.trim()) {
    fail('bad-input', `no API key for ${model}`, 'set OPENAI_API_KEY before starting (never in a notebook)')
  }
  if (!URL.canParse(baseURL)) fail('bad-input', 'baseURL is not a URL', 'e.g. http://localhost:8000/v1')
  const { host } = new URL(baseURL)
  const official = host === new URL(officialURL).host
  const client = new OpenAI({
    apiKey: apiKey.trim(),
    baseURL,
    maxRetries,
    timeout: timeoutMs,
    logLevel: 'off', // its debug log shows requests
    fetch: wholeAnswer(options.fetch ?? fetch),
  })
  let useSchema = structured

  async function ask(request: CompletionRequest, schema: boolean) {
    const { prompt, maxTokens, temperature, topP, seed, signal } = request
    return client.chat.completions.create(
      {
        model,
        messages: [{ role: 'user', content: prompt }],
        seed,
        // Newer OpenAI models refuse the old names and any sampling setting that is not left out;
        // other servers often know the old names only and have other defaults.
        ...(official
          ? {
              max_completion_tokens: maxTokens,
              ...(temperature !== 1 && { temperature }),
              ...(topP !== 1 && { top_p: topP }),
            }
          : { max_tokens: maxTokens, temperature, top_p: topP }),
        ...(schema && { response_format: responseFormat }),
      },
      { signal },
    )
  }

  async function complete(request: CompletionRequest): Promise<CompletionResponse> {
    const withSchema = useSchema
    const answer = await ask(request, withSchema).catch(async (error) => {
      const refused = error instanceof BadRequestError || error instanceof UnprocessableEntityError
      if (!withSchema || !refused) throw error
      const plain = await ask(request, false)
      useSchema = false // known only now: the 400 was about the schema
      return plain
    })
    const message = answer?.choices?.[0]?.message
    if (typeof message !== 'object' || message === null) {
      fail(
        'llm',
        `${host} did not answer as a chat completions server`,
        'check baseURL; it often ends in /v1',
      )
    }
    const { content, refusal } = message
    return {
      text: typeof content === 'string' && content !== '' ? content : String(refusal ?? ''),
      promptTokens: count(answer.usage?.prompt_tokens),
      completionTokens: count(answer.usage?.completion_tokens),
    }
  }

  return {
    name: official ? model : `${model} (${host})`,
    kind: 'llm',
    complete: (request) =>
      abortable(complete(request), request.signal).catch((error) => {
        throw explain(error, { model, host, apiKey: apiKey.trim(), tries: maxRetries + 1, timeoutMs })
      }),
  }
}

/** Reads the body inside `fetch`, so that the package's timeout and retries cover a body that stalls. */
function wholeAnswer(inner: typeof fetch): typeof fetch {
  return async (input, init) => {
    const response = await inner(input, init)
    const body = await response.arrayBuffer()
    const { status, statusText, headers } = response
    return new Response(body.byteLength > 0 ? body : null, { status, statusText, headers })
  }
}

/** The package sleeps through an abort while it waits to retry; the caller does not have to. */
async function abortable<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work
  let onAbort = () => {}
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new APIUserAbortError())
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true })
  })
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', onAbort))
}

function count(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : 0
}

/** No `cause`: the package's errors carry what the server echoed, which may hold the key. */
function explain(
  error: unknown,
  about: { model: string; host: string; apiKey: string; tries: number; timeoutMs: number },
): SelmaError {
  const { model, host, apiKey, tries, timeoutMs } = about
  const said = (text: string) =>
    text
      .replaceAll(apiKey, '[key]')
      .replace(/\bsk-[\w*-]{4,}/g, '[key]')
      .slice(0, 300)
  const llm = (message: string, hint: string) => new SelmaError('llm', message, { hint })
  if (error instanceof SelmaError) return error
  if (error instanceof APIUserAbortError) return new SelmaError('stopped', `stopped asking ${model}`)
  if (error instanceof APIConnectionTimeoutError) {
    return llm(
      `${model} at ${host} gave no answer within ${timeoutMs / 1000} s, ${tries} times`,
      'raise timeoutMs, ask for fewer prompts a request (perRequest) or try again later',
    )
  }
  if (error instanceof APIConnectionError) {
    const cause = error.cause as { cause?: { code?: string }; code?: string } | undefined
    const code = cause?.cause?.code ?? cause?.code
    return llm(`cannot reach ${host}${code ? ` (${code})` : ''}`, 'check baseURL and the network')
  }
  if (error instanceof AuthenticationError || error instanceof PermissionDeniedError) {
    return llm(
      `${host} refused the API key (${error.status})`,
      `check OPENAI_API_KEY: is it whole, still valid, and allowed to use ${model}?`,
    )
  }
  if (error instanceof NotFoundError) {
    return llm(`${host} has no chat model ${model} (404)`, 'check the model name and baseURL')
  }
  if (error instanceof RateLimitError) {
    const quota = error.code === 'insufficient_quota'
    return llm(
      quota
        ? `the account at ${host} has no credit left (429)`
        : `${host} limits the rate (429), ${tries} times`,
      quota ? 'add credit or use another key' : 'lower concurrency or try again later',
    )
  }
  if (error instanceof APIError) {
    const again = (error.status ?? 0) >= 500 ? `, ${tries} times` : ''
    return llm(
      `${host} answered with an error${again}: ${said(error.message)}`,
      'try again later or another model',
    )
  }
  if (error instanceof SyntaxError) {
    return llm(`${host} answered with broken JSON`, 'check baseURL, or try again later')
  }
  return llm(`asking ${model} failed: ${said(String((error as Error)?.message ?? error))}`, 'try again')
}
