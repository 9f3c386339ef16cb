// A job whose language model gave up: called again it goes on from where it stood, with what was accepted.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { readPromptFile } from '../../lib/data/prompt-file.ts'
import { start } from '../../lib/jobs/index.ts'
import { promptsStage } from '../../lib/prompts/stage.ts'
import { newRoot, rejection, removeRoots } from '../jobs/support/help.ts'
import { wordsmith } from './support.ts'

afterAll(removeRoots)
afterEach(() => {
  vi.unstubAllEnvs()
})

/** A model that writes for some requests, and then, while `broken`, nothing of use. */
async function writer() {
  const state = { asked: 0, broken: false, status: 200 }
  const smith = wordsmith()
  const server = createServer(async (incoming, response) => {
    let text = ''
    for await (const chunk of incoming) text += chunk
    const { seed } = JSON.parse(text)
    state.asked++
    const answer = await smith.complete({ prompt: text, maxTokens: 500, temperature: 1, topP: 1, seed })
    const content = state.broken ? 'I cannot help with that.' : answer.text
    response.writeHead(state.status, { 'content-type': 'application/json', 'retry-after-ms': '1' })
    const choices = [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }]
    const usage = { prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 }
    response.end(JSON.stringify(state.status === 200 ? { choices, usage } : { error: { message: 'no' } }))
    if (state.asked === 2) state.broken = true
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  vi.stubEnv('OPENAI_API_KEY', 'sk-test')
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const skill = { name: 'things', teaches: 'things', seeds: ['a lamp', 'a kite on a hill', 'two boats'] }
  const settings = { skill, n: 60, seed: 3, threshold: 0.95, writer: { openai: 'gpt-4o-mini', baseURL } }
  return { state, settings, root: await newRoot() }
}

describe('a prompts job that gave up', () => {
  it('tries again when called again, and loses nothing', { timeout: 60_000 }, async () => {
    const { state, settings, root } = await writer()
    const run = () => start(promptsStage, settings as never, { root, inline: true })
    const first = await run()
    const error = await rejection(first.result())
    expect(error).toMatchObject({ code: 'llm' })
    expect(error.message).toContain('was asked 5 times in a row')
    const accepted = Number(/go on with the (\d+) accepted/.exec((error as { hint?: string }).hint!)?.[1])
    expect(accepted).toBeGreaterThan(10)
    expect((error as { hint?: string }).hint).not.toContain('resumeFrom')
    expect(state.asked).toBe(7)

    // Still broken: as many rounds again.
    await rejection((await run()).result())
    expect(state.asked).toBe(12)
    state.status = 401
    expect(await rejection((await run()).result())).toMatchObject({ code: 'llm' })

    Object.assign(state, { broken: false, status: 200 })
    const again = await run()
    expect(again.dir).toBe(first.dir)
    const result = await again.result()
    expect(result).toMatchObject({ count: 60 })
    const prompts = await readPromptFile(join(again.dir, result.file))
    // Those that were accepted are the first ones: their requests were not asked again.
    const log: string[] = []
    for await (const event of again)
      if (event.type === 'log' && event.text.startsWith('accepted: ')) log.push(event.text.slice(10))
    expect(log).toEqual(prompts.map(({ text }) => text))
    expect((await run()).cached).toBeDefined()
  })
})
