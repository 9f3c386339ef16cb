// The kernel's side of IOPub: outputs and states, each under the request it belongs to. Text that is printed in
// quick succession goes out as one message, and never after something that was shown later.
import type { Header, Json } from '../wire/message.ts'
import { flag } from './threads.ts'

/** How long printed text may wait for more, in ms. */
const FLUSH_MS = 20
/** Text is sent at once from this length on, in UTF-16 units. */
const FLUSH_LENGTH = 256 * 1024

export type SendIopub = (
  kind: string,
  parent: Partial<Header>,
  content: Json | string,
  extra?: { metadata?: Json; buffers?: readonly Uint8Array[] },
) => void

export class IopubPublisher {
  readonly #send: SendIopub
  readonly #flags: Int32Array | undefined
  #text: { parent: Partial<Header>; name: string; parts: string[]; length: number } | undefined
  #timer: NodeJS.Timeout | undefined

  /** @param flags where the text on its way is counted down */
  constructor(send: SendIopub, flags?: Int32Array) {
    this.#send = send
    this.#flags = flags
  }

  publish(
    kind: string,
    parent: Partial<Header>,
    content: Json | string,
    extra?: { metadata?: Json; buffers?: readonly Uint8Array[] },
  ): void {
    this.flush()
    this.#send(kind, parent, content, extra)
  }

  status(state: 'starting' | 'busy' | 'idle', parent: Partial<Header> = {}): void {
    this.publish('status', parent, { execution_state: state })
  }

  stream(parent: Partial<Header>, name: string, text: string): void {
    if (this.#text && (this.#text.name !== name || this.#text.parent.msg_id !== parent.msg_id)) this.flush()
    this.#text ??= { parent, name, parts: [], length: 0 }
    this.#text.parts.push(text)
    this.#text.length += text.length
    if (this.#text.length >= FLUSH_LENGTH) this.flush()
    else this.#timer ??= setTimeout(() => this.flush(), FLUSH_MS)
  }

  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!this.#text) return
    const { parent, name, parts, length } = this.#text
    this.#text = undefined
    this.#send('stream', parent, { name, text: parts.join('') })
    if (!this.#flags) return
    Atomics.sub(this.#flags, flag.pending, length)
    Atomics.notify(this.#flags, flag.pending)
  }
}
