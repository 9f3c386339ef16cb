// The requests that the sockets' thread answers by itself, so that they are answered while a cell blocks.
import type { Json } from '../wire/message.ts'
import type { Assistance } from './assistance.ts'
import type { History } from './history.ts'
import { toCharacters, toUtf16 } from './offsets.ts'
import { refusal } from './request.ts'

export interface AnswerSources {
  info: Json
  ports: Json
  history: History
  assistance: Assistance
}

export type Answer = (content: Json) => Json | Promise<Json>

/** By message type, the function from a request's content to its reply's. */
export function directAnswers({ info, ports, history, assistance }: AnswerSources): Record<string, Answer> {
  const cursor = ({ code, cursor_pos: position }: Json): { code: string; position: number } | undefined => {
    if (typeof code !== 'string') return undefined
    return { code, position: typeof position === 'number' ? toUtf16(code, position) : code.length }
  }
  const noCode = refusal('BadRequest', 'the request has no code')
  return {
    kernel_info_request: () => info,
    connect_request: () => ports,
    history_request: (content) => ({ status: 'ok', history: history.query(content) }),
    debug_request: (content) => ({
      type: 'response',
      request_seq: content.seq ?? 0,
      seq: 0,
      success: false,
      command: content.command ?? '',
      message: 'this kernel has no debugger',
    }),
    async complete_request(content) {
      const at = cursor(content)
      if (!at) return noCode
      const { completion } = await assistance.ask({ kind: 'complete', ...at })
      const { matches = [], kinds = [], start = at.position, end = at.position } = completion ?? {}
      const places = { start: toCharacters(at.code, start), end: toCharacters(at.code, end) }
      const types = matches.map((text, index) => ({ ...places, text, type: kinds[index] }))
      return {
        status: 'ok',
        matches,
        cursor_start: places.start,
        cursor_end: places.end,
        metadata: { _jupyter_types_experimental: types },
      }
    },
    async inspect_request(content) {
      const at = cursor(content)
      if (!at) return noCode
      const detail = content.detail_level === 1 ? 1 : 0
      const { text } = await assistance.ask({ kind: 'inspect', ...at, detail })
      if (text === undefined) return { status: 'ok', found: false, data: {}, metadata: {} }
      return { status: 'ok', found: true, data: { 'text/plain': text }, metadata: {} }
    },
  }
}
