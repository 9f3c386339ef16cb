// The thread of the cells: does what the front hands over, with a session. What it must never do is wait: while a
// cell waits for something, comm messages and interrupts come through here.
import { type Comms, comms as ownComms } from '../comms.ts'
import type { Output } from '../outputs.ts'
import type { Session } from '../session.ts'
import { encodeJson, type Json } from '../wire/message.ts'
import { pageRequest } from './pager.ts'
import { refusal } from './request.ts'
import { type AssistAnswer, flag, type ToCells, type ToFront } from './threads.ts'

/** Printed text that may be on its way to the front before printing waits, in UTF-16 units. */
const MAX_PENDING = 32_000_000
/** The result of a cell is cut in the history beyond this, in UTF-16 units. */
const MAX_HISTORY = 10_000

export type PostToFront = (message: ToFront, transfer?: ArrayBuffer[]) => void
type Of<T extends ToCells['type']> = Extract<ToCells, { type: T }>

export class Cells {
  readonly #post: PostToFront
  readonly #flags: Int32Array<SharedArrayBuffer>
  readonly #comms: Comms
  #session: Session | undefined
  #failure: unknown
  /** What came before the session was there. */
  #early: ToCells[] | undefined = []
  #running: { id: string; stop: AbortController } | undefined
  /** The comm message being handled. */
  #handling: string | undefined
  #answer: ((value: string) => void) | undefined
  #asking: Promise<unknown> = Promise.resolve()

  constructor(post: PostToFront, flags: Int32Array<SharedArrayBuffer>, comms: Comms = ownComms) {
    this.#post = post
    this.#flags = flags
    this.#comms = comms
  }

  /** The session is there; or it could not be made, which then is the reply to every cell. */
  ready(session: Session | undefined, failure?: unknown): void {
    this.#session = session
    this.#failure = failure
    const early = this.#early ?? []
    this.#early = undefined
    for (const message of early) this.take(message)
  }

  /** Takes a message from the front. */
  take(message: ToCells): void {
    if (message.type === 'exit') process.exit(0)
    if (message.type === 'interrupt') this.#interrupt(message)
    else if (message.type === 'input') this.#answer?.(message.value)
    else if (this.#early) this.#early.push(message)
    else if (message.type === 'execute') void this.#execute(message)
    else if (message.type === 'comm') this.#comm(message)
    else if (message.type === 'assist') this.#assist(message)
    else this.#query(message)
  }

  /** Sends an output under the request it belongs to. */
  output(output: Output, parent: string): void {
    if (output.output_type === 'stream') {
      const { name, text } = output
      this.#makeRoom(text.length)
      this.#post({ type: 'stream', parent, name, text })
      return
    }
    const { output_type: kind, ...content } = output
    this.#post({ type: 'publish', parent, kind, json: encodeJson(content) })
  }

  /** A loop that prints and never waits must not fill the memory with what the front has yet to send. */
  #makeRoom(length: number): void {
    const flags = this.#flags
    let pending = Atomics.load(flags, flag.pending)
    for (let waits = 0; pending > MAX_PENDING && waits < 100; waits++) {
      Atomics.wait(flags, flag.pending, pending, 100)
      pending = Atomics.load(flags, flag.pending)
    }
    Atomics.add(flags, flag.pending, length)
  }

