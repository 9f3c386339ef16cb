import { mkdir, readdir, readFile, readlink, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashFile } from '../../lib/base/files.ts'
import { Random } from '../../lib/base/random.ts'
import { type DownloadOptions, type DownloadProgress, downloadSnapshot } from '../../lib/hub/index.ts'
import { gitOid, HubServer, sha256Of } from '../support/hub-server.ts'
import { temporaryFolder } from '../support/temporary.ts'

const name = 'lab/tiny'

/** Bytes that look like nothing else. */
function noise(seed: number, length: number): Uint8Array {
  const random = new Random(seed)
  return Uint8Array.from({ length }, () => random.int(0, 255))
}

const weights = noise(1, 200_000)
const content = {
  'model_index.json': '{"_class_name": "StableDiffusionPipeline"}\n',
  'unet/config.json': '{"sample_size": 8}',
  'unet/diffusion_pytorch_model.safetensors': weights,
  'unet/a name & more.json': '{}',
  'README.md': '# Tiny',
}
const weightsName = 'unet/diffusion_pytorch_model.safetensors'

async function setup(extra: Partial<DownloadOptions> = {}) {
  const server = await HubServer.start()
  const repo = server.add(name, content)
  const cacheDir = await temporaryFolder()
  const waits: number[] = []
  const clock = {
    now: () => Date.UTC(2026, 0, 1),
    sleep: async (milliseconds: number) => void waits.push(milliseconds),
  }
  const options: DownloadOptions = {
    ...{ repo: name, endpoint: server.endpoint, cacheDir, env: {}, token: false, clock },
    files: [weightsName, 'model_index.json'],
    ...extra,
  }
  const folder = join(cacheDir, 'models--lab--tiny')
  return { server, repo, cacheDir, waits, options, folder, clock }
}

/** Everything below a folder that is left from a transfer. */
const leftovers = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).filter((path) => /incomplete|\.tmp|\.lock$/.test(path))

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it went through'),
    (error) => error as Error & { code: string; hint: string; status?: number },
  )

