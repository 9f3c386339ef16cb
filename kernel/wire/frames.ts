// Messages as ZeroMQ carries them: identities, `<IDS|MSG>`, signature, header, parent, metadata, content,
// buffers. Decoding trusts nothing: whatever comes in gives a message or a WireError.
import { createHmac, timingSafeEqual } from 'node:crypto'
import { encodeJson, type Header, type Json, type Message, type Outgoing } from './message.ts'

const DELIMITER = Buffer.from('<IDS|MSG>')
/** How many signatures are remembered, as in jupyter_client. */
const REMEMBERED = 65_536

/** A message that is ignored. Its text says why, and holds nothing of the message itself. */
export class WireError extends Error {
  override readonly name = 'WireError'
}

/** HMAC-SHA256 over the four dictionaries, in hex; empty for an empty key, which turns signing off. */
export function sign(key: string, parts: readonly Uint8Array[]): string {
  if (key === '') return ''
  const hmac = createHmac('sha256', key)
  for (const part of parts) hmac.update(part)
  return hmac.digest('hex')
}

/** The frames of a message. */
export function encode({ identities = [], buffers = [], ...message }: Outgoing, key: string): Uint8Array[] {
  const { header, parent = {}, metadata = {}, content } = message
  const dictionaries = [header, parent, metadata, content].map((one) =>
    Buffer.from(typeof one === 'string' ? one : encodeJson(one)),
  )
  return [...identities, DELIMITER, Buffer.from(sign(key, dictionaries)), ...dictionaries, ...buffers]
}

/** Reads the messages of one kernel's sockets. */
export class Decoder {
  readonly #key: string
  readonly #seen = new Set<string>()
  readonly #text = new TextDecoder('utf-8', { fatal: true })

  /** @param key of the connection file */
  constructor(key: string) {
    this.#key = key
  }

  /** @throws WireError for anything that is not a well-formed, rightly signed message seen for the first time */
  decode(frames: readonly Uint8Array[]): Message {
    const at = frames.findIndex((one) => DELIMITER.equals(one))
    if (at < 0) throw new WireError('no <IDS|MSG> in it')
    if (frames.length < at + 6) throw new WireError(`only ${frames.length - at - 1} frames after <IDS|MSG>`)
    const dictionaries = frames.slice(at + 2, at + 6)
    this.#verify(frames[at + 1], dictionaries)
    const [header, parent, metadata, content] = dictionaries.map((frame, index) =>
      this.#dictionary(frame, ['header', 'parent header', 'metadata', 'content'][index]),
    )
    return {
      identities: frames.slice(0, at),
      header: checked(header),
      parent: parent as Partial<Header>,
      metadata,
      content,
      buffers: frames.slice(at + 6),
    }
  }

  #verify(given: Uint8Array, dictionaries: readonly Uint8Array[]): void {
    if (this.#key === '') return
    const right = sign(this.#key, dictionaries)
    if (given.length !== right.length || !timingSafeEqual(given, Buffer.from(right)))
      throw new WireError('wrong signature')
    if (this.#seen.has(right)) throw new WireError('signature seen before')
    this.#seen.add(right)
    if (this.#seen.size > REMEMBERED) this.#seen.delete(this.#seen.values().next().value as string)
  }

  #dictionary(frame: Uint8Array, what: string): Json {
    let value: unknown
    try {
      value = JSON.parse(this.#text.decode(frame))
    } catch {
      throw new WireError(`its ${what} is not JSON`)
    }
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      throw new WireError(`its ${what} is not a dictionary`)
    return value as Json
  }
}

function checked(header: Json): Header {
  for (const name of ['msg_id', 'msg_type', 'session'] as const) {
    if (typeof header[name] !== 'string') throw new WireError(`its header has no ${name}`)
  }
  return header as unknown as Header
}
