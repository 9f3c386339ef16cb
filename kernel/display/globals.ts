// The functions every cell has without importing them: display, html, svg, markdown, clearOutput,
// cellSignal. `language/globals.ts` declares the same names for the checker.
import { randomUUID } from 'node:crypto'
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

function helper(mime: string, quote: (text: string) => string) {
  return (source: string | TemplateStringsArray, ...values: unknown[]) => {
    const text =
      typeof source === 'string'
        ? source
        : source.reduce((all, part, at) => all + quote(String(values[at - 1] ?? '')) + part)
    return { [DISPLAY]: () => ({ [mime]: text, 'text/plain': text }), toString: () => text }
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
    html: helper('text/html', escapeHtml),
    svg: helper('image/svg+xml', escapeHtml),
    markdown: helper('text/markdown', (text) => text.replace(/[\\`*_{}[\]<>()#+!|~&-]/g, '\\$&')),
    clearOutput: (wait = false) => target().clear(wait),
    cellSignal: () => target().signal,
  }
}