  async #execute(message: Of<'execute'>): Promise<void> {
    const { id, code, silent, storeHistory, expressions } = message
    const session = this.#session
    if (!session) {
      const { name, message: why } = this.#failure as Error
      this.#reply(id, { ...refusal(name, why), execution_count: null }, false)
      return
    }
    const stop = new AbortController()
    this.#running = { id, stop }
    // What is known of a name is not run: the front has it from the thread that inspects.
    const reply = await session.execute(pageRequest(code) ? '' : code, {
      id,
      silent,
      signal: stop.signal,
      counted: storeHistory && !silent,
      onOutput: (output) => this.output(output, id),
      onStart: ({ executionCount }) => this.#post({ type: 'started', id, executionCount }),
      onInput: message.allowStdin ? (...question) => this.#ask(id, ...question) : undefined,
    })
    const content: Json = { status: reply.status, execution_count: reply.executionCount, payload: [] }
    if (reply.error) Object.assign(content, reply.error)
    else {
      const values: Json = {}
      for (const [name, expression] of Object.entries(expressions))
        values[name] = await session.evaluate(expression)
      content.user_expressions = values
    }
    this.#running = undefined
    const text = reply.result?.['text/plain']
    this.#reply(
      id,
      content,
      reply.status === 'ok',
      typeof text === 'string' ? text.slice(0, MAX_HISTORY) : undefined,
    )
  }

  #reply(id: string, content: Json, ok: boolean, text?: string): void {
    this.#post({ type: 'reply', id, json: encodeJson(content), ok, text })
  }

  /** One question after another: a client shows only one. */
  #ask(parent: string, prompt: string, password: boolean, signal: AbortSignal): Promise<string> {
    const asked = this.#asking.then(
      () =>
        new Promise<string>((resolve, reject) => {
          const over = () => {
            this.#answer = undefined
            signal.removeEventListener('abort', stop)
          }
          const stop = () => {
            over()
            this.#post({ type: 'input-cancel' })
            reject(new Error('the question was interrupted'))
          }
          if (signal.aborted) return stop()
          signal.addEventListener('abort', stop)
          this.#answer = (value) => {
            over()
            resolve(value)
          }
          this.#post({ type: 'input', parent, prompt, password })
        }),
    )
    this.#asking = asked.catch(() => {})
    return asked
  }

  /** A question that has waited too long is another thread's by now. */
  #assist({ id, kind, code, position, detail }: Of<'assist'>): void {
    if (id <= Atomics.load(this.#flags, flag.assisted)) return
    const answer: AssistAnswer = { id }
    try {
      if (kind === 'complete') answer.completion = this.#session?.complete(code, position)
      else answer.text = this.#session?.inspect(code, position, detail)?.['text/plain'] as string | undefined
    } catch {
      // The compiler gave up on something half-typed.
    }
    this.#post({ type: 'assisted', ...answer })
  }

  #query({ id, kind, content }: Of<'query'>): void {
    let reply: Json
    if (kind === 'comm_info') {
      const target = typeof content.target_name === 'string' ? content.target_name : undefined
      reply = { status: 'ok', comms: this.#comms.list(target) }
    } else if (typeof content.code !== 'string') reply = refusal('BadRequest', 'the request has no code')
    else reply = this.#session ? { ...this.#session.isComplete(content.code) } : { status: 'unknown' }
    this.#reply(id, reply, true)
  }

  #comm({ id, kind, content, metadata, buffers }: Of<'comm'>): void {
    this.#handling = id
    const data = typeof content.data === 'object' && content.data ? (content.data as Json) : {}
    const message = { data, metadata, buffers }
    const comm = String(content.comm_id)
    this.#session?.beside(
      id,
      (output) => this.output(output, id),
      () => {
        if (kind === 'comm_msg') return this.#comms.get(comm)?.receive('message', message) ?? []
        if (kind === 'comm_close') {
          const closed = this.#comms.get(comm)
          this.#comms.drop(comm)
          return closed?.receive('close', message) ?? []
        }
        try {
          if (this.#comms.accept(String(content.target_name), comm, message)) return []
          this.#refuse(comm)
          return []
        } catch (error) {
          this.#comms.drop(comm)
          this.#refuse(comm)
          return [error]
        }
      },
    )
    this.#handled()
  }

  /** Nobody here knows what the page opened: it is closed again. */
  #refuse(comm: string): void {
    this.#comms.transport?.('comm_close', { comm_id: comm, data: {} }, { metadata: {}, buffers: [] })
  }

  #handled(): void {
    if (this.#handling !== undefined) this.#post({ type: 'handled', id: this.#handling })
    this.#handling = undefined
  }

  #interrupt({ token, running }: Of<'interrupt'>): void {
    const cut = Atomics.exchange(this.#flags, flag.cut, 0) === 1
    if (this.#early) this.#early = this.#early.filter((one) => one.type !== 'execute')
    // A handler that was cut off has not said that it is done.
    this.#handled()
    const current = this.#running
    if (running === current?.id) {
      current?.stop.abort()
      this.#session?.interrupt()
    }
    if (cut && !current) this.#note('Interrupted: code that ran beside the cells was stopped\n')
    this.#post({ type: 'interrupted', token, running: current?.id })
  }

  #note(text: string): void {
    // To the latest cell: which one the code came from went with it.
    process.stderr.write(text)
  }
}
