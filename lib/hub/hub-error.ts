// What the Hub refused, as an error with a next step. Nothing here ever holds the token or an address
// with a signature in it; what a server says is cut to one short line.
import { type ErrorCode, SelmaError } from '../base/errors.ts'

/** The Hub, or the way to it, failed. */
export class HubError extends SelmaError {
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined

  constructor(code: ErrorCode, message: string, options: { hint?: string; status?: number } = {}) {
    super(code, message, { hint: options.hint })
    this.status = options.status
  }

  /** No answer, or one that says "not now": what the cache holds may be used instead. */
  get isOutage(): boolean {
    return this.status === undefined || this.status === 408 || this.status === 429 || this.status >= 500
  }
}

/** Who asked for what, to say so. */
export interface Subject {
  /** `organisation/name`. */
  repo: string
  endpoint: string
  token: string | undefined
  /** What the request is for: reading needs another permission than writing. */
  purpose: 'read' | 'write'
}

const login = 'set HF_TOKEN (from https://huggingface.co/settings/tokens) or run `hf auth login`'

/** The error for an answer that is not a success. Reads at most the start of its body. */
export async function errorOf(response: Response, subject: Subject): Promise<HubError> {
  const { repo, endpoint, token, purpose } = subject
  const { status } = response
  const kind = response.headers.get('x-error-code') ?? ''
  const said = tidy((await startOf(response)) || (response.headers.get('x-error-message') ?? ''), token)
  const make = (code: ErrorCode, message: string, hint: string) =>
    new HubError(code, message, { hint, status })
  if (kind === 'GatedRepo')
    return make(
      'io',
      `${repo} is gated: its owner asks for consent first`,
      `open ${endpoint}/${repo}, accept the terms with your account, then ${token ? 'use a token of that account that may read gated repositories' : login}`,
    )
  if (status === 401)
    return make(
      token ? 'io' : 'not-found',
      token ? `the Hub did not accept the token for ${repo}` : `${repo} is private or does not exist`,
      token
        ? 'check the name, and that the token is not expired and may read this repository'
        : `check the name; if it is private, ${login}`,
    )
  if (status === 403)
    return make(
      'io',
      `the Hub does not allow ${purpose === 'write' ? 'writing to' : 'reading'} ${repo}${said}`,
      token ? `use a token with ${purpose} permission for it` : login,
    )
  if (status === 404) {
    if (kind === 'RevisionNotFound')
      return make(
        'not-found',
        `${repo} has no such revision`,
        "name a branch such as 'main', a tag or a commit",
      )
    if (kind === 'EntryNotFound') return make('not-found', `${repo} has no such file`, 'check its name')
    return make(
      'not-found',
      `${repo} does not exist on ${endpoint}`,
      `check the name${token ? ', and that the token may see it if it is private' : `; if it is private, ${login}`}`,
    )
  }
  if (status === 429)
    return make(
      'io',
      'the Hub gets too many requests from here (429)',
      `wait some minutes${token ? '' : `; with a token the limits are higher: ${login}`}`,
    )
  if (status >= 500) return make('io', `the Hub has trouble (${status})${said}`, 'try again later')
  return make('io', `the Hub answered ${status} for ${repo}${said}`, 'check the name and try again')
}

/** The error for a request without an answer. */
export function networkError(error: unknown, host: string): HubError {
  const codes: string[] = []
  let at = error as { code?: unknown; cause?: unknown } | undefined
  for (; at && codes.length < 4; at = at.cause as typeof at) codes.push(String(at.code ?? ''))
  const code = codes.find((text) => /^[A-Z][A-Z0-9_]{2,40}$/.test(text))
  return new HubError('io', `cannot reach ${host}${code ? ` (${code})` : ''}`, {
    hint: 'check the network (a proxy in HTTPS_PROXY is used by Node 24 and later with NODE_USE_ENV_PROXY=1)',
  })
}

/** One line of foreign text in brackets, or nothing. */
function tidy(text: string, token: string | undefined): string {
  let said = text
  try {
    const { error, message } = JSON.parse(text) as { error?: unknown; message?: unknown }
    said = ([error, message].find((value) => typeof value === 'string') as string | undefined) ?? ''
  } catch {
    if (/^\s*[<{]/.test(text)) said = ''
  }
  if (token) said = said.replaceAll(token, '[token]')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
  said = said.replace(/[\x00-\x1f\x7f-\x9f\s]+/g, ' ').trim()
  if (said === '') return ''
  return `: “${said.length > 200 ? `${said.slice(0, 200)}…` : said}”`
}

async function startOf(response: Response): Promise<string> {
  const reader = response.body?.getReader()
  if (!reader) return ''
  try {
    const chunks: Uint8Array[] = []
    for (let size = 0; size < 16_384; ) {
      const { done, value } = await reader.read()
      if (done) break
      chunks.push(value)
      size += value.length
    }
    return Buffer.concat(chunks).toString('utf8')
  } catch {
    return ''
  } finally {
    await reader.cancel().catch(() => {})
  }
}
