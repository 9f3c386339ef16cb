// What Jupyter's messages are made of. Not what the kinds of message mean: that is the message loop's matter.
// https://jupyter-client.readthedocs.io/en/stable/messaging.html
import { randomUUID } from 'node:crypto'
import { toUSVString } from 'node:util'

/** The version of the protocol spoken here. */
export const PROTOCOL_VERSION = '5.4'

export interface Header {
  msg_id: string
  msg_type: string
  session: string
  username: string
  /** ISO 8601. */
  date: string
  version: string
}

export type Json = Record<string, unknown>

/** A message as it came in. `identities` say whom a reply goes to. */
export interface Message {
  identities: Uint8Array[]
  header: Header
  /** The header of the message it answers; empty when there is none. */
  parent: Partial<Header>
  metadata: Json
  content: Json
  buffers: Uint8Array[]
}

/** A message to be sent. Content that is a string is JSON already. */
export interface Outgoing {
  identities?: readonly Uint8Array[]
  header: Header
  parent?: Partial<Header>
  metadata?: Json
  content: Json | string
  buffers?: readonly Uint8Array[]
}

/** A header with a fresh id. `session` is the same for all messages of one kernel process. */
export function newHeader(type: string, session: string): Header {
  return {
    msg_id: randomUUID(),
    msg_type: type,
    session,
    username: 'selma',
    date: new Date().toISOString(),
    version: PROTOCOL_VERSION,
  }
}

/**
 * JSON of a value, with lone surrogates replaced: those are valid in JavaScript strings and in JSON, but not in
 * UTF-8, and clients in other languages break on them.
 *
 * @throws TypeError for what JSON cannot hold: cycles, BigInts
 */
export function encodeJson(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  if (!/\\ud[89a-f]/i.test(text)) return text
  return JSON.stringify(value, (_key, one) => (typeof one === 'string' ? toUSVString(one) : one))
}
