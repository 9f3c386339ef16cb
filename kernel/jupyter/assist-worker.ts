// The thread that completes and inspects (`assistance.ts` is the other end). Offsets are UTF-16 here.
import { parentPort, workerData } from 'node:worker_threads'
import { createAssistant } from '../language/assistant.ts'
import type { Preload } from '../preload.ts'
import type { AssistAnswer, AssistQuestion } from './threads.ts'

export type AssistRequest =
  | { type: 'commit'; code: string; names?: string[] }
  | ({ type: 'assist'; id: number } & AssistQuestion)

/** A cell that may have installed packages. */
const INSTALLS = /^\s*(%npm\b|!)/m

const assistant = createAssistant(workerData as { cwd: string; preload?: Preload })

function answer(request: AssistRequest): AssistAnswer | undefined {
  if (request.type === 'commit') {
    assistant.commit(request.code, request.names)
    if (INSTALLS.test(request.code)) assistant.refresh()
    return undefined
  }
  const { id, kind, code, position, detail } = request
  try {
    if (kind === 'complete') return { id, completion: assistant.complete(code, position) }
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
