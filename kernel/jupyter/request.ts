// A client's request while it is being answered.
import type { Header, Json, Message } from '../wire/message.ts'
import type { IopubPublisher } from './publisher.ts'

export interface Request extends Message {
  channel: 'shell' | 'control' | 'stdin'
}

/** How requests are answered, and their states shown. */
export interface Responder {
  /** `content` that is a string is JSON already. */
  reply(request: Request, content: Json | string, metadata?: Json): void
  readonly iopub: IopubPublisher
}

/** Ids of requests and their headers, so that late output finds what it belongs to. The oldest are forgotten. */
export class Parents {
  readonly #headers = new Map<string, Header>()
  readonly #limit: number

  constructor(limit = 10_000) {
    this.#limit = limit
  }

  add(header: Header): void {
    this.#headers.set(header.msg_id, header)
    if (this.#headers.size > this.#limit) this.#headers.delete(this.#headers.keys().next().value as string)
  }

  /** The header of a request; of one long forgotten, only its id. */
  get(id: string): Partial<Header> {
    return this.#headers.get(id) ?? (id ? { msg_id: id } : {})
  }
}

/** The content of an error reply for a request that makes no sense. */
export function refusal(ename: string, evalue: string): Json {
  return { status: 'error', ename, evalue, traceback: [`${ename}: ${evalue}`] }
}
