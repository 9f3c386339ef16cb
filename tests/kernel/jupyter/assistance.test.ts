import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { Assistance } from '../../../kernel/jupyter/assistance.ts'
import { Front } from '../../../kernel/jupyter/front.ts'
import { History } from '../../../kernel/jupyter/history.ts'
import { sharedFlags } from '../../../kernel/jupyter/threads.ts'
import { encode } from '../../../kernel/wire/frames.ts'
import { newHeader } from '../../../kernel/wire/message.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const key = 'key'

class Counted extends Assistance {
  warmed = 0

  override warm(): void {
    this.warmed++
  }
}

it('loads the types after a cell of a person, and not when notebooks are run by a program', async () => {
  const folder = await temporaryFolder()
  const assistance = new Counted({ cwd: folder }, () => {})
  const sent: string[] = []
  const front = new Front({
    ...{ key, flags: sharedFlags(), canCut: false, info: {}, ports: {}, assistance },
    history: new History(join(folder, 'history.json')),
    send: (channel) => sent.push(channel),
    post: () => {},
    log: () => {},
    end: () => {},
  })
  const run = async (allowStdin: boolean) => {
    const header = newHeader('execute_request', 'session')
    const content = { code: '1', allow_stdin: allowStdin }
    sent.length = 0
    front.receive('shell', encode({ identities: [Buffer.from('me')], header, content }, key))
    front.fromCells({ type: 'reply', id: header.msg_id, json: '{"status":"ok"}', ok: true })
    await expect.poll(() => sent).toContain('shell')
  }
  await run(false)
  expect(assistance.warmed).toBe(0)
  await run(true)
  await expect.poll(() => assistance.warmed).toBe(1)
})

it('answers when it is warm as it does when it is not', async () => {
  const log: string[] = []
  const assistance = new Assistance({ cwd: await temporaryFolder(), preload: [] }, (text) => log.push(text))
  onTestFinished(() => assistance.close())
  assistance.commit({ code: 'const distance = 1' })
  assistance.warm()
  assistance.warm()
  assistance.commit({ code: 'const distaff = 2' })
  const { completion } = await assistance.ask({ type: 'complete', code: 'dista', position: 5 })
  expect(completion?.matches).toEqual(['distaff', 'distance'])
  expect(log).toEqual([])
}, 120_000)
