import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { inspect } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import type { CompletionRequest } from '../../lib/base/completion.ts'
import type { SelmaError } from '../../lib/base/errors.ts'
import { collectPrompts } from '../../lib/prompts/generate.ts'
import { type OpenAIOptions, openai } from '../../lib/prompts/openai.ts'
import { skill } from '../../lib/prompts/skill.ts'

const apiKey = 'sk-test-51H8secretSECRET'
const request: CompletionRequest = { prompt: 'Write.', maxTokens: 50, temperature: 1, topP: 1, seed: 7 }

type Handler = (
  call: { body: Record<string, unknown>; headers: IncomingMessage['headers'] },
  response: ServerResponse,
) => void
const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A real server on loopback; handlers answer in turn, the last one for ever. */
async function serve(...handlers: Handler[]) {
  const calls: Record<string, unknown>[] = []
  const server = createServer(async (incoming, response) => {
    let text = ''
    for await (const chunk of incoming) text += chunk
    const body = JSON.parse(text)
    calls.push(body)
    handlers[Math.min(calls.length, handlers.length) - 1]({ body, headers: incoming.headers }, response)
  })
  servers.push(server)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const baseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  const model = (options: OpenAIOptions = {}) =>
    openai('gpt-4o-mini', { apiKey, baseURL, maxRetries: 2, ...options })
  return { calls, model, host: baseURL.slice(7, -3) }
}

const says =
  (content: unknown, more: object = {}): Handler =>
  (_, response) => {
    response.setHeader('content-type', 'application/json')
    response.end(
      JSON.stringify({
        choices: [{ index: 0, message: { role: 'assistant', content, ...more }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 },
      }),
    )
  }

const refuses =
  (status: number, message: string, more: object = {}): Handler =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', 'retry-after-ms': '1' })
    response.end(JSON.stringify({ error: { message, type: 'x', code: null, ...more } }))
  }

async function failure(work: Promise<unknown>): Promise<SelmaError> {
  const error = await work.then(
    (value) => {
      throw new Error(`no error but ${inspect(value)}`)
    },
    (thrown) => thrown,
  )
  expect(error.name).toBe('SelmaError')
  expect(inspect(error, { depth: 20, showHidden: true })).not.toContain('secretSECRET')
  return error
}

