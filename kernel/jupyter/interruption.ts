// Stopping what the cells' thread does, from the thread of the sockets. First it is asked, which is enough while
// it waits for something. If it does not answer, its code is cut off through the inspector. Where Node cannot do
// that (before 24 the process would abort) SIGINT still ends a loop in the first stretch of a cell.
import { Session } from 'node:inspector'
import { flag } from './threads.ts'

/** How long the cells' thread may take to answer, in ms. */
const ANSWER_MS = 250
/** How long the kernel's own work, which is never cut off, may take, in ms. */
const BUSY_MS = 15_000
/** How long it may take after each attempt to cut off its code, in ms. */
const CUT_MS = 1000
const ATTEMPTS = 5

export interface Interruption {
  /** Sends the request to the cells' thread. */
  ask(token: number): void
  flags: Int32Array
  canCut: boolean
}

export class Interrupter {
  readonly #options: Interruption
  #token = 0
  #answered = 0
  #wake: (() => void) | undefined

  constructor(options: Interruption) {
    this.#options = options
  }

  /** The cells' thread has seen a request. */
  answered(token: number): void {
    this.#answered = Math.max(this.#answered, token)
    this.#wake?.()
  }

  /** @returns whether the cells' thread is free again */
  async interrupt(): Promise<boolean> {
    const { ask, flags, canCut } = this.#options
    const token = ++this.#token
    ask(token)
    if (await this.#answer(token, ANSWER_MS)) return true
    for (let waited = 0; Atomics.load(flags, flag.busy) === 1 && waited < BUSY_MS; waited += 50)
      if (await this.#answer(token, 50)) return true
    if (!canCut) {
      process.kill(process.pid, 'SIGINT')
      return this.#answer(token, CUT_MS)
    }
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      Atomics.store(flags, flag.cut, 1)
      if (await this.#cut(token)) return true
    }
    return false
  }

  async #cut(token: number): Promise<boolean> {
    const inspector = new Session()
    try {
      inspector.connectToMainThread()
      inspector.post('Runtime.terminateExecution', () => {})
      return await this.#answer(token, CUT_MS)
    } finally {
      inspector.disconnect()
    }
  }

  async #answer(token: number, ms: number): Promise<boolean> {
    const until = performance.now() + ms
    while (this.#answered < token) {
      const left = until - performance.now()
      if (left <= 0) return false
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.#wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
    return true
  }
}
