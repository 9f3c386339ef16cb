// The `console` of the cells: what it writes goes to the cell that is running (or started the code that
// is), as stream outputs. Optionally the whole process's stdout and stderr go the same way.
import { Console } from 'node:console'
import { EventEmitter } from 'node:events'
import { shorten } from './display/text.ts'

/** One write is cut beyond this many characters. */
const MAX_WRITE = 10_000_000

export type StreamWriter = (name: 'stdout' | 'stderr', text: string) => void

/** What the Console class needs of a stream. */
class Sink extends EventEmitter {
  readonly #write: (text: string) => void
  constructor(write: (text: string) => void) {
    super()
    this.#write = write
  }
  write(text: string): boolean {
    this.#write(shorten(text, MAX_WRITE))
    return true
  }
}

/** Replaces `globalThis.console`; returns how to put the old one back. */
export function captureConsole(write: StreamWriter): () => void {
  const before = globalThis.console
  globalThis.console = new Console({
    stdout: new Sink((text) => write('stdout', text)) as unknown as NodeJS.WritableStream,
    stderr: new Sink((text) => write('stderr', text)) as unknown as NodeJS.WritableStream,
    inspectOptions: { depth: 4, maxArrayLength: 100, breakLength: 100 },
  })
  return () => {
    globalThis.console = before
  }
}

/** Sends everything written to `process.stdout` and `process.stderr` to `write` instead. */
export function captureProcess(write: StreamWriter): () => void {
  const restore = (['stdout', 'stderr'] as const).map((name) => {
    const stream = process[name]
    const before = stream.write
    stream.write = ((chunk: string | Uint8Array, encoding?: unknown, done?: unknown) => {
      const code = typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'
      write(name, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString(code))
      const callback = typeof encoding === 'function' ? encoding : done
      if (typeof callback === 'function') process.nextTick(callback)
      return true
    }) as typeof stream.write
    return () => {
      stream.write = before
    }
  })
  return () => {
    for (const one of restore) one()
  }
}
