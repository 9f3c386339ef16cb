// What is said when the Hub refuses, and where the token goes: to the Hub, and nowhere else.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { downloadSnapshot } from '../../lib/hub/index.ts'
import { hubSettings } from '../../lib/hub/settings.ts'
import { failure, hubSetup, secret } from '../support/hub-download.ts'
import { temporaryFolder } from '../support/temporary.ts'

describe('a refusal has a next step', () => {
  it.each([
    ['no such repository', { repo: 'lab/none' }, {}, 'not-found', 'private or does not exist', 'HF_TOKEN'],
    [
      'no such repository, with a token',
      { repo: 'lab/none', token: secret },
      {},
      'not-found',
      'does not exist on',
      'private',
    ],
    ['no such revision', { revision: 'v9' }, {}, 'not-found', 'has no such revision', 'branch'],
    [
      'a private repository',
      {},
      { private: true },
      'not-found',
      'is private or does not exist',
      'hf auth login',
    ],
    ['a gated repository', {}, { gated: true }, 'io', 'is gated', '/lab/tiny, accept the terms'],
    ['a wrong token', { token: 'hf_wrong' }, {}, 'io', 'did not accept the token', 'expired'],
    [
      'a missing file',
      { files: ['model_index.json', 'vae/none.json'] },
      {},
      'not-found',
      'has no vae/none.json',
      'model_index.json',
    ],
  ])('%s', async (_, extra, properties, code, message, hint) => {
    const { repo, options, cacheDir } = await hubSetup(extra)
    Object.assign(repo, properties)
    const error = await failure(downloadSnapshot(options))
    expect(error).toMatchObject({ name: 'SelmaError', code })
    expect(error.message).toContain(message)
    expect(error.hint).toContain(hint)
    expect(inspect(error)).not.toContain('hf_')
    await expect(stat(join(cacheDir, 'models--lab--tiny', 'refs'))).rejects.toThrow('ENOENT')
  })

  it('the right token opens private and gated ones; from HF_TOKEN or the file of the login', async () => {
    for (const properties of [{ private: true }, { gated: true }]) {
      const home = await temporaryFolder()
      await writeFile(join(home, 'token'), `${secret}\n`)
      for (const env of [{ HF_TOKEN: secret }, { HF_HOME: home }]) {
        const { repo, options } = await hubSetup({ token: undefined, env })
        Object.assign(repo, properties)
        expect(await downloadSnapshot(options)).toMatchObject({ source: 'hub' })
      }
      const { repo, options } = await hubSetup({
        token: undefined,
        env: { HF_HOME: home, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' },
      })
      Object.assign(repo, properties)
      await failure(downloadSnapshot(options))
    }
  })

  it('a 403 repeats one clean line of what the Hub says', async () => {
    const { server, options } = await hubSetup({ token: secret })
    server.faults.push({
      path: '/resolve/',
      status: 403,
      body: `{"error":"no\\u001b[31m ${secret}\\nfor you"}`,
    })
    const error = await failure(downloadSnapshot(options))
    expect(error.message).toBe('the Hub does not allow reading lab/tiny: “no [31m [token] for you”')
  })

  it('who asks to wait for hours is not waited for', async () => {
    const { server, options } = await hubSetup()
    server.faults.push({ path: '/revision/', status: 429, headers: { 'retry-after': '7200' } })
    const error = await failure(downloadSnapshot(options))
    expect(error.message).toContain('too many requests')
    expect(server.seen).toHaveLength(1)
  })
})

describe('the token', () => {
  it('goes to the Hub and nowhere else', async () => {
    const { server, options } = await hubSetup({ token: secret })
    await downloadSnapshot(options)
    const ways = server.seen.map(({ host, authorization }) => `${host} ${authorization}`)
    expect(new Set(ways)).toEqual(new Set([`hub Bearer ${secret}`, 'storage undefined']))
  })

  it('does not follow a listing that goes on elsewhere, or a redirect of the interface', async () => {
    const { server, options } = await hubSetup({ token: secret })
    const link = `<${server.storage}/api/models/lab/tiny/tree/x?cursor=1>; rel="next"`
    server.faults.push({
      path: '/tree/',
      status: 200,
      headers: { 'content-type': 'application/json', link },
      body: '[]',
      times: 1,
    })
    server.faults.push({
      path: '/revision/',
      status: 307,
      headers: { location: `${server.storage}/elsewhere` },
      times: 1,
    })
    await failure(downloadSnapshot(options))
    await failure(downloadSnapshot(options))
    const elsewhere = server.seen.filter((request) => request.host === 'storage')
    expect(elsewhere.map((request) => request.path.split('?')[0])).toEqual([
      '/elsewhere',
      '/api/models/lab/tiny/tree/x',
    ])
    expect(elsewhere.every((request) => request.authorization === undefined)).toBe(true)
  })

  it('is in no event, error or file', async () => {
    const told: unknown[] = []
    const { server, options, cacheDir } = await hubSetup({
      token: secret,
      onProgress: (event) => told.push(event),
    })
    server.faults.push({ path: '/objects/', status: 403, body: secret, times: 1 })
    told.push(inspect(await failure(downloadSnapshot(options)), { depth: 9 }))
    told.push(await downloadSnapshot(options))
    expect(told.length).toBeGreaterThan(3)
    expect(inspect(told, { depth: 9 })).not.toContain(secret)
    for (const path of await readdir(cacheDir, { recursive: true })) {
      const text = await readFile(join(cacheDir, path), 'latin1').catch(() => '')
      expect(text).not.toContain(secret)
    }
  })

  it('that cannot be one is not printed', async () => {
    for (const token of ['hf_two words', 'hf_bad\u0007', 'hf_ünï']) {
      const error = await failure(hubSettings({ token, env: {} }))
      expect(error).toMatchObject({ code: 'bad-input' })
      expect(inspect(error)).not.toContain(token.slice(0, 6))
    }
    const error = await failure(hubSettings({ env: { HF_ENDPOINT: 'https://me:pass@hub.example' } }))
    expect(inspect(error)).not.toContain('pass@')
  })
})
