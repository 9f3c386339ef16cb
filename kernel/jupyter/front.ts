// The kernel as its clients see it: takes messages from the sockets, answers what it can by itself and hands the
// rest to the thread of the cells. It runs in a thread of its own and never waits for that one, so the kernel
// answers while a cell blocks. No sockets in here: frames come in and go out.
import { randomUUID } from 'node:crypto'
import { Decoder, encode, WireError } from '../wire/frames.ts'
import { type Header, type Json, newHeader } from '../wire/message.ts'
import { type Answer, directAnswers } from './answers.ts'
import type { Assistance } from './assistance.ts'
import { Executions } from './executions.ts'
import type { History } from './history.ts'
import { Interrupter } from './interruption.ts'
import { IopubPublisher } from './publisher.ts'
import { Parents, type Request, type Responder, refusal } from './request.ts'
import { type CommKind, flag, type ToCells, type ToFront } from './threads.ts'

export interface FrontOptions {
  key: string
  send(channel: 'shell' | 'control' | 'stdin' | 'iopub', frames: readonly Uint8Array[]): void
  post(message: ToCells): void
  log(text: string): void
  /** Closes the sockets and ends the process; `politely` lets the cells' thread do the latter. */
  end(politely: boolean): void
  flags: Int32Array
  canCut: boolean
  info: Json
  ports: Json
  history: History
  assistance: Assistance
}

/** How long the cells' thread may take to end the process, in ms. */
const END_MS = 1500

const LOST = 'The kernel has ended; its variables are lost.\n'
const UNRESPONSIVE = `The running code did not stop. ${LOST}`
const CANNOT_CUT = `The running code could not be interrupted: a loop that never waits can be stopped by Node 24 or later, \
started with --no-force-async-hooks-checks, and this is Node ${process.versions.node}. ${LOST}`

export class Front implements Responder {
  readonly iopub: IopubPublisher
  readonly #options: FrontOptions
  readonly #session = randomUUID()
  readonly #decoder: Decoder
  readonly #parents = new Parents()
  readonly #executions: Executions
  readonly #interrupter: Interrupter
  readonly #answers: Record<string, Answer>
  /** Requests that the cells' thread is answering, by id. */
  readonly #asked = new Map<string, Request>()
  #input: string | undefined
  #interrupting: Promise<boolean> | undefined
  #ending = false

  constructor(options: FrontOptions) {
    this.#options = options
    const { key, flags, canCut, post } = options
    this.#decoder = new Decoder(key)
    this.iopub = new IopubPublisher((kind, parent, content, { metadata, buffers } = {}) => {
      const header = newHeader(kind, this.#session)
      const message = { identities: [Buffer.from(kind)], header, parent, metadata, content, buffers }
      options.send('iopub', encode(message, key))
    }, flags)
    this.#executions = new Executions(this, post, options.history, async ({ name, detail }) => {
      const question = { kind: 'inspect' as const, code: name, position: name.length, detail }
      const { text } = await options.assistance.ask(question)
      return text ?? `${name} is not known here`
    })
    this.#answers = directAnswers(options)
    const ask = (token: number) =>
      post({ type: 'interrupt', token, running: this.#executions.current?.header.msg_id })
    this.#interrupter = new Interrupter({ ask, flags, canCut })
  }

  /** Takes a message from a socket. What is not one is ignored and logged. */
  receive(channel: Request['channel'], frames: readonly Uint8Array[]): void {
    try {
      this.#handle({ channel, ...this.#decoder.decode(frames) })
    } catch (error) {
      const why = error instanceof WireError ? error.message : String((error as Error)?.stack)
      this.#options.log(`a message on ${channel} was ignored: ${why}`)
    }
  }

  #handle(request: Request): void {
    const type = request.header.msg_type
    if (request.channel === 'stdin') {
      if (type === 'input_reply') this.#inputReply(request)
      return
    }
    if (this.#ending) return
    if (type === 'execute_request') {
      this.#parents.add(request.header)
      this.#executions.add(request)
    } else if (/^comm_(open|msg|close)$/.test(type)) this.#comm(request, type as CommKind)
    else if (type === 'is_complete_request' || type === 'comm_info_request') {
      this.iopub.status('busy', request.header)
      this.#asked.set(request.header.msg_id, request)
      const kind = type === 'comm_info_request' ? 'comm_info' : 'is_complete'
      this.#options.post({ type: 'query', id: request.header.msg_id, kind, content: request.content })
    } else if (type === 'interrupt_request') void this.#interruptRequest(request)
    else if (type === 'shutdown_request') this.#shutdown(request)
    else if (Object.hasOwn(this.#answers, type)) void this.#answer(request, this.#answers[type])
    else if (type.endsWith('_request'))
      void this.#answer(request, () => refusal('UnknownRequest', `this kernel knows no ${type}`))
    else this.#options.log(`a message on ${request.channel} was ignored: unknown type`)
  }

  async #answer(request: Request, answer: Answer): Promise<void> {
    this.iopub.status('busy', request.header)
    let content: Json
    try {
      content = await answer(request.content)
    } catch (error) {
      content = refusal((error as Error).name, (error as Error).message)
    }
    this.reply(request, content)
    this.#idle(request.header)
  }

  #comm(request: Request, kind: CommKind): void {
    const { header, content, metadata } = request
    this.#parents.add(header)
    this.iopub.status('busy', header)
    this.#asked.set(header.msg_id, request)
    // The frames' memory is ZeroMQ's: what goes to the other thread is a copy of just these bytes.
    const buffers = request.buffers.map((one) => new Uint8Array(one))
    this.#options.post({ type: 'comm', id: header.msg_id, kind, content, metadata, buffers })
  }

  #idle(header: Header): void {
    this.iopub.status('idle', header)
    this.#busyAgain()
  }

