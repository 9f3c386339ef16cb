// The engine's process: opens sessions and runs them, one request after another. It ends with its
// parent. Started by `engine.ts`; nothing imports it.
import { SelmaError } from '../base/errors.ts'
import type { EngineReply, EngineRequest } from './engine.ts'
import { LocalSession } from './session.ts'

const sessions = new Map<number, LocalSession>()

function sessionOf(id: number): LocalSession {
  const session = sessions.get(id)
  if (!session) throw new SelmaError('engine', `the engine has no session ${id}`)
  return session
}

async function answer(request: EngineRequest): Promise<unknown> {
  switch (request.kind) {
    case 'open':
      sessions.set(request.session, await LocalSession.create(request.program, request.options))
      return undefined
    case 'run':
      return sessionOf(request.session).run(request.feeds, request.outputs)
    case 'set':
      return sessionOf(request.session).setState(request.name, request.value)
    case 'get':
      return sessionOf(request.session).getState(request.name)
    case 'release':
      await sessionOf(request.session).release()
      sessions.delete(request.session)
      return undefined
  }
}

let queue = Promise.resolve()
process.on('message', (request: EngineRequest) => {
  queue = queue.then(async () => {
    let reply: EngineReply
    try {
      reply = { call: request.call, value: await answer(request) }
    } catch (error) {
      const { message } = error as Error
      const known = error instanceof SelmaError ? error : undefined
      reply = { call: request.call, error: { code: known?.code ?? 'engine', message, hint: known?.hint } }
    }
    process.send?.(reply)
  })
})
process.on('disconnect', () => process.exit(0))
