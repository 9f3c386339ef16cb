// The queue of execute_requests: one at a time goes to the cells' thread. It stands here and not there, so that
// after an error everything that had arrived by then is aborted, also what came while the thread was blocked.
import type { Json } from '../wire/message.ts'
import type { History } from './history.ts'
import { type PageRequest, pageRequest } from './pager.ts'
import { type Request, type Responder, refusal } from './request.ts'
import type { ToCells } from './threads.ts'

/** How long after an error requests that were sent before it may take to get here, in ms. */
const DRAIN_MS = 15

export class Executions {
  readonly #to: Responder
  readonly #post: (message: ToCells) => void
  readonly #history: History
  readonly #inspect: (page: PageRequest) => Promise<string>
  readonly #queue: Request[] = []
  #current: Request | undefined
  #started = ''
  #count = 0
  #ending = false

  /** @param inspect what is known of a name, for `name?` */
  constructor(
    to: Responder,
    post: (message: ToCells) => void,
    history: History,
    inspect: (page: PageRequest) => Promise<string>,
  ) {
    this.#to = to
    this.#post = post
    this.#history = history
    this.#inspect = inspect
  }

  get current(): Request | undefined {
    return this.#current
  }

  add(request: Request): void {
    if (typeof request.content.code !== 'string') {
      this.#to.iopub.status('busy', request.header)
      this.#to.reply(request, refusal('BadRequest', 'the execute_request has no code'))
      this.#to.iopub.status('idle', request.header)
      return
    }
    this.#queue.push(request)
    this.#next()
  }

  #next(): void {
    if (this.#current) return
    const request = this.#queue.shift()
    if (!request) return
    this.#current = request
    this.#started = new Date().toISOString()
    this.#to.iopub.status('busy', request.header)
    const { code, user_expressions: expressions, allow_stdin: allowStdin } = request.content
    this.#post({
      type: 'execute',
      id: request.header.msg_id,
      code: code as string,
      silent: request.content.silent === true,
      storeHistory: stored(request),
      allowStdin: allowStdin !== false,
      expressions: texts(expressions),
    })
  }

  /** The cells' thread has begun with it. */
  started(id: string, executionCount: number): void {
    const request = this.#current
    if (request?.header.msg_id !== id || request.content.silent === true) return
    this.#count = executionCount
    const code = request.content.code as string
    const content = { code, execution_count: executionCount }
    this.#to.iopub.publish('execute_input', request.header, content)
    if (stored(request) && code.trim() !== '') this.#history.input(executionCount, code)
  }

  /** @param text the result as text, for the history */
  async finish(id: string, content: Json | string, ok: boolean, text?: string): Promise<void> {
    const request = this.#current
    if (request?.header.msg_id !== id || this.#ending) return
    this.#ending = true
    if (text !== undefined && stored(request)) this.#history.output(this.#count, text)
    const page = ok && pageRequest(request.content.code as string)
    if (page) {
      const answer = { ...(typeof content === 'string' ? (JSON.parse(content) as Json) : content) }
      answer.payload = [{ source: 'page', data: { 'text/plain': await this.#inspect(page) }, start: 0 }]
      content = answer
    }
    const stop = !ok && request.content.stop_on_error !== false && request.content.silent !== true
    if (stop) await new Promise((resolve) => setTimeout(resolve, DRAIN_MS))
    // Nobody sends the next one before the reply, so what waits now was sent before the error was known.
    const aborted = stop ? this.#queue.splice(0) : []
    this.#to.reply(request, content, { started: this.#started, status: ok ? 'ok' : 'error' })
    this.#to.iopub.status('idle', request.header)
    for (const one of aborted) {
      this.#to.iopub.status('busy', one.header)
      this.#to.reply(one, { status: 'aborted' }, { started: new Date().toISOString(), status: 'aborted' })
      this.#to.iopub.status('idle', one.header)
    }
    this.#current = undefined
    this.#ending = false
    this.#next()
  }
}

function stored({ content }: Request): boolean {
  return content.store_history !== false && content.silent !== true
}

function texts(value: unknown): Record<string, string> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).filter(([, one]) => typeof one === 'string'))
}
