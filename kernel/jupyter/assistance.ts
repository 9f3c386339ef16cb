// Completion and inspection in a thread of their own, so that they work while a cell runs or blocks. The thread
// starts with `warm` or the first request, is then told every cell that ran, and holds its own copy of the types.
import type { Worker } from 'node:worker_threads'
import type { Preload } from '../preload.ts'
import type { AssistAnswer, AssistRequest } from './assist-worker.ts'
import { startThread } from './thread.ts'

/** Where a cell that ran leaves its names. */
interface Committed {
  code: string
  names?: string[]
}

export class Assistance {
  readonly #settings: { cwd: string; preload?: Preload }
  readonly #log: (text: string) => void
  readonly #waiting = new Map<number, (answer: AssistAnswer) => void>()
  #committed: Committed[] = []
  #worker: Worker | undefined
  #count = 0

  /** @param log is told why a thread died */
  constructor(settings: { cwd: string; preload?: Preload }, log: (text: string) => void) {
    this.#settings = settings
    this.#log = log
  }

  commit({ code, names }: Committed): void {
    const cell = { code, names }
    if (this.#worker) this.#worker.postMessage({ type: 'commit', ...cell } satisfies AssistRequest)
    this.#committed.push(cell)
  }

  /** Loads the types before they are asked for: JupyterLab waits a second for completions, which is too short. */
  warm(): void {
    if (!this.#worker) void this.ask({ type: 'complete', code: '', position: 0 })
  }

  /** Never rejects; the answer is empty when the thread has died. */
  ask(question: { type: 'complete' | 'inspect'; code: string; position: number; detail?: 0 | 1 }) {
    const id = ++this.#count
    return new Promise<AssistAnswer>((resolve) => {
      this.#waiting.set(id, resolve)
      this.#started().postMessage({ ...question, id } satisfies AssistRequest)
    })
  }

  async close(): Promise<void> {
    await this.#worker?.terminate()
  }

  #started(): Worker {
    if (this.#worker) return this.#worker
    const worker = startThread('./assist-worker.ts', import.meta.url, this.#settings)
    this.#worker = worker
    worker.on('message', (answer: AssistAnswer) => {
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    // Without memory for the types, say, the next request starts another one.
    worker.on('error', (error) =>
      this.#log(`completion and inspection start anew: ${(error as Error).message}`),
    )
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
