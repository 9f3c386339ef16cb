import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { downloadSnapshot, type PushOptions, pushFolder, type UploadProgress } from '../../lib/hub/index.ts'
import { failure, noise, secret } from '../support/hub-download.ts'
import { HubServer } from '../support/hub-server.ts'
import { temporaryFolder } from '../support/temporary.ts'

const name = 'lab/expert'
const weights = noise(8, 70_000)
const card = '# Count\n'

async function setup(extra: Partial<PushOptions> = {}) {
  const server = await HubServer.start()
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'pytorch_lora_weights.safetensors'), weights)
  await writeFile(join(folder, 'README.md'), 'to be replaced')
  await mkdir(join(folder, 'samples'))
  await writeFile(join(folder, 'samples', 'a b.txt'), 'x')
  await writeFile(join(folder, '.env'), 'PASSWORD=1')
  const options: PushOptions = {
    ...{ repo: name, folder, endpoint: server.endpoint, token: secret, env: {} },
    clock: { now: () => 0, sleep: async () => {} },
    extra: { 'README.md': card },
    ...extra,
  }
  return { server, folder, options }
}

describe('an upload', () => {
  it('makes a private repository, and what is in it is what was in the folder', async () => {
    const { server, options } = await setup()
    const pushed = await pushFolder(options)
    expect(pushed).toEqual({
      ...{ repo: name, url: `${server.endpoint}/${name}`, commit: 'c'.repeat(40), created: true },
      files: ['README.md', 'pytorch_lora_weights.safetensors', 'samples/a b.txt'],
    })
    const repo = server.repos.get(name)!
    expect(repo.private).toBe(true)
    expect([...repo.files.keys()].sort()).toEqual(pushed.files)
    const cacheDir = await temporaryFolder()
    const { folder } = await downloadSnapshot({
      ...options,
      onProgress: undefined,
      cacheDir,
      files: pushed.files,
    })
    expect(await readFile(join(folder, 'README.md'), 'utf8')).toBe(card)
    expect(Buffer.compare(await readFile(join(folder, 'pytorch_lora_weights.safetensors')), weights)).toBe(0)
  })

  it('goes into a repository that is there, which stays as it is', async () => {
    const { server, options } = await setup()
    const repo = server.add(name, { 'old.txt': 'kept' })
    expect(await pushFolder(options)).toMatchObject({ created: false })
    expect(repo.private).toBeUndefined()
    expect([...repo.files.keys()]).toContain('old.txt')
  })

  it('tells how far it is', async () => {
    const told: UploadProgress[] = []
    const { options } = await setup({ onProgress: (progress) => told.push(progress), private: false })
    await pushFolder(options)
    expect(told[0]).toMatchObject({
      state: 'preparing',
      files: 3,
      totalSize: weights.length + card.length + 1,
    })
    expect(told.at(-1)).toMatchObject({ state: 'done' })
    const states = told
      .filter(({ file }) => file === 'pytorch_lora_weights.safetensors')
      .map(({ state }) => state)
    expect(new Set(states)).toEqual(new Set(['hashing', 'uploading']))
  })

  it('gives the token to the Hub alone', async () => {
    const { server, options } = await setup()
    await pushFolder(options)
    const ways = new Set(server.seen.map(({ host, authorization }) => `${host} ${authorization}`))
    expect(ways).toEqual(new Set([`hub Bearer ${secret}`, 'storage undefined']))
  })

  it('takes a token of any form', async () => {
    const { server, options } = await setup({ token: 'plain-token-of-a-mirror' })
    server.token = 'plain-token-of-a-mirror'
    await pushFolder(options)
    expect(server.repos.get(name)!.files.size).toBe(3)
  })
})

describe('an upload that fails', () => {
  it('at the storage is tried again, at the commit it is not', async () => {
    const { server, options } = await setup()
    server.faults.push({ path: '/objects/', status: 500, times: 2 }, { path: '/commit/', status: 500 })
    const error = await failure(pushFolder(options))
    expect(error).toMatchObject({ code: 'io', status: 500 })
    expect(server.requests('/objects/')).toHaveLength(3 + 1) // and the batch
    expect(server.requests('/commit/')).toHaveLength(1)
    expect(server.repos.get(name)!.files.size).toBe(0)
  })

  it.each<[string, Partial<PushOptions>, string, string]>([
    ['without a token', { token: undefined, env: { HF_HOME: 'nowhere' } }, 'bad-input', 'needs a token'],
    ['with a wrong token', { token: 'hf_wrong' }, 'io', 'did not accept the token'],
    ['offline', { env: { HF_HUB_OFFLINE: '1' } }, 'bad-input', 'HF_HUB_OFFLINE'],
    ['to a revision', { repo: `${name}@main` }, 'bad-input', 'names a revision'],
    ['to a bad name', { repo: 'expert' }, 'bad-input', 'no name of a repository'],
    ['of a file that leaves the folder', { extra: { '../x': 'y' } }, 'bad-file', '"../x"'],
    ['of a folder that is not there', { folder: 'nowhere' }, 'not-found', 'nowhere'],
  ])('%s is explained', async (_, extra, code, message) => {
    const { server, options } = await setup(extra)
    const error = await failure(pushFolder(options))
    expect(error).toMatchObject({ name: 'SelmaError', code })
    expect(error.message).toContain(message)
    expect(inspect(error, { depth: 9 })).not.toContain(options.token ?? secret)
    expect(server.repos.has(name)).toBe(false)
  })

  it('because a file holds the token, or is a link, sends nothing', async () => {
    const { server, folder, options } = await setup()
    await writeFile(join(folder, 'notes.json'), `{"token":"${secret}"}`)
    const leak = await failure(pushFolder(options))
    expect(leak).toMatchObject({ code: 'bad-input', message: expect.stringContaining('notes.json') })
    await writeFile(join(folder, 'notes.json'), '{}')
    await symlink('/etc/hosts', join(folder, 'link'))
    expect(await failure(pushFolder(options))).toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('is a link'),
    })
    expect(server.seen).toEqual([])
  })

  it('with an answer that is not understood says so, without addresses', async () => {
    const { server, options } = await setup()
    const headers = { 'content-type': 'application/json' }
    for (const path of ['/preupload/', '/objects/batch', '/commit/']) {
      server.faults.splice(0, 1, { path, status: 200, headers, body: '{"a":1}' })
      const error = await failure(pushFolder(options))
      expect(error, path).toMatchObject({ code: 'io', message: expect.stringContaining('not understood') })
    }
  })

  it('because it was stopped is `stopped`', async () => {
    const stop = new AbortController()
    const { server, options } = await setup({
      signal: stop.signal,
      onProgress: ({ state }) => state === 'hashing' && stop.abort(),
    })
    expect(await failure(pushFolder(options))).toMatchObject({ code: 'stopped' })
    expect(server.requests('/commit/')).toEqual([])
  })
})
