// events.jsonl: appended line by line by the job's process, read and followed by anyone.
// Written synchronously, because native code blocks the event loop for seconds at a time.
import {
  closeSync,
  existsSync,
  type FSWatcher,
  fstatSync,
  fsyncSync,
  openSync,
  readSync,
  watch,
  writeSync,
} from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileError } from '../base/files.ts'
import { type JobEvent, type JobEventInput, parseJobEvent } from '../messages/job-event.ts'
import { jobFiles } from './directory.ts'
import { redact } from './secrets.ts'

/** The writing end. */
export class EventLog {
  readonly #path: string
  readonly #file: number

  /** Opens for appending; a line that a killed process left unfinished is closed off. */
  constructor(dir: string) {
    this.#path = join(dir, jobFiles.events)
    try {
      this.#file = openSync(this.#path, 'a+')
      const { size } = fstatSync(this.#file)
      const last = Buffer.alloc(1)
      if (size > 0 && readSync(this.#file, last, 0, 1, size - 1) === 1 && last[0] !== 10) this.#write('\n')
    } catch (error) {
      throw fileError(error, 'write', this.#path)
    }
  }

  /** Appends one event. @throws SelmaError `io` when it cannot be written */
  emit(event: JobEventInput, now = new Date()): void {
    const line = JSON.stringify({ version: 1, time: now.toISOString(), ...event })
    try {
      this.#write(`${redact(line)}\n`)
    } catch (error) {
      throw fileError(error, 'write', this.#path)
    }
  }

  close(): void {
    try {
      fsyncSync(this.#file)
    } catch {
      // Some file systems (and devices) cannot; the lines are written all the same.
    }
    closeSync(this.#file)
  }

  #write(text: string): void {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length; ) at += writeSync(this.#file, bytes, at)
  }
}

/** All events so far; lines that are no events are left out. */
export async function readEvents(dir: string): Promise<JobEvent[]> {
  const text = await readFile(join(dir, jobFiles.events), 'utf8').catch(() => '')
  return parseLines(text.split('\n'))
}

/** The events in the last `bytes` of the log (default 128 KiB), for a quick look at the state. */
export async function readLastEvents(dir: string, bytes = 131_072): Promise<JobEvent[]> {
  const file = await open(join(dir, jobFiles.events)).catch(() => undefined)
  if (!file) return []
  try {
    const { size } = await file.stat()
    const start = Math.max(0, size - bytes)
    const buffer = Buffer.alloc(size - start)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
    return parseLines(buffer.toString('utf8', 0, bytesRead).split('\n'))
  } finally {
    await file.close()
  }
}

function parseLines(lines: string[]): JobEvent[] {
  const events: JobEvent[] = []
  for (const line of lines) {
    const event = line === '' ? undefined : parseJobEvent(line)
    if (event) events.push(event)
  }
  return events
}

/**
 * Events from the beginning, and then as they come, until `isOver` says that no more will.
 *
 * Woken by the file system where it tells of changes, and at least every 100 ms.
 */
export async function* followEvents(
  dir: string,
  isOver: () => boolean | Promise<boolean>,
  signal?: AbortSignal,
): AsyncGenerator<JobEvent, void, void> {
  const path = join(dir, jobFiles.events)
  const changes = new Changes(dir)
  let offset = 0
  let rest: Uint8Array = new Uint8Array()
  try {
    for (;;) {
      // Asked before reading: what was written before the end is then still read.
      const over = await isOver()
      if (signal?.aborted) return
      const fresh = await readFrom(path, offset)
      offset += fresh.length
      const text = Buffer.concat([rest, fresh])
      const end = text.lastIndexOf(10) + 1
      rest = text.subarray(end)
      yield* parseLines(text.toString('utf8', 0, end).split('\n'))
      if (fresh.length > 0) continue
      if (over) return
      await changes.next(100)
    }
  } finally {
    changes.close()
  }
}

async function readFrom(path: string, offset: number): Promise<Uint8Array> {
  if (!existsSync(path)) return new Uint8Array()
  const file = await open(path)
  try {
    const { size } = await file.stat()
    if (size <= offset) return new Uint8Array()
    // A long log is handed on in pieces, so that a reader far behind needs little memory.
    const buffer = new Uint8Array(Math.min(size - offset, 4_194_304))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset)
    return buffer.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

/** Waits for something to change in a folder, or for some time. */
class Changes {
  #watcher: FSWatcher | undefined
  #wake: () => void = () => {}

  constructor(dir: string) {
    try {
      this.#watcher = watch(dir, { persistent: false }, () => this.#wake())
      this.#watcher.on('error', () => this.close())
    } catch {
      // No notifications here (network file systems, too many watches): waiting is enough.
    }
  }

  next(milliseconds: number): Promise<void> {
    return new Promise((done) => {
      const timer = setTimeout(done, milliseconds)
      this.#wake = () => {
        clearTimeout(timer)
        done()
      }
    })
  }

  close(): void {
    this.#watcher?.close()
    this.#watcher = undefined
  }
}
