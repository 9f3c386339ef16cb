// The thread that completes and inspects (`assistance.ts` is the other end). Offsets are UTF-16 here.
import { parentPort, workerData } from 'node:worker_threads'
import type { Completion } from '../language/assist.ts'
import { createAssistant } from '../language/assistant.ts'
import type { Preload } from '../preload.ts'

export type AssistRequest =
  | { type: 'commit'; code: string; names?: string[] }
  | { type: 'complete' | 'inspect'; id: number; code: string; position: number; detail?: 0 | 1 }

export interface AssistAnswer {
  id: number
  completion?: Completion
  text?: string
}

/** A cell that may have installed packages. */
const INSTALLS = /^\s*(%npm\b|!)/m

const assistant = createAssistant(workerData as { cwd: string; preload?: Preload })

function answer(request: AssistRequest): AssistAnswer | undefined {
  if (request.type === 'commit') {
    assistant.commit(request.code, request.names)
    if (INSTALLS.test(request.code)) assistant.refresh()
    return undefined
  }
  const { id, type, code, position, detail } = request
  try {
    if (type === 'complete') return { id, completion: assistant.complete(code, position) }
    return { id, text: assistant.inspect(code, position, detail) }
  } catch {
    // The compiler gave up on something half-typed.
    return { id }
  }
}

parentPort?.on('message', (request: AssistRequest) => {
  const reply = answer(request)
  if (reply) parentPort?.postMessage(reply)
})
