// Where the Hub is, where its cache is, and who asks: the environment variables that Python's
// huggingface_hub reads, with its defaults. The package `@huggingface/hub` knows the cache variables only.
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fail } from '../base/errors.ts'

/** Time, so that tests need not wait. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Waits, or rejects when the signal aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>
}

/** What every call to the Hub takes. */
export interface HubOptions {
  /** Access token; `false` sends none. Default: `HF_TOKEN`, else the file that `hf auth login` wrote. */
  token?: string | false
  /** Default: `HF_ENDPOINT`, else https://huggingface.co. */
  endpoint?: string
  /** Default: `HF_HUB_CACHE`, else `$HF_HOME/hub`, else `~/.cache/huggingface/hub`. */
  cacheDir?: string
  /** Environment variables. Default `process.env`. */
  env?: Readonly<Record<string, string | undefined>>
  fetch?: typeof fetch
  clock?: Clock
}

/** The options with all defaults filled in. */
export interface HubSettings {
  /** Without a slash at the end. */
  endpoint: string
  cacheDir: string
  token: string | undefined
  /** `HF_HUB_OFFLINE` or `TRANSFORMERS_OFFLINE`. */
  offline: boolean
  /** False where `HF_HUB_DISABLE_SYMLINKS` is set: the cache holds copies. */
  symlinks: boolean
  /** A server that sends nothing for so long (`HF_HUB_DOWNLOAD_TIMEOUT`, seconds there) is given up on. */
  stallMilliseconds: number
  fetch: typeof fetch
  clock: Clock
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { signal }),
}

const isTrue = (value: string | undefined): boolean =>
  value !== undefined && ['1', 'ON', 'YES', 'TRUE'].includes(value.toUpperCase())

/**
 * Fills in the options from the environment.
 *
 * @throws SelmaError `bad-input` for an endpoint or token that cannot be one; the token is never printed
 */
export async function hubSettings(options: HubOptions = {}): Promise<HubSettings> {
  const { env = process.env, clock = systemClock } = options
  const home = env.HF_HOME
    ? expand(env.HF_HOME, env)
    : join(env.XDG_CACHE_HOME ? expand(env.XDG_CACHE_HOME, env) : join(homedir(), '.cache'), 'huggingface')
  const cache = options.cacheDir ?? (env.HF_HUB_CACHE || env.HUGGINGFACE_HUB_CACHE)
  const seconds = Number(env.HF_HUB_DOWNLOAD_TIMEOUT || 30)
  return {
    endpoint: checkEndpoint(options.endpoint ?? (env.HF_ENDPOINT || 'https://huggingface.co')),
    cacheDir: resolve(cache ? expand(cache, env) : join(home, 'hub')),
    token: await findToken(options.token, env, home),
    offline: isTrue(env.HF_HUB_OFFLINE || env.TRANSFORMERS_OFFLINE),
    symlinks: !isTrue(env.HF_HUB_DISABLE_SYMLINKS),
    stallMilliseconds: seconds > 0 ? seconds * 1000 : 30_000,
    fetch: options.fetch ?? globalThis.fetch,
    clock,
  }
}

/** `~` and `$NAME` as Python's expanduser and expandvars read them. */
function expand(path: string, env: Readonly<Record<string, string | undefined>>): string {
  const filled = path.replace(
    /\$(?:\{([^}]*)\}|(\w+))/g,
    (whole, braced, plain) => env[braced ?? plain] ?? whole,
  )
  return filled === '~' || /^~[/\\]/.test(filled) ? join(homedir(), filled.slice(1)) : filled
}

function checkEndpoint(text: string): string {
  const url = parseUrl(text)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search || url.hash)
    fail(
      'bad-input',
      'the Hub’s address (HF_ENDPOINT) is no plain http or https address',
      'give one such as https://huggingface.co, without a user name or password in it',
    )
  return text.replace(/\/+$/, '')
}

function parseUrl(text: string): URL | null {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

async function findToken(
  given: string | false | undefined,
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Promise<string | undefined> {
  if (given === false) return undefined
  if (given !== undefined) return checkToken(given, 'the token')
  if (isTrue(env.HF_HUB_DISABLE_IMPLICIT_TOKEN)) return undefined
  const variable = env.HF_TOKEN || env.HUGGING_FACE_HUB_TOKEN
  if (variable) return checkToken(variable, 'HF_TOKEN')
  const path = env.HF_TOKEN_PATH ? expand(env.HF_TOKEN_PATH, env) : join(home, 'token')
  // No file is the ordinary case; one that cannot be read is like none.
  const stored = await readFile(path, 'utf8').catch(() => '')
  return checkToken(stored, path)
}

/** A header with a strange character is an error of `fetch` that prints the header: look first. */
function checkToken(text: string, where: string): string | undefined {
  const token = text.trim()
  if (token === '') return undefined
  if (!/^[\x21-\x7e]{1,4096}$/.test(token))
    fail(
      'bad-input',
      `${where} holds characters that no access token has`,
      'copy it again from https://huggingface.co/settings/tokens',
    )
  return token
}
