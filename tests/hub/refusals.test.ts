// What is asked of nobody, what a server may not do, and what is said when it refuses.
import { mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { hashFile } from '../../lib/base/files.ts'
import { Random } from '../../lib/base/random.ts'
import { type DownloadOptions, downloadSnapshot, parseRepoId } from '../../lib/hub/index.ts'
import { checkRevision } from '../../lib/hub/repo-id.ts'
import { hubSettings } from '../../lib/hub/settings.ts'
import { HubServer, sha256Of } from '../support/hub-server.ts'
import { temporaryFolder } from '../support/temporary.ts'

const name = 'lab/tiny'
const secret = 'hf_right'
const weights = Buffer.from('weights'.repeat(1000))
const content = { 'config.json': '{}', 'model.safetensors': weights }

async function setup(extra: Partial<DownloadOptions> = {}) {
  const server = await HubServer.start()
  const repo = server.add(name, content)
  const cacheDir = await temporaryFolder()
  const options: DownloadOptions = {
    ...{ repo: name, endpoint: server.endpoint, cacheDir, env: {}, token: false },
    clock: { now: () => 0, sleep: async () => {} },
    files: ['config.json', 'model.safetensors'],
    ...extra,
  }
  return { server, repo, cacheDir, options }
}

type Failure = Error & { code: string; hint: string; status?: number }
const failure = (promise: Promise<unknown>): Promise<Failure> =>
  promise.then(
    () => expect.unreachable('it went through'),
    (error) => error as Failure,
  )

describe('without a network', () => {
  it('what is cached is used, and it is said', async () => {
    const { server, repo, options } = await setup()
    const online = await downloadSnapshot(options)
    const asked = server.seen.length
    const wished = await downloadSnapshot({ ...options, env: { HF_HUB_OFFLINE: '1' } })
    expect(server.seen.length).toBe(asked)
    expect(wished).toMatchObject({
      folder: online.folder,
      commit: repo.commit,
      source: 'cache',
      downloaded: 0,
    })
    expect(wished.note).toContain('HF_HUB_OFFLINE')
    server.stop()
    const forced = await downloadSnapshot(options)
    expect(forced).toMatchObject({ folder: online.folder, source: 'cache' })
    expect(forced.note).toContain('ECONNREFUSED')
  })

  it('and with a Hub in trouble, too', async () => {
    const { server, options } = await setup()
    await downloadSnapshot(options)
    server.faults.push({ path: '/api/', status: 503 })
    expect((await downloadSnapshot(options)).note).toContain('503')
  })

  it('`select` chooses from the listing that was kept', async () => {
    const { server, options } = await setup({ files: ['config.json'] })
    await downloadSnapshot(options)
    server.stop()
    const env = { HF_HUB_OFFLINE: '1' }
    const all: string[][] = []
    const select = (files: readonly { path: string }[]) => {
      all.push(files.map((file) => file.path))
      return ['config.json']
    }
    expect(await downloadSnapshot({ ...options, files: undefined, select, env })).toMatchObject({
      source: 'cache',
    })
    expect(all).toEqual([['config.json', 'model.safetensors']])
  })

  it('what is missing is named', async () => {
    const { server, options } = await setup()
    await downloadSnapshot({ ...options, files: ['config.json'] })
    const env = { HF_HUB_OFFLINE: '1' }
    expect(await failure(downloadSnapshot({ ...options, env }))).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('the cache lacks model.safetensors'),
    })
    expect(await failure(downloadSnapshot({ ...options, repo: 'lab/other', env }))).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('the cache has nothing of it'),
    })
    server.stop()
    expect(await failure(downloadSnapshot(options))).toMatchObject({
      code: 'io',
      message: expect.stringContaining('the cache lacks model.safetensors'),
      hint: expect.stringContaining('network'),
    })
  })

  it('an update that was cut leaves the version before in use', async () => {
    const { server, repo, options } = await setup()
    await downloadSnapshot(options)
    server.add(name, { ...content, 'more.json': '1' })
    server.faults.push({ path: 'more.json', status: 403 })
    await failure(downloadSnapshot({ ...options, files: ['config.json', 'more.json'] }))
    server.stop()
    expect(await downloadSnapshot(options)).toMatchObject({ commit: repo.commit, source: 'cache' })
  })
})

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
      { files: ['config.json', 'vae/none.json'] },
      {},
      'not-found',
      'has no vae/none.json',
      'config.json',
    ],
  ])('%s', async (_, extra, properties, code, message, hint) => {
    const { repo, options, cacheDir } = await setup(extra)
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
        const { repo, options } = await setup({ token: undefined, env })
        Object.assign(repo, properties)
        expect(await downloadSnapshot(options)).toMatchObject({ source: 'hub' })
      }
      const { repo, options } = await setup({
        token: undefined,
        env: { HF_HOME: home, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' },
      })
      Object.assign(repo, properties)
      await failure(downloadSnapshot(options))
    }
  })

  it('a 403 repeats one clean line of what the Hub says', async () => {
    const { server, options } = await setup({ token: secret })
    server.faults.push({
      path: '/resolve/',
      status: 403,
      body: `{"error":"no\\u001b[31m ${secret}\\nfor you"}`,
    })
    const error = await failure(downloadSnapshot(options))
    expect(error.message).toBe('the Hub does not allow reading lab/tiny: “no [31m [token] for you”')
  })

  it('who asks to wait for hours is not waited for', async () => {
    const { server, options } = await setup()
    server.faults.push({ path: '/revision/', status: 429, headers: { 'retry-after': '7200' } })
    const error = await failure(downloadSnapshot(options))
    expect(error.message).toContain('too many requests')
    expect(server.seen).toHaveLength(1)
  })
})

