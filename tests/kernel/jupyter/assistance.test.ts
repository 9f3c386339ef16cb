import { expect, it, onTestFinished } from 'vitest'
import { Assistance } from '../../../kernel/jupyter/assistance.ts'
import { flag, sharedFlags, type ToCells } from '../../../kernel/jupyter/threads.ts'
import { temporaryFolder } from '../../support/temporary.ts'

async function assistance(take: (message: Extract<ToCells, { type: 'assist' }>) => void = () => {}) {
  const log: string[] = []
  const flags = sharedFlags()
  const post = (message: ToCells) => {
    if (message.type === 'assist') take(message)
  }
  const options = { cwd: await temporaryFolder(), post, flags, log: (text: string) => log.push(text) }
  const made = new Assistance(options)
  onTestFinished(() => made.close())
  return { made, log, flags }
}

it('asks the thread of the cells, and takes its answer', async () => {
  const { made, flags } = await assistance(({ id, code }) =>
    queueMicrotask(() => made.answered({ id, text: `about ${code}` })),
  )
  expect(await made.ask({ kind: 'inspect', code: 'x', position: 1 })).toEqual({ id: 1, text: 'about x' })
  expect(Atomics.load(flags, flag.assisted)).toBe(0)
})

it('waits for the thread of the cells while it works for the kernel', async () => {
  const { made, flags } = await assistance(({ id }) =>
    setTimeout(() => {
      made.answered({ id, text: 'late' })
      Atomics.store(flags, flag.busy, 0)
    }, 600),
  )
  Atomics.store(flags, flag.busy, 1)
  expect((await made.ask({ kind: 'inspect', code: 'x', position: 1 })).text).toBe('late')
  expect(Atomics.load(flags, flag.assisted)).toBe(0)
})

it('turns to a thread of its own while that one blocks, which knows the cells that ran', async () => {
  const { made, log, flags } = await assistance()
  made.commit({ code: 'const early = 1' })
  const first = await made.ask({ kind: 'complete', code: 'earl', position: 4 })
  expect(first.completion?.matches).toEqual(['early'])
  expect(Atomics.load(flags, flag.assisted)).toBe(first.id)
  made.commit({ code: 'const earlier = 1' })
  const { completion } = await made.ask({ kind: 'complete', code: 'earl', position: 4 })
  expect(completion?.matches).toEqual(['earlier', 'early'])
  expect(log).toEqual([])
})