describe('a download', () => {
  it('brings the files asked for, and no others, in the cache layout of huggingface_hub', async () => {
    const { server, repo, options, folder } = await setup()
    const snapshot = await downloadSnapshot(options)
    expect(snapshot).toMatchObject({
      folder: join(folder, 'snapshots', repo.commit),
      commit: repo.commit,
      source: 'hub',
      downloaded: weights.length + content['model_index.json'].length,
    })
    expect(await hashFile(join(snapshot.folder, weightsName))).toBe(sha256Of(weights))
    expect(await readFile(join(snapshot.folder, 'model_index.json'), 'utf8')).toBe(
      content['model_index.json'],
    )
    expect(await readFile(join(folder, 'refs', 'main'), 'utf8')).toBe(repo.commit)
    const blobs = [sha256Of(weights), gitOid(Buffer.from(content['model_index.json']))].sort()
    expect((await readdir(join(folder, 'blobs'))).sort()).toEqual(blobs)
    expect(await readlink(join(snapshot.folder, weightsName))).toBe(`../../../blobs/${sha256Of(weights)}`)
    expect(await readlink(join(snapshot.folder, 'model_index.json'))).toMatch(/^\.\.\/\.\.\/blobs\//)
    expect(server.requests('README')).toEqual([])
    expect(await leftovers(join(folder, '..'))).toEqual([])
  })

  it('asks the Hub once more for the commit only, and for a commit not at all', async () => {
    const { server, repo, options } = await setup()
    await downloadSnapshot(options)
    const before = server.seen.length
    const again = await downloadSnapshot(options)
    expect(again).toMatchObject({ downloaded: 0, source: 'hub' })
    expect(server.seen.slice(before).map((request) => request.path.split('?')[0])).toEqual([
      `/api/models/${name}/revision/main`,
    ])
    const pinned = await downloadSnapshot({ ...options, repo: `${name}@${repo.commit}` })
    expect(pinned).toMatchObject({ source: 'cache', folder: again.folder })
    expect(server.seen.length).toBe(before + 1)
  })

  it('reads a listing of several pages and chooses from it', async () => {
    const { server, options } = await setup({ files: undefined })
    server.pageSize = 2
    let seen: string[] = []
    const snapshot = await downloadSnapshot({
      ...options,
      select: (files) => {
        seen = files.map((file) => file.path)
        return seen.filter((path) => path.endsWith('.json'))
      },
    })
    expect(seen).toEqual(Object.keys(content))
    expect(snapshot.files).toEqual(['model_index.json', 'unet/config.json', 'unet/a name & more.json'])
    expect(await readFile(join(snapshot.folder, 'unet/a name & more.json'), 'utf8')).toBe('{}')
  })

  it('tells how far it is', async () => {
    const told: DownloadProgress[] = []
    let now = 0
    const { options, clock } = await setup({ onProgress: (progress) => told.push(progress) })
    await downloadSnapshot({ ...options, clock: { ...clock, now: () => (now += 1000) } })
    const total = weights.length + content['model_index.json'].length
    expect(told.at(-1)).toMatchObject({
      state: 'done',
      totalReceived: total,
      totalSize: total,
      filesDone: 2,
      files: 2,
    })
    const received = told.filter((one) => one.file === weightsName).map((one) => one.received)
    expect(received.length).toBeGreaterThan(1)
    expect(received).toEqual([...received].sort((a, b) => a - b))
  })

  it('stops when it is told to, and goes on from there', async () => {
    const { server, options } = await setup({ files: [weightsName] })
    server.faults.push({ path: '/objects/', hangAfter: 70_000, times: 1 })
    const stop = new AbortController()
    const stopped = await failure(
      downloadSnapshot({
        ...options,
        signal: stop.signal,
        onProgress: ({ received }) => received > 0 && setTimeout(() => stop.abort(), 50),
      }),
    )
    expect(stopped).toMatchObject({ code: 'stopped' })
    await downloadSnapshot(options)
    const [, second] = server.requests('/objects/')
    expect(Number(/bytes=(\d+)-/.exec(second.range!)![1])).toBeGreaterThan(0)
  })

  it('copies where the cache is to have no links', async () => {
    const { options } = await setup({ env: { HF_HUB_DISABLE_SYMLINKS: '1' } })
    const { folder } = await downloadSnapshot(options)
    await expect(readlink(join(folder, weightsName))).rejects.toThrow()
    expect(await hashFile(join(folder, weightsName))).toBe(sha256Of(weights))
    expect(await downloadSnapshot(options)).toMatchObject({ downloaded: 0 })
  })
})

describe('a bad connection', () => {
  it('is picked up where it broke', async () => {
    const { server, options, waits } = await setup({ files: [weightsName] })
    server.faults.push({ path: '/objects/', cutAfter: 80_000, times: 2 })
    const { folder, downloaded } = await downloadSnapshot(options)
    expect(await hashFile(join(folder, weightsName))).toBe(sha256Of(weights))
    const asked = server.requests('/objects/')
    const starts = asked.map(({ range }) => Number(/^bytes=(\d+)-$/.exec(range ?? 'bytes=0-')![1]))
    expect(starts).toHaveLength(3)
    // What a broken connection still held in its buffers is lost, and asked for again.
    const lost = [80_000 - starts[1], starts[1] + 80_000 - starts[2]]
    expect(Math.min(...lost)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...lost)).toBeLessThan(80_000)
    const [sent] = [...server.sent].filter(([path]) => path.includes('/objects/')).map(([, bytes]) => bytes)
    expect(sent).toBe(weights.length + lost[0] + lost[1])
    expect(downloaded).toBe(weights.length)
    expect(waits).toEqual([1000, 1000])
  })

  it('that never gives a byte more is an error that keeps what came', async () => {
    const { server, options, folder, waits } = await setup({ files: [weightsName] })
    server.faults.push({ path: '/objects/', cutAfter: 50_000, times: 1 }, { path: '/objects/', cutAfter: 0 })
    const error = await failure(downloadSnapshot(options))
    expect(error).toMatchObject({ name: 'SelmaError', code: 'io' })
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000])
    const partial = join(folder, 'blobs', `${sha256Of(weights)}.selma.incomplete`)
    expect((await stat(partial)).size).toBe(50_000)
    expect(await readdir(join(folder, 'blobs'))).toEqual([`${sha256Of(weights)}.selma.incomplete`])
    server.faults.length = 0
    await downloadSnapshot(options)
    expect(server.requests('/objects/').at(-1)!.range).toBe('bytes=50000-')
  })

  it('that falls silent is given up and taken up again', async () => {
    const { server, options } = await setup({
      files: [weightsName, 'README.md'],
      env: { HF_HUB_DOWNLOAD_TIMEOUT: '1' },
    })
    server.faults.push(
      { path: '/objects/', hangAfter: 90_000, times: 1 },
      { path: 'README', hangAfter: 0, times: 1 },
    )
    await downloadSnapshot(options)
    expect(server.requests('/objects/')[1].range).toMatch(/^bytes=[1-9]\d*-$/)
    expect(server.requests('/README').length).toBeGreaterThan(1)
  })

  it('starts over when the server gives the whole file for a range', async () => {
    const { server, options } = await setup({ files: [weightsName] })
    server.faults.push(
      { path: '/objects/', cutAfter: 80_000, times: 1 },
      { path: '/objects/', ignoreRange: true },
    )
    const { folder } = await downloadSnapshot(options)
    expect(await hashFile(join(folder, weightsName))).toBe(sha256Of(weights))
  })

  it.each([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['a date', { 'retry-after': new Date(Date.UTC(2026, 0, 1, 0, 0, 9)).toUTCString() }, 9000],
    ['the Hub’s own header', { ratelimit: '"resolvers";r=0;t=21' }, 21_000],
    ['nothing', {}, 1000],
  ])('waits as 429 asks, in %s', async (_, headers, wait) => {
    const { server, options, waits } = await setup()
    server.faults.push({
      path: '/revision/',
      status: 429,
      headers: headers as Record<string, string>,
      times: 1,
    })
    await downloadSnapshot(options)
    expect(waits).toEqual([wait])
  })

  it('with a Hub in trouble is tried again, but not for ever', async () => {
    const { server, options, waits } = await setup()
    server.faults.push(
      { path: '/tree/', status: 502, times: 2 },
      { path: '/objects/', status: 500, times: 1 },
    )
    await downloadSnapshot(options)
    expect(waits).toEqual([1000, 2000, 1000])
    server.add(name, { ...content, 'new.json': '1' })
    server.faults.push({ path: '/new.json', status: 500 })
    expect(await failure(downloadSnapshot({ ...options, files: ['new.json'] }))).toMatchObject({
      status: 500,
      code: 'io',
    })
    expect(waits.slice(3)).toEqual([1000, 2000, 4000, 8000, 16_000])
  })
})