describe('the token', () => {
  it('goes to the Hub and nowhere else', async () => {
    const { server, options } = await setup({ token: secret })
    await downloadSnapshot(options)
    const ways = server.seen.map(({ host, authorization }) => `${host} ${authorization}`)
    expect(new Set(ways)).toEqual(new Set([`hub Bearer ${secret}`, 'storage undefined']))
  })

  it('does not follow a listing that goes on elsewhere, or a redirect of the interface', async () => {
    const { server, options } = await setup({ token: secret })
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
    const { server, options, cacheDir } = await setup({
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

describe('names from the server', () => {
  const bad = [
    '../x',
    'a/../../x',
    '/etc/x',
    'a\\b',
    '..\\x',
    'C:\\x',
    'C:x',
    'a/C:/x',
    'a\0b',
    'a//b',
    './a',
    'a/',
    '',
    '..',
    'a\nb',
  ]
  it.each(bad)('%j is refused', async (path) => {
    const { repo, options, cacheDir } = await setup({ files: undefined })
    repo.listing = [{ type: 'file', path, size: 3, oid: 'a'.repeat(40) }]
    const error = await failure(
      downloadSnapshot({ ...options, select: (files) => files.map((file) => file.path) }),
    )
    expect(error).toMatchObject({ code: 'bad-file' })
    const written = await readdir(cacheDir, { recursive: true })
    expect(written.filter((one) => /blobs|snapshots/.test(one))).toEqual([])
    expect(await failure(downloadSnapshot({ ...options, files: [path] }))).toMatchObject({ code: 'bad-file' })
  })

  it('that are file and folder at once end in an error, not outside', async () => {
    const { server, options, cacheDir } = await setup()
    server.add(name, { a: 'one', 'a/b': 'two' })
    expect(await failure(downloadSnapshot({ ...options, files: ['a', 'a/b'] }))).toMatchObject({
      name: 'SelmaError',
    })
    expect(await readdir(cacheDir)).toEqual(expect.arrayContaining(['models--lab--tiny']))
  })

  it('cannot make a commit of something else', async () => {
    const { server, options } = await setup()
    for (const sha of ['../../x', 5, null, 'A'.repeat(40)]) {
      const body = JSON.stringify({ _id: '1', id: name, sha })
      const headers = { 'content-type': 'application/json' }
      server.faults.splice(0, 1, { path: '/revision/', status: 200, headers, body })
      expect(await failure(downloadSnapshot(options))).toMatchObject({ code: 'bad-file' })
    }
  })

  it('a login page in place of the Hub is told', async () => {
    const { server, options } = await setup()
    server.faults.push({ path: '/revision/', status: 200, body: '<html>Please log in</html>' })
    expect(await failure(downloadSnapshot(options))).toMatchObject({
      code: 'bad-file',
      hint: expect.stringContaining('login'),
    })
  })

  it('a listing without an end is given up', async () => {
    const { server, options } = await setup()
    const link = `<${server.endpoint}/api/models/lab/tiny/tree/x?cursor=1>; rel="next"`
    const headers = { 'content-type': 'application/json', link }
    server.faults.push({ path: '/tree/', status: 200, headers, body: '[]' })
    const error = await failure(downloadSnapshot(options))
    expect(error.message).toContain('without an end')
    expect(server.requests('/tree/')).toHaveLength(2)
  })

  it('any listing is either understood or refused', async () => {
    const { server, repo, options } = await setup()
    const random = new Random(5)
    const values = [
      null,
      -1,
      1.5,
      1e300,
      '',
      'x',
      'file',
      [],
      {},
      true,
      '../x',
      'a'.repeat(40),
      'b'.repeat(64),
    ]
    const good = () => ({
      type: 'file',
      path: 'config.json',
      size: 2,
      oid: 'a'.repeat(40),
      lfs: { oid: 'b'.repeat(64), size: 2 },
    })
    let refused = 0
    for (let i = 0; i < 60; i++) {
      const entry: Record<string, unknown> = good()
      const part = random.chance(0.3) ? (entry.lfs as Record<string, unknown>) : entry
      part[random.pick(Object.keys(part))] = random.pick(values)
      repo.listing = random.pick<unknown>([[entry], [entry, random.pick(values)], random.pick(values), entry])
      repo.commit = sha256Of(Buffer.from(String(i))).slice(0, 40)
      const error = await failure(downloadSnapshot({ ...options, files: ['config.json'] }))
      expect(error, JSON.stringify(repo.listing)).toMatchObject({ name: 'SelmaError' })
      if (error.code === 'bad-file') refused++
    }
    expect(refused).toBeGreaterThan(20)
    expect(server.seen.some((request) => request.path.includes('..'))).toBe(false)
  })
})

describe('the disk', () => {
  it('that has no room is told before anything is downloaded', async () => {
    const { server, repo, options } = await setup({ files: ['huge'] })
    repo.listing = [{ type: 'file', path: 'huge', size: 2 ** 52, oid: 'a'.repeat(40) }]
    const error = await failure(downloadSnapshot(options))
    expect(error).toMatchObject({ code: 'io', hint: expect.stringContaining('HF_HOME') })
    expect(error.message).toContain('GB free')
    expect(server.requests('/resolve/')).toEqual([])
  })

  it('where the cache cannot be made is told', async () => {
    const { cacheDir, options } = await setup()
    const file = join(cacheDir, 'file')
    await writeFile(file, '')
    const error = await failure(downloadSnapshot({ ...options, cacheDir: join(file, 'cache') }))
    expect(error).toMatchObject({ code: 'io', message: expect.stringContaining('ENOTDIR') })
  })

  it('a link that points to nothing is made anew', async () => {
    const { repo, cacheDir, options } = await setup()
    const folder = join(cacheDir, 'models--lab--tiny', 'snapshots', repo.commit)
    await mkdir(folder, { recursive: true })
    await symlink('../../blobs/none', join(folder, 'model.safetensors'))
    await downloadSnapshot(options)
    expect(await hashFile(join(folder, 'model.safetensors'))).toBe(sha256Of(weights))
  })
})

describe('names that people type', () => {
  it('are read', () => {
    expect(parseRepoId('stable-diffusion-v1-5/stable-diffusion-v1-5')).toEqual({
      repo: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
      revision: undefined,
    })
    expect(parseRepoId('a/b@refs/pr/1')).toEqual({ repo: 'a/b', revision: 'refs/pr/1' })
    expect(parseRepoId('A_1/b.c-d@v1.0')).toEqual({ repo: 'A_1/b.c-d', revision: 'v1.0' })
  })

  it.each([
    '',
    'a',
    'a/b/c',
    '/b',
    'a/',
    'a/../b',
    '../b',
    'a/..',
    'a//b',
    'a/b--c',
    'a/b.git',
    '-a/b',
    'a/b-',
    'a b/c',
    'a/b\n',
    'ä/b',
    'https://huggingface.co/a/b',
    'datasets/a/b',
    `a/${'b'.repeat(100)}`,
    'a/b@',
    'a/b@..',
    'a/b@x/../y',
    'a/b@/x',
    'a/b@x y',
    'a/b@x.lock',
    'a/b@-x',
    'a\\b',
    5 as unknown as string,
  ])('%j is refused', (text) => {
    expect(() => parseRepoId(text)).toThrow(expect.objectContaining({ code: 'bad-input' }))
  })

  it('a revision stays below refs', () => {
    for (const revision of ['main', 'v1.0', 'refs/pr/12', 'feature/x'])
      expect(checkRevision(revision)).toBe(revision)
    for (const revision of [
      '..',
      '../x',
      'a/..',
      'a/./b',
      'a\0',
      'a:b',
      'a~1',
      'a^',
      '.a',
      'a/.b',
      'a.',
      'a/',
    ])
      expect(() => checkRevision(revision), revision).toThrow(expect.objectContaining({ code: 'bad-input' }))
  })
})

it('reads where the cache is from the variables that Python reads', async () => {
  const at = async (env: Record<string, string>) => (await hubSettings({ env })).cacheDir
  const { HOME } = process.env
  expect(await at({})).toBe(join(HOME!, '.cache/huggingface/hub'))
  expect(await at({ XDG_CACHE_HOME: '/x' })).toBe('/x/huggingface/hub')
  expect(await at({ HF_HOME: '~/hf' })).toBe(join(HOME!, 'hf/hub'))
  expect(await at({ HF_HOME: '/h', HUGGINGFACE_HUB_CACHE: '/old' })).toBe('/old')
  expect(
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the variable's value is meant so
    await at({ HF_HUB_CACHE: '$BASE/${SUB}', BASE: '/b', SUB: 's', HUGGINGFACE_HUB_CACHE: '/old' }),
  ).toBe('/b/s')
})
