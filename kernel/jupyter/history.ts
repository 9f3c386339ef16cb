// What was run, kept across kernels: lines of JSON in one file under the user's data folder. Kernels that run at
// the same time append to it, and a line is written with one call, so none is lost or torn. When the file is
// full it becomes `….old`, and the one before is gone.
import { appendFileSync, mkdirSync, readFileSync, renameSync, rmdirSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** The file is put aside beyond this many bytes. */
const MAX_BYTES = 4_000_000
/** Longer code and results are kept out, in UTF-16 units. */
const MAX_ENTRY = 100_000

/** One executed cell, or the result that one gave (`out` without `in`). */
interface Line {
  /** The kernel's start, in ms since 1970: its session's number. */
  s: number
  /** Execution count. */
  n: number
  in?: string
  out?: string
}

/** Session number, execution count, and the code, or the pair of code and result. */
export type HistoryEntry = [number, number, string | [string, string | null]]

export interface HistoryRequest {
  hist_access_type?: unknown
  output?: unknown
  n?: unknown
  session?: unknown
  start?: unknown
  stop?: unknown
  pattern?: unknown
  unique?: unknown
}

/** `$SELMA_HOME/history.jsonl`, else in the user's data folder. */
export function historyFile(env: NodeJS.ProcessEnv = process.env): string {
  const data = env.SELMA_HOME || join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'selma')
  return join(data, 'history.jsonl')
}

export class History {
  readonly #path: string
  readonly #session: number
  readonly #maxBytes: number
  #broken = false

  /**
   * @param session this kernel's number; larger than those before it
   * @param maxBytes the file is put aside beyond this size
   */
  constructor(path: string, session: number = Date.now(), maxBytes = MAX_BYTES) {
    this.#path = path
    this.#session = session
    this.#maxBytes = maxBytes
  }

  /** Records what is about to run. */
  input(executionCount: number, code: string): void {
    this.#append({ s: this.#session, n: executionCount, in: code })
  }

  output(executionCount: number, text: string): void {
    this.#append({ s: this.#session, n: executionCount, out: text })
  }

  /** What a history_request asks for, oldest first. */
  query(request: HistoryRequest): HistoryEntry[] {
    const { hist_access_type: kind, output } = request
    const all = this.#read()
    let found: Line[] = []
    if (kind === 'range') found = this.#range(all, request)
    else if (kind === 'search') {
      const matches = globMatcher(typeof request.pattern === 'string' ? request.pattern : '*')
      found = all.filter((one) => matches(one.in as string))
      if (request.unique) found = latestOfEach(found)
      found = last(found, request.n)
    } else if (kind === 'tail') found = last(all, request.n)
    return found.map((one) => [
      one.s,
      one.n,
      output ? [one.in as string, one.out ?? null] : (one.in as string),
    ])
  }

  #range(all: readonly Line[], { session, start, stop }: HistoryRequest): Line[] {
    const wanted = typeof session === 'number' ? session : 0
    const earlier = [...new Set(all.map((one) => one.s))].filter((one) => one < this.#session)
    // Zero is this session, minus one the one before.
    const number =
      wanted > 0 ? wanted : wanted === 0 ? this.#session : earlier.sort((a, b) => a - b).at(wanted)
    const from = typeof start === 'number' ? start : 0
    const to = typeof stop === 'number' ? stop : Number.POSITIVE_INFINITY
    return all.filter((one) => one.s === number && one.n >= from && one.n < to)
  }

  #append(line: Line): void {
    const text = line.in ?? line.out ?? ''
    if (this.#broken || text.length > MAX_ENTRY) return
    try {
      mkdirSync(dirname(this.#path), { recursive: true })
      this.#rotate()
      appendFileSync(this.#path, `${JSON.stringify(line)}\n`, { mode: 0o600 })
    } catch {
      // No place to keep it is no reason not to run the cell.
      this.#broken = true
    }
  }

  #rotate(): void {
    if (sizeOf(this.#path) < this.#maxBytes) return
    const lock = `${this.#path}.lock`
    try {
      mkdirSync(lock)
    } catch {
      // Another kernel is at it; or one died at it, and then the file is merely long.
      if (Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0) > 60_000) rmdirSync(lock)
      return
    }
    try {
      if (sizeOf(this.#path) >= this.#maxBytes) renameSync(this.#path, `${this.#path}.old`)
    } finally {
      rmdirSync(lock)
    }
  }

  /** The cells of all sessions with their results, in the order in which they ran. */
  #read(): Line[] {
    const cells = new Map<string, Line>()
    for (const path of [`${this.#path}.old`, this.#path]) {
      for (const text of textOf(path).split('\n')) {
        const line = parse(text)
        if (!line) continue
        const key = `${line.s} ${line.n}`
        if (line.in !== undefined) cells.set(key, line)
        else if (line.out !== undefined) cells.set(key, { ...line, ...cells.get(key), out: line.out })
      }
    }
    return [...cells.values()].filter((one) => one.in !== undefined)
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function parse(text: string): Line | undefined {
  try {
    const line = JSON.parse(text) as Line
    const valid = typeof line.s === 'number' && typeof line.n === 'number'
    return valid && [line.in, line.out].some((one) => typeof one === 'string') ? line : undefined
  } catch {
    return undefined
  }
}

function last<T>(list: readonly T[], n: unknown): T[] {
  return typeof n === 'number' && n >= 0 ? list.slice(Math.max(0, list.length - n)) : [...list]
}

function latestOfEach(lines: readonly Line[]): Line[] {
  const latest = new Map(lines.map((one) => [one.in, one]))
  return lines.filter((one) => latest.get(one.in) === one)
}

/**
 * Shell patterns over the whole text: `*`, `?`, `[abc]`, `[^a]`, as SQLite's GLOB has them. Matched by hand, without a
 * regular expression made of somebody's text, so that no pattern takes longer than its length times the text's.
 */
export function globMatcher(pattern: string): (text: string) => boolean {
  const parts = [...pattern.matchAll(/\[\^?\][^\]]*\]|\[\^?[^\]]+\]|[\s\S]/g)].map(([one]) => one)
  const matchesOne = (part: string, letter: string): boolean => {
    if (part === '?') return true
    if (part.length === 1) return part === letter
    const negated = part[1] === '^'
    const set = part.slice(negated ? 2 : 1, -1)
    let found = false
    for (let at = 0; at < set.length; at++) {
      if (set[at + 1] === '-' && at + 2 < set.length) {
        found ||= letter >= set[at] && letter <= set[at + 2]
        at += 2
      } else found ||= set[at] === letter
    }
    return found !== negated
  }
  return (text) => {
    let part = 0
    let retry: { part: number; at: number } | undefined
    for (let at = 0; at < text.length; ) {
      if (part < parts.length && parts[part] === '*') retry = { part: ++part, at }
      else if (part < parts.length && matchesOne(parts[part], text[at])) {
        part++
        at++
      } else if (retry) {
        part = retry.part
        at = ++retry.at
      } else return false
    }
    while (parts[part] === '*') part++
    return part === parts.length
  }
}