describe('a damaged file', () => {
  it.each([
    [weightsName, '/objects/', 'SHA-256'],
    ['README.md', '/README', 'SHA-1'],
  ])('is refused and removed: %s', async (file, path, hash) => {
    const { server, options, folder } = await setup({ files: [file] })
    const wrong = Buffer.from(content[file as keyof typeof content]).fill(7)
    server.faults.push({ path, content: wrong })
    const error = await failure(downloadSnapshot(options))
    expect(error).toMatchObject({ code: 'bad-file' })
    expect(error.message).toContain(file)
    expect(error.message).toContain(hash)
    expect(await readdir(join(folder, 'blobs'))).toEqual([])
    await expect(readdir(join(folder, 'snapshots'))).rejects.toThrow('ENOENT')
  })

  it('of another length is refused', async () => {
    const { server, options, folder } = await setup({ files: [weightsName] })
    for (const length of [weights.length - 1, weights.length + 1]) {
      server.faults.splice(0, 1, { path: '/objects/', content: noise(2, length) })
      const error = await failure(downloadSnapshot(options))
      expect(error).toMatchObject({ code: 'bad-file' })
      expect(error.message).toContain(`${length} bytes`)
    }
    expect(await readdir(join(folder, 'blobs'))).toEqual([])
  })

  it('on the disk, half of it, is found out and downloaded anew', async () => {
    const { server, options, folder } = await setup({ files: [weightsName] })
    await mkdir(join(folder, 'blobs'), { recursive: true })
    const partial = join(folder, 'blobs', `${sha256Of(weights)}.selma.incomplete`)
    for (const bad of [noise(3, 1000), noise(3, weights.length), noise(3, weights.length + 5)]) {
      await writeFile(partial, bad)
      const snapshot = await downloadSnapshot({ ...options, revision: server.repos.get(name)!.commit })
      expect(await hashFile(join(snapshot.folder, weightsName))).toBe(sha256Of(weights))
      await rm(join(folder, 'blobs', sha256Of(weights)))
    }
  })
})

describe('several at once', () => {
  it('in one process download each file once', async () => {
    const { server, options } = await setup()
    const clock = { now: () => 0, sleep: () => new Promise<void>((done) => setTimeout(done, 20)) }
    const both = await Promise.all([0, 1, 2].map(() => downloadSnapshot({ ...options, clock })))
    expect(new Set(both.map(({ folder }) => folder)).size).toBe(1)
    expect(server.requests('/objects/')).toHaveLength(1)
    expect(await hashFile(join(both[0].folder, weightsName))).toBe(sha256Of(weights))
  })

  it('take no more than four files at a time, and the first failure stops the rest', async () => {
    const { server, options } = await setup({ files: undefined })
    const names = Array.from({ length: 12 }, (_, i) => `part-${String(i).padStart(2, '0')}.txt`)
    server.add(name, Object.fromEntries(names.map((path) => [path, path])))
    server.faults.push({ path: 'part-05', status: 403 })
    let most = 0
    let now = 0
    let open = () => {}
    const gate = new Promise<void>((done) => {
      open = done
    })
    const counting: typeof fetch = async (input, init) => {
      if (!String(input).includes('part-')) return fetch(input, init)
      most = Math.max(most, ++now)
      // The first four wait for each other, and then for a fifth that must not come.
      if (now === 4) setTimeout(open, 50)
      await gate
      return fetch(input, init).finally(() => now--)
    }
    const error = await failure(downloadSnapshot({ ...options, select: () => names, fetch: counting }))
    expect(error).toMatchObject({ status: 403 })
    expect(most).toBe(4)
    expect(server.requests('part-11')).toEqual([])
  })
})