describe('openai', () => {
  it('asks the chat completions endpoint for a structured answer and counts tokens', async () => {
    let authorization: string | undefined
    const { calls, model, host } = await serve((call, response) => {
      authorization = call.headers.authorization
      says('{"prompts": ["a cat"]}')(call, response)
    })
    const llm = model()
    expect(await llm.complete(request)).toEqual({
      text: '{"prompts": ["a cat"]}',
      promptTokens: 11,
      completionTokens: 5,
    })
    expect(authorization).toBe(`Bearer ${apiKey}`)
    expect(calls).toHaveLength(1)
    expect(calls[0]).toMatchObject({
      model: 'gpt-4o-mini',
      messages: [{ role: 'user', content: 'Write.' }],
      max_tokens: 50,
      temperature: 1,
      top_p: 1,
      seed: 7,
      response_format: { type: 'json_schema', json_schema: { strict: true } },
    })
    expect([llm.name, llm.kind]).toEqual([`gpt-4o-mini (${host})`, 'llm'])
    expect(inspect(llm, { depth: 20, showHidden: true }) + JSON.stringify(llm)).not.toContain('secretSECRET')
  })

  it("speaks OpenAI's own dialect to OpenAI", async () => {
    const bodies: Record<string, unknown>[] = []
    const llm = openai('gpt-5-mini', {
      apiKey,
      baseURL: 'https://api.openai.com/v1',
      fetch: async (_, init) => {
        bodies.push(JSON.parse(String(init?.body)))
        return Response.json({ choices: [{ message: { content: 'a cat' } }] })
      },
    })
    expect(llm.name).toBe('gpt-5-mini')
    expect(await llm.complete(request)).toEqual({ text: 'a cat', promptTokens: 0, completionTokens: 0 })
    expect(bodies[0]).toMatchObject({ max_completion_tokens: 50 })
    for (const left of ['max_tokens', 'temperature', 'top_p']) expect(bodies[0]).not.toHaveProperty(left)
    await llm.complete({ ...request, temperature: 0.5, topP: 0.9 })
    expect(bodies[1]).toMatchObject({ temperature: 0.5, top_p: 0.9 })
  })

  it('feeds a generation', async () => {
    const colors = ['red', 'green', 'blue', 'pink', 'teal', 'gray']
    let round = 0
    const { model } = await serve((call, response) => {
      const prompts = colors.map((color) => `${color} item${round} by number${round * 7}`)
      round++
      says(JSON.stringify({ prompts }))(call, response)
    })
    const odd = skill('odd', { teaches: 'x', seeds: ['a cow', 'two owls', 'six eggs'] })
    const set = await collectPrompts(odd, { llm: model(), n: 10 })
    expect(set.prompts).toHaveLength(10)
    expect(set.stats.requests).toBe(2)
    expect(set.tokens).toEqual({ prompt: 22, completion: 10 })
    expect(set.costUSD).toBeUndefined() // another host's price is not known
    expect(JSON.stringify(set)).not.toContain('secretSECRET')
  })

  it('asks for plain text when a schema is refused, and remembers', async () => {
    const handler: Handler = (call, response) =>
      call.body.response_format
        ? refuses(400, 'response_format json_schema is not supported')(call, response)
        : says('1. a cat')(call, response)
    const { calls, model } = await serve(handler)
    const llm = model()
    expect((await llm.complete(request)).text).toBe('1. a cat')
    expect((await llm.complete(request)).text).toBe('1. a cat')
    expect(calls.map((body) => 'response_format' in body)).toEqual([true, false, false])
  })

  it('does not blame the schema for another 400', async () => {
    const { calls, model, host } = await serve(refuses(400, `too long, said ${apiKey}`))
    const llm = model()
    const error = await failure(llm.complete(request))
    expect(error).toMatchObject({
      code: 'llm',
      message: `${host} answered with an error: 400 too long, said [key]`,
    })
    await failure(llm.complete(request))
    expect(calls.map((body) => 'response_format' in body)).toEqual([true, false, true, false])
  })

  it('can be asked without a schema', async () => {
    const { calls, model } = await serve(says('1. a cat'))
    await model({ structured: false }).complete(request)
    expect(calls[0]).not.toHaveProperty('response_format')
  })

  it('waits as Retry-After says and tries again', async () => {
    const order: string[] = []
    const limited: Handler = (_, response) => {
      response.writeHead(429, { 'retry-after': '1' })
      response.end()
      // The package's own first wait is half a second at most, so that this comes first only if it obeys.
      setTimeout(() => order.push('most of the second is over'), 800)
    }
    const busy: Handler = (call, response) => {
      order.push('asked again')
      refuses(503, 'busy')(call, response)
    }
    const { calls, model } = await serve(limited, busy, says('a cat'))
    expect((await model().complete(request)).text).toBe('a cat')
    expect(order).toEqual(['most of the second is over', 'asked again'])
    expect(calls).toHaveLength(3)
  })

  it.each([
    ['500 for ever', refuses(500, 'oops'), 3, /answered with an error, 3 times: 500 oops/, /again later/],
    ['429 for ever', refuses(429, 'slow'), 3, /limits the rate \(429\), 3 times/, /concurrency/],
    ['no credit', refuses(429, 'x', { code: 'insufficient_quota' }), 3, /no credit left/, /add credit/],
    [
      'a bad key',
      refuses(401, `Incorrect API key: ${apiKey}`),
      1,
      /refused the API key \(401\)/,
      /OPENAI_API_KEY/,
    ],
    ['no permission', refuses(403, 'no'), 1, /refused the API key \(403\)/, /allowed to use gpt-4o-mini/],
    ['an unknown model', refuses(404, 'no'), 1, /has no chat model gpt-4o-mini/, /model name/],
  ])('explains %s', async (_, handler, tries, message, hint) => {
    const { calls, model } = await serve(handler)
    const error = await failure(model().complete(request))
    expect(error.code).toBe('llm')
    expect(error.message).toMatch(message)
    expect(error.hint).toMatch(hint)
    expect(calls).toHaveLength(tries)
  })

  const raw =
    (text: string, type = 'application/json'): Handler =>
    (_, response) => {
      response.setHeader('content-type', type)
      response.end(text)
    }
  it.each([
    ['malformed JSON', raw('{"choices": [{"mess'), /broken JSON/],
    ['a web page', raw('<html>hi</html>', 'text/html'), /did not answer as a chat completions server/],
    ['an empty body', raw(''), /broken JSON|did not answer/],
    ['null', raw('null'), /did not answer/],
    ['no choices', raw('{"choices": []}'), /did not answer/],
    ['strange choices', raw('{"choices": [{"message": "hi"}]}'), /did not answer/],
  ])('explains %s', async (_, handler, message) => {
    const { model } = await serve(handler)
    const error = await failure(model().complete(request))
    expect(error.code).toBe('llm')
    expect(error.message).toMatch(message)
  })

  it.each([
    ['null content', says(null), ''],
    ['empty content', says(''), ''],
    ['a refusal', says(null, { refusal: "I'm sorry" }), "I'm sorry"],
  ])('hands on %s as text', async (_, handler, text) => {
    const { model } = await serve(handler)
    expect((await model().complete(request)).text).toBe(text)
  })

  it('takes odd usage for none', async () => {
    const { model } = await serve(
      raw('{"choices":[{"message":{"content":"x"}}],"usage":{"prompt_tokens":"7"}}'),
    )
    expect(await model().complete(request)).toEqual({ text: 'x', promptTokens: 0, completionTokens: 0 })
  })

  it.each([
    ['never answers', () => {}],
    [
      'stalls within the body',
      (_: unknown, response: ServerResponse) => {
        response.writeHead(200, { 'content-type': 'application/json' })
        response.write('{"choices": [')
      },
    ],
  ] as [string, Handler][])('gives up on a server that %s', async (_, handler) => {
    const { calls, model } = await serve(handler)
    const error = await failure(model({ timeoutMs: 500, maxRetries: 1 }).complete(request))
    expect(error.message).toMatch(/gave no answer within 0.5 s, 2 times/)
    expect(error.hint).toContain('timeoutMs')
    expect(calls).toHaveLength(2)
  })

  it('explains a server that is not there', async () => {
    const llm = openai('m', { apiKey, baseURL: 'http://127.0.0.1:1/v1', maxRetries: 0 })
    expect((await failure(llm.complete(request))).message).toMatch(/^cannot reach 127\.0\.0\.1:1/)
  })

  it.each([
    ['while it waits for an answer', () => {}],
    [
      'while it waits to try again',
      (_: unknown, response: ServerResponse) => {
        response.writeHead(429, { 'retry-after': '3600' })
        response.end()
      },
    ],
  ] as [string, Handler][])('stops at once %s', async (_, handler) => {
    const stop = new AbortController()
    const { model } = await serve((call, response) => {
      handler(call, response)
      setTimeout(() => stop.abort(), 50)
    })
    const error = await failure(model().complete({ ...request, signal: stop.signal }))
    expect(error.code).toBe('stopped')
  })

  it('needs a key, a model and a URL, and shows none of them wrongly', () => {
    const saved = process.env.OPENAI_API_KEY
    delete process.env.OPENAI_API_KEY
    try {
      expect(() => openai('gpt-4o-mini')).toThrow(/no API key for gpt-4o-mini/)
      process.env.OPENAI_API_KEY = apiKey
      expect(openai('gpt-4o-mini', { baseURL: 'https://api.openai.com/v1' }).name).toBe('gpt-4o-mini')
    } finally {
      if (saved === undefined) delete process.env.OPENAI_API_KEY
      else process.env.OPENAI_API_KEY = saved
    }
    expect(() => openai('', { apiKey })).toThrow(/no model/)
    expect(() => openai('m', { apiKey, baseURL: 'nonsense' })).toThrow(/not a URL/)
  })
})