  /** After a request beside the cells: a client that shows one state for the whole kernel keeps seeing the cell's. */
  #busyAgain(): void {
    const current = this.#executions.current
    if (current) this.iopub.status('busy', current.header)
  }

  reply(request: Request, content: Json | string, metadata?: Json): void {
    const header = newHeader(request.header.msg_type.replace(/_request$/, '_reply'), this.#session)
    const { identities, header: parent } = request
    this.iopub.flush()
    this.#options.send(
      request.channel,
      encode({ identities, header, parent, metadata, content }, this.#options.key),
    )
  }

  /** Takes a message from the cells' thread. */
  fromCells(message: ToFront): void {
    if (message.type === 'stream')
      this.iopub.stream(this.#parents.get(message.parent), message.name, message.text)
    else if (message.type === 'publish') {
      const { kind, parent, json, metadata, buffers } = message
      this.iopub.publish(kind, this.#parents.get(parent), json, { metadata, buffers })
    } else if (message.type === 'started') this.#executions.started(message.id, message.executionCount)
    else if (message.type === 'reply') this.#replied(message)
    else if (message.type === 'handled') this.#done(message.id)
    else if (message.type === 'committed') this.#options.assistance.commit(message)
    else if (message.type === 'assisted') this.#options.assistance.answered(message)
    else if (message.type === 'input') this.#askInput(message)
    else if (message.type === 'input-cancel') this.#input = undefined
    else if (message.type === 'interrupted') this.#interrupted(message.token, message.running)
    else this.#closing(message.code)
  }

  #replied({ id, json, ok, text }: Extract<ToFront, { type: 'reply' }>): void {
    const request = this.#asked.get(id)
    if (!request) {
      void this.#executions.finish(id, json, ok, text)
      return
    }
    this.reply(request, json)
    this.#done(id)
  }

  #done(id: string): void {
    const request = this.#asked.get(id)
    this.#asked.delete(id)
    if (request) this.#idle(request.header)
  }

  #askInput({ parent, prompt, password }: Extract<ToFront, { type: 'input' }>): void {
    const request = this.#executions.current
    if (request?.header.msg_id !== parent) return
    this.iopub.flush()
    const header = newHeader('input_request', this.#session)
    this.#input = header.msg_id
    const message = { identities: request.identities, header, parent: request.header }
    this.#options.send('stdin', encode({ ...message, content: { prompt, password } }, this.#options.key))
  }

  #inputReply({ parent, content }: Request): void {
    // jupyter_client's replies do not say which question they answer; those that do must say it right.
    if (!this.#input || (parent.msg_id && parent.msg_id !== this.#input)) return
    this.#input = undefined
    this.#options.post({ type: 'input', value: String(content.value ?? '') })
  }

  async #interruptRequest(request: Request): Promise<void> {
    this.iopub.status('busy', request.header)
    this.#interrupting ??= this.#interrupter.interrupt().finally(() => {
      this.#interrupting = undefined
    })
    const free = await this.#interrupting
    // What cannot be stopped ends with the process, which the client then starts anew.
    if (!free) this.#fail('KernelEnded', this.#options.canCut ? UNRESPONSIVE : CANNOT_CUT)
    this.reply(request, { status: 'ok' })
    this.iopub.status('idle', request.header)
    if (!free) this.#end(false)
    else this.#busyAgain()
  }

  #interrupted(token: number, running: string | undefined): void {
    this.#interrupter.answered(token)
    const current = this.#executions.current?.header.msg_id
    // Cut off before it had begun: nobody else will answer it.
    if (current && running !== current)
      void this.#executions.finish(
        current,
        { ...refusal('Interrupted', 'the cell was interrupted'), execution_count: null },
        false,
      )
  }

  #shutdown(request: Request): void {
    this.iopub.status('busy', request.header)
    const content = { status: 'ok', restart: request.content.restart === true }
    this.reply(request, content)
    this.iopub.publish('shutdown_reply', request.header, content)
    this.iopub.status('idle', request.header)
    this.#ending = true
    this.#options.post({ type: 'exit' })
    this.#endIn(2)
  }

  /** Ends the process without the cells' thread, unless that one is at work for the kernel itself. */
  #endIn(patience: number): void {
    setTimeout(() => {
      const busy = Atomics.load(this.#options.flags, flag.busy) === 1
      if (busy && patience > 0) this.#endIn(patience - 1)
      else this.#end(false)
    }, END_MS)
  }

  #closing(code: number): void {
    if (!this.#ending) this.#fail('KernelEnded', `The kernel's process has ended with exit code ${code}.\n`)
    this.#end(true)
  }

  /** Tells whoever waits for a cell that there will be no answer. */
  #fail(ename: string, text: string): void {
    const request = this.#executions.current
    if (!request) return
    this.iopub.stream(request.header, 'stderr', text)
    this.reply(request, { ...refusal(ename, text.trim()), execution_count: null })
    this.iopub.status('idle', request.header)
  }

  #end(politely: boolean): void {
    this.#ending = true
    this.iopub.flush()
    this.#options.end(politely)
  }
}
