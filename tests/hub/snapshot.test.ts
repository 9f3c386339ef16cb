import { readdir, readFile, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashFile } from '../../lib/base/files.ts'
import { type DownloadProgress, downloadSnapshot } from '../../lib/hub/index.ts'
import { content, failure, hubSetup, repoName, weights, weightsName } from '../support/hub-download.ts'
import { gitOid, sha256Of } from '../support/hub-server.ts'

/** Everything below a folder that is left from a transfer. */
const leftovers = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true })).filter((path) => /incomplete|\.tmp|\.lock$/.test(path))

describe('a download', () => {
  it('brings the files asked for, and no others, in the cache layout of huggingface_hub', async () => {
    const { server, repo, options, folder } = await hubSetup()
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
    const { server, repo, options } = await hubSetup()
    await downloadSnapshot(options)
    const before = server.seen.length
    const again = await downloadSnapshot(options)
    expect(again).toMatchObject({ downloaded: 0, source: 'hub' })
    expect(server.seen.slice(before).map((request) => request.path.split('?')[0])).toEqual([
      `/api/models/${repoName}/revision/main`,
    ])
    const pinned = await downloadSnapshot({ ...options, repo: `${repoName}@${repo.commit}` })
    expect(pinned).toMatchObject({ source: 'cache', folder: again.folder })
    expect(server.seen.length).toBe(before + 1)
  })

  it('reads a listing of several pages and chooses from it', async () => {
    const { server, options } = await hubSetup({ files: undefined })
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
    const { options, clock } = await hubSetup({ onProgress: (progress) => told.push(progress) })
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
    const { server, options } = await hubSetup({ files: [weightsName] })
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
    const { options } = await hubSetup({ env: { HF_HUB_DISABLE_SYMLINKS: '1' } })
    const { folder } = await downloadSnapshot(options)
    await expect(readlink(join(folder, weightsName))).rejects.toThrow()
    expect(await hashFile(join(folder, weightsName))).toBe(sha256Of(weights))
    expect(await downloadSnapshot(options)).toMatchObject({ downloaded: 0 })
  })
})

describe('several at once', () => {
  it('in one process download each file once', async () => {
    const { server, options } = await hubSetup()
    const clock = { now: () => 0, sleep: () => new Promise<void>((done) => setTimeout(done, 20)) }
    const both = await Promise.all([0, 1, 2].map(() => downloadSnapshot({ ...options, clock })))
    expect(new Set(both.map(({ folder }) => folder)).size).toBe(1)
    expect(server.requests('/objects/')).toHaveLength(1)
    expect(await hashFile(join(both[0].folder, weightsName))).toBe(sha256Of(weights))
  })

  it('take no more than four files at a time, and the first failure stops the rest', async () => {
    const { server, options } = await hubSetup({ files: undefined })
    const names = Array.from({ length: 12 }, (_, i) => `part-${String(i).padStart(2, '0')}.txt`)
    server.add(repoName, Object.fromEntries(names.map((path) => [path, path])))
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
