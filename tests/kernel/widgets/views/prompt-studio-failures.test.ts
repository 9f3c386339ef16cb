// The prompt studio when its language model fails: a real HTTP server that limits, babbles and hangs.
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { comms } from '../../../../kernel/comms.ts'
import { promptStudio } from '../../../../kernel/widgets/index.ts'
import { openai } from '../../../../lib/prompts/index.ts'
import { openPage, say } from '../page.ts'
import { custom, kinds, odd, rowsOf, scripted, stateOf } from './prompt-studio-support.ts'

afterEach(() => {
  comms.transport = undefined
})

describe('the prompt studio', () => {
  it('shows what a language model fails with, keeps everything, and goes on', async () => {
    let mode = 'good'
    const writer = scripted()
    const server = createServer(async (_request, response) => {
      if (mode === 'hang') return
      const { text } =
        mode === 'rubbish' ? { text: 'I cannot help with that.' } : await writer.complete({} as never)
      response.writeHead(mode === '429' ? 429 : 200, { 'content-type': 'application/json' })
      response.end(
        JSON.stringify(
          mode === '429'
            ? { error: { message: 'slow down' } }
            : {
                choices: [{ message: { content: text } }],
                usage: { prompt_tokens: 5, completion_tokens: 5 },
              },
        ),
      )
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
    try {
      const llm = openai('m', { apiKey: 'key', baseURL, maxRetries: 0, timeoutMs: 30_000 })
      const page = openPage()
      const studio = promptStudio(odd, { n: 5, llm })
      await studio.generate()
      const rows = rowsOf(page.sent)
      for (const [how, message] of [
        ['429', /limits the rate \(429\)/],
        ['rubbish', /asked 5 times in a row and nothing new came/],
      ] as const) {
        mode = how
        say(studio, custom({ kind: 'generate', n: 30 }))
        await vi.waitFor(() => expect(stateOf(studio).problem?.message).toMatch(message), { timeout: 20_000 })
        await vi.waitFor(() => expect(stateOf(studio).writing).toBeNull())
        expect(stateOf(studio).problem?.hint).toMatch(
          how === '429' ? /try again later/ : /look at the rejected/,
        )
        expect(stateOf(studio).problem?.hint).not.toMatch(/resumeFrom|error\.state/)
        expect(rowsOf(page.sent).slice(0, rows.length)).toEqual(rows)
      }
      mode = 'hang'
      say(studio, custom({ kind: 'generate', n: 30 }))
      await vi.waitFor(() => expect(stateOf(studio).writing).not.toBeNull())
      say(studio, custom({ kind: 'generate', n: 40 }))
      await vi.waitFor(() =>
        expect(kinds(page.sent, 'error').at(-1)?.data.content.message).toMatch(/writing already/),
      )
      say(studio, custom({ kind: 'stop' }))
      await vi.waitFor(() => expect(stateOf(studio)).toMatchObject({ writing: null, problem: null }))
      mode = 'good'
      await studio.generate({ n: 30 })
      expect(studio.prompts.length).toBe(30)
      expect(stateOf(studio)).toMatchObject({ problem: null, costUSD: null, writer: { kind: 'llm' } })
    } finally {
      server.closeAllConnections()
      server.close()
    }
  }, 60_000)
})
