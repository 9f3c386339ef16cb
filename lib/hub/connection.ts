// One way to the Hub for everything: a `fetch` that the functions of `@huggingface/hub` take and that
// our own download uses. It adds what they lack: the token goes to the Hub's own origin and nowhere else
// (not to the storage a redirect names, not to a "next page" elsewhere), any token is allowed (the
// package wants `hf_…`), 429 and 5xx are tried again as the server asks, and every refusal becomes a
// HubError before the package can put an address or a header into a message.
import { fail } from '../base/errors.ts'
import { errorOf, HubError, networkError, type Subject } from './hub-error.ts'
import type { HubSettings } from './settings.ts'

/** A `fetch` for one repository. Resolves with successes only. */
export type HubFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

export interface ConnectionOptions {
  repo: string
  purpose: 'read' | 'write'
  /** How often a request without an answer is tried again. Default 2. */
  networkRetries?: number
  signal?: AbortSignal
}

/** An answer that says "later" is asked for again so often. */
const statusRetries = 5
/** Who asks to wait longer than this (ms) is not waited for. */
const longestWait = 300_000
const redirects = new Set([301, 302, 303, 307, 308])

/** Milliseconds before try `attempt` (from 0): 1, 2, 4 … 30 s. */
export const backoff = (attempt: number): number => Math.min(1000 * 2 ** attempt, 30_000)

/** Opens the way to one repository. */
export function connect(settings: HubSettings, options: ConnectionOptions): HubFetch {
  const { repo, purpose, networkRetries = 2 } = options
  const subject: Subject = { repo, purpose, endpoint: settings.endpoint, token: settings.token }
  return async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const method = (init.method ?? 'GET').toUpperCase()
    // Whether a commit whose answer was lost has happened is not known: it is not sent twice.
    const repeatable = !(method === 'POST' && url.pathname.includes('/commit/'))
    const signals = [options.signal, init.signal].filter((signal) => signal instanceof AbortSignal)
    const signal = signals.length > 0 ? AbortSignal.any(signals) : undefined
    let unanswered = 0
    for (let attempt = 0; ; attempt++) {
      throwIfStopped(options.signal, repo)
      let response: Response
      try {
        response = await follow(settings, url, { ...init, method, signal })
      } catch (error) {
        throwIfStopped(options.signal, repo)
        if (signal?.aborted || error instanceof HubError) throw error
        if (!repeatable || unanswered >= networkRetries) throw networkError(error, url.host)
        await pause(settings, backoff(unanswered++), options.signal, repo)
        continue
      }
      if (response.ok) return response
      const { status } = response
      const later = status === 429 || status === 503 || (repeatable && (status === 408 || status >= 500))
      const wait = askedToWait(response.headers, settings.clock.now()) ?? backoff(attempt)
      if (!later || attempt >= statusRetries || wait > longestWait) throw await errorOf(response, subject)
      await response.body?.cancel().catch(() => {})
      await pause(settings, wait, options.signal, repo)
    }
  }
}

/** @throws SelmaError `stopped` */
export function throwIfStopped(signal: AbortSignal | undefined, repo: string): void {
  if (signal?.aborted) fail('stopped', `the transfer of ${repo} was stopped`, 'run it again to go on')
}

/** Waits; an abort in the meantime is `stopped`. */
export async function pause(
  settings: HubSettings,
  milliseconds: number,
  signal: AbortSignal | undefined,
  repo: string,
): Promise<void> {
  await settings.clock.sleep(milliseconds, signal).catch((error) => {
    throwIfStopped(signal, repo)
    throw error
  })
}

/** One request with its redirects, by hand: no `fetch` is trusted to drop the token on the way. */
async function follow(settings: HubSettings, from: URL, init: RequestInit): Promise<Response> {
  const home = new URL(settings.endpoint).origin
  let url = from
  let { method, body } = init
  for (let hop = 0; hop < 10; hop++) {
    if (!/^https?:$/.test(url.protocol)) break
    const headers = new Headers(init.headers)
    if (url.origin === home && settings.token) headers.set('authorization', `Bearer ${settings.token}`)
    else if (url.origin === home || isOurs(headers, settings.token)) headers.delete('authorization')
    headers.set('user-agent', 'selma-lab')
    const answer = await headersInTime(settings, url, { ...init, method, body, headers, redirect: 'manual' })
    const location = redirects.has(answer.status) ? answer.headers.get('location') : null
    if (location === null) return answer
    await answer.body?.cancel().catch(() => {})
    try {
      url = new URL(location, url)
    } catch {
      break
    }
    if (answer.status === 303 || (answer.status < 303 && method === 'POST'))
      [method, body] = ['GET', undefined]
  }
  throw new HubError('io', 'the Hub’s redirects lead nowhere', {
    hint: 'check HF_ENDPOINT and the proxy',
    status: 508,
  })
}

const isOurs = (headers: Headers, token: string | undefined): boolean => {
  const value = headers.get('authorization')
  return value === 'Bearer undefined' || (token !== undefined && (value?.includes(token) ?? false))
}

/** A server that takes a request and says nothing is given up on; uploads take as long as they take. */
async function headersInTime(settings: HubSettings, url: URL, init: RequestInit): Promise<Response> {
  if (init.method !== 'GET' && init.method !== 'HEAD') return settings.fetch(url, init)
  const silence = new AbortController()
  const timer = setTimeout(() => silence.abort(), settings.stallMilliseconds)
  const signal = init.signal ? AbortSignal.any([init.signal, silence.signal]) : silence.signal
  try {
    return await settings.fetch(url, { ...init, signal })
  } catch (error) {
    throw silence.signal.aborted ? Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' }) : error
  } finally {
    clearTimeout(timer)
  }
}

/** `Retry-After` (seconds or a date), or the `t` of the Hub's `RateLimit` header; in milliseconds. */
function askedToWait(headers: Headers, now: number): number | undefined {
  const after = headers.get('retry-after')?.trim()
  if (after && /^\d{1,9}$/.test(after)) return Number(after) * 1000
  const date = after ? Date.parse(after) : Number.NaN
  if (!Number.isNaN(date)) return Math.max(0, date - now)
  const reset = /(?:^|;)\s*t=(\d{1,9})/.exec(headers.get('ratelimit') ?? '')
  return reset ? Number(reset[1]) * 1000 : undefined
}
