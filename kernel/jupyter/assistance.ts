// Who completes and inspects: the thread of the cells, which has the types in memory anyway, or, while that one
// blocks, a thread of its own. That one starts when it is first needed, is then told every cell that ran, and holds
// a second copy of the types.
import { setTimeout as delay } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import type { Preload } from '../preload.ts'
import type { AssistRequest } from './assist-worker.ts'
import { startThread } from './thread.ts'
import { type AssistAnswer, type AssistQuestion, flag, type ToCells } from './threads.ts'

/** How long the cells' thread may take before it counts as blocked, in ms. */
const PATIENCE_MS = 150

/** Where a cell that ran leaves its names. */
interface Committed {
  code: string
  names?: string[]
}

export interface AssistanceOptions {
  cwd: string
  preload?: Preload
  /** To the cells' thread. */
  post(message: ToCells): void
  flags: Int32Array
  /** Is told why a thread died. */
  log(text: string): void
}

export class Assistance {
  readonly #options: AssistanceOptions
  readonly #waiting = new Map<number, (answer: AssistAnswer) => void>()
  #committed: Committed[] = []
  #worker: Worker | undefined
  #count = 0

  constructor(options: AssistanceOptions) {
    this.#options = options
  }

  commit({ code, names }: Committed): void {
    const cell = { code, names }
    if (this.#worker) this.#worker.postMessage({ type: 'commit', ...cell } satisfies AssistRequest)
    this.#committed.push(cell)
  }

  /** Never rejects; the answer is empty when the thread has died. */
  async ask(question: AssistQuestion): Promise<AssistAnswer> {
    const id = ++this.#count
    const message = { ...question, type: 'assist', id } as const
    const answer = new Promise<AssistAnswer>((resolve) => this.#waiting.set(id, resolve))
    this.#options.post(message)
    const { flags } = this.#options
    const over = new AbortController()
    const blocked = async () => {
      // At work for the kernel it is not blocked: the compiler loads, or it thinks about this very question.
      do await delay(PATIENCE_MS, undefined, over)
      while (Atomics.load(flags, flag.busy) === 1)
      Atomics.store(flags, flag.assisted, id)
      this.#started().postMessage(message satisfies AssistRequest)
    }
    blocked().catch(() => {})
    return answer.finally(() => over.abort())
  }

  /** An answer of either thread; a second one to the same question is nobody's. */
  answered(answer: AssistAnswer): void {
    this.#waiting.get(answer.id)?.(answer)
    this.#waiting.delete(answer.id)
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  #started(): Worker {
    if (this.#worker) return this.#worker
    const { cwd, preload, log } = this.#options
    const worker = startThread('./assist-worker.ts', import.meta.url, { cwd, preload })
    this.#worker = worker
    worker.on('message', (answer: AssistAnswer) => this.answered(answer))
    // Without memory for the types, say, the next request starts another one.
    worker.on('error', (error) => log(`completion and inspection start anew: ${(error as Error).message}`))
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined
      for (const [id, resolve] of this.#waiting) resolve({ id })
      this.#waiting.clear()
    })
    for (const cell of this.#committed)
      worker.postMessage({ type: 'commit', ...cell } satisfies AssistRequest)
    return worker
  }
}
