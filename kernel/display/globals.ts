// The functions every cell has without importing them: display, html, svg, markdown, latex, json,
// clearOutput, cellSignal, and the symbol $display. `language/globals.ts` declares the same names for the checker.
import { randomUUID } from 'node:crypto'
import { fail } from '../../lib/base/errors.ts'
import type { MimeBundle } from '../outputs.ts'
import { DISPLAY, format } from './formatters.ts'
import { escapeHtml } from './text.ts'

/** Where the calls of a cell go; found anew at each call. */
export interface DisplayTarget {
  send(
    kind: 'display_data' | 'update_display_data',
    id: string,
    data: MimeBundle,
    metadata: Record<string, unknown>,
  ): void
  /** Makes the cell wait for a representation that is still being made. */
  hold(work: Promise<void>): void
  clear(wait: boolean): void
  signal: AbortSignal
}

/** A place where something is shown. As the last value of a cell it is not shown again. */
export class DisplayHandle {
  readonly id: string
  readonly update: (value: unknown) => void

  constructor(id: string, update: (value: unknown) => void) {
    this.id = id
    this.update = update
  }
}

/** Source text of one MIME type, shown as such. */
class Shown {
  readonly #mime: string
  readonly #text: string
  constructor(mime: string, text: string) {
    this.#mime = mime
    this.#text = text
  }
  is(mime: string): boolean {
    return this.#mime === mime
  }
  toString(): string {
    return this.#text
  }
  [DISPLAY](): MimeBundle {
    return { [this.#mime]: this.#text, 'text/plain': this.#text }
  }
}

interface Quoting {
  /** Makes an interpolated value stand for itself. */
  quote: (text: string) => string
  /** Takes the source as it is written, backslashes and all. */
  raw?: boolean
  /** What is shown for the source. */
  wrap?: (text: string) => string
}

function helper(mime: string, { quote, raw = false, wrap = (text) => text }: Quoting) {
  // A piece made by the same function is markup already, also in a list of such pieces.
  const piece = (value: unknown): string => {
    if (Array.isArray(value)) return value.map(piece).join('')
    return value instanceof Shown && value.is(mime) ? String(value) : quote(String(value ?? ''))
  }
  return (source: string | TemplateStringsArray, ...values: unknown[]) => {
    if (typeof source === 'string') return new Shown(mime, wrap(source))
    const parts = raw ? source.raw : source
    const text = parts.reduce((all, part, at) => all + piece(values[at - 1]) + part)
    return new Shown(mime, wrap(text))
  }
}

/** LaTeX text in which every character of `text` is only itself. */
function quoteLatex(text: string): string {
  const named: Record<string, string> = {
    '\\': '\\backslash ',
    '^': '\\hat{}',
    '~': '\\sim ',
  }
  return text.replace(/[\\{}$&#^_%~]/g, (one) => named[one] ?? `\\${one}`)
}

/** A bare formula needs delimiters to be one. */
const asFormula = (text: string) =>
  /\$|\\begin\{|\\\[|\\\(/.test(text) ? text : `$\\displaystyle ${text.trim()}$`

/** A value as JSON shows it: a copy, made now. */
function json(value: unknown) {
  let text: string | undefined
  try {
    text = JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? String(one) : one))
  } catch (error) {
    fail(
      'bad-input',
      `json() cannot show this value: ${(error as Error).message.split('\n')[0]}`,
      undefined,
      error,
    )
  }
  const copy: unknown = text === undefined ? null : JSON.parse(text)
  return {
    [DISPLAY]: () => ({ 'application/json': copy, 'text/plain': JSON.stringify(copy, null, 2) }),
    toString: () => JSON.stringify(copy),
  }
}

/** The global functions, over whatever cell is running when they are called. */
export function displayGlobals(target: () => DisplayTarget): Record<string, unknown> {
  let queue: Promise<void> | undefined

  function show(
    to: DisplayTarget,
    kind: 'display_data' | 'update_display_data',
    id: string,
    value: unknown,
    metadata: Record<string, unknown>,
  ): void {
    const bundle = format(value)
    if (!(bundle instanceof Promise) && !queue) {
      to.send(kind, id, bundle, metadata)
      return
    }
    // Displays stay in the order of their calls, even when one takes longer to make.
    const before = queue ?? Promise.resolve()
    const work = before.then(async () => to.send(kind, id, await bundle, metadata))
    queue = work
    to.hold(work)
    void work.then(() => {
      if (queue === work) queue = undefined
    })
  }

  return {
    display(value: unknown, options: { id?: string; metadata?: Record<string, unknown> } = {}) {
      const { id = randomUUID(), metadata = {} } = options
      show(target(), 'display_data', id, value, metadata)
      return new DisplayHandle(id, (next) => show(target(), 'update_display_data', id, next, metadata))
    },
    html: helper('text/html', { quote: escapeHtml }),
    svg: helper('image/svg+xml', { quote: escapeHtml }),
    markdown: helper('text/markdown', { quote: (text) => text.replace(/[\\`*_{}[\]<>()#+!|~&-]/g, '\\$&') }),
    latex: helper('text/latex', { quote: quoteLatex, raw: true, wrap: asFormula }),
    json,
    $display: DISPLAY,
    clearOutput: (wait = false) => target().clear(wait),
    cellSignal: () => target().signal,
  }
}
