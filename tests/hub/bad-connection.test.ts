import { mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashFile } from '../../lib/base/files.ts'
import { downloadSnapshot } from '../../lib/hub/index.ts'
import { content, failure, hubSetup, noise, repoName, weights, weightsName } from '../support/hub-download.ts'
import { sha256Of } from '../support/hub-server.ts'

describe('a bad connection', () => {
  it('is picked up where it broke', async () => {
    const { server, options, waits } = await hubSetup({ files: [weightsName] })
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
    const { server, options, folder, waits } = await hubSetup({ files: [weightsName] })
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
    const { server, options } = await hubSetup({
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
    const { server, options } = await hubSetup({ files: [weightsName] })
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
    const { server, options, waits } = await hubSetup()
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
    const { server, options, waits } = await hubSetup()
    server.faults.push(
      { path: '/tree/', status: 502, times: 2 },
      { path: '/objects/', status: 500, times: 1 },
    )
    await downloadSnapshot(options)
    expect(waits).toEqual([1000, 2000, 1000])
    server.add(repoName, { ...content, 'new.json': '1' })
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
    const { server, options, folder } = await hubSetup({ files: [file] })
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
    const { server, options, folder } = await hubSetup({ files: [weightsName] })
    for (const length of [weights.length - 1, weights.length + 1]) {
      server.faults.splice(0, 1, { path: '/objects/', content: noise(2, length) })
      const error = await failure(downloadSnapshot(options))
      expect(error).toMatchObject({ code: 'bad-file' })
      expect(error.message).toContain(`${length} bytes`)
    }
    expect(await readdir(join(folder, 'blobs'))).toEqual([])
  })

  it('on the disk, half of it, is found out and downloaded anew', async () => {
    const { server, options, folder } = await hubSetup({ files: [weightsName] })
    await mkdir(join(folder, 'blobs'), { recursive: true })
    const partial = join(folder, 'blobs', `${sha256Of(weights)}.selma.incomplete`)
    for (const bad of [noise(3, 1000), noise(3, weights.length), noise(3, weights.length + 5)]) {
      await writeFile(partial, bad)
      const snapshot = await downloadSnapshot({ ...options, revision: server.repos.get(repoName)!.commit })
      expect(await hashFile(join(snapshot.folder, weightsName))).toBe(sha256Of(weights))
      await rm(join(folder, 'blobs', sha256Of(weights)))
    }
  })
})
