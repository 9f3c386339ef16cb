// What the two threads of a kernel tell each other. The front (`front.ts`, in a worker thread) owns the sockets;
// the main thread runs the cells. `id` and `parent` are always the id of a client's request.

import type { Completion } from '../language/assist.ts'
import type { Preload } from '../preload.ts'
import type { Json } from '../wire/message.ts'

/** What could be typed next, or what is known of what is typed. Offsets are UTF-16. */
export interface AssistQuestion {
  kind: 'complete' | 'inspect'
  code: string
  position: number
  detail?: 0 | 1
}

/** Empty where nothing is known. */
export interface AssistAnswer {
  id: number
  completion?: Completion
  text?: string
}

export type CommKind = 'comm_open' | 'comm_msg' | 'comm_close'

/** From the front to the cells. */
export type ToCells =
  | {
      type: 'execute'
      id: string
      code: string
      silent: boolean
      storeHistory: boolean
      allowStdin: boolean
      expressions: Record<string, string>
    }
  | { type: 'comm'; id: string; kind: CommKind; content: Json; metadata: Json; buffers: Uint8Array[] }
  | { type: 'query'; id: string; kind: 'is_complete' | 'comm_info'; content: Json }
  | { type: 'input'; value: string }
  /** A question about what is being typed. Answered by `assisted`, unless `flag.assisted` has passed it. */
  | ({ type: 'assist'; id: number } & AssistQuestion)
  /** `running` is the execution it is meant for, if any. Answered by `interrupted`. */
  | { type: 'interrupt'; token: number; running?: string }
  | { type: 'exit' }

/** From the cells to the front. `json` is JSON already: what cannot be sent fails where it was made. */
export type ToFront =
  | { type: 'started'; id: string; executionCount: number }
  | { type: 'stream'; parent: string; name: 'stdout' | 'stderr'; text: string }
  | { type: 'publish'; parent: string; kind: string; json: string; metadata?: Json; buffers?: Uint8Array[] }
  | { type: 'input'; parent: string; prompt: string; password: boolean }
  | { type: 'input-cancel' }
  /** The end of an execution or a query. `text` is the result as the history keeps it. */
  | { type: 'reply'; id: string; json: string; ok: boolean; text?: string }
  /** The end of a comm message. */
  | { type: 'handled'; id: string }
  /** A cell whose names (all, if not given) later cells see. */
  | { type: 'committed'; code: string; names?: string[] }
  | { type: 'interrupted'; token: number; running?: string }
  | ({ type: 'assisted' } & AssistAnswer)
  /** The process ends when the sockets are closed; the main thread waits in `flag.closed`. */
  | { type: 'closing'; code: number }

/** Places in the memory that both threads share. */
export const flag = {
  /** 1 while the main thread does what must not be cut off. */
  busy: 0,
  /** 1 from when the front cut off the running code until the main thread has seen it. */
  cut: 1,
  /** Bytes of text on their way from the cells to the front. */
  pending: 2,
  /** 1 when the sockets are closed. */
  closed: 3,
  /** The latest question about what is being typed that waits for no answer any more. */
  assisted: 4,
} as const

export function sharedFlags(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(Object.keys(flag).length * 4))
}

/** What the front's thread is started with. */
export interface FrontSettings {
  connectionFile: string
  cwd: string
  preload?: Preload
  flags: Int32Array<SharedArrayBuffer>
  /** Whether this Node can cut off running code and go on. */
  canCut: boolean
}
