import { readdir } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { downloadSnapshot } from '../../lib/hub/index.ts'
import { failure, hubSetup, repoName } from '../support/hub-download.ts'
import { sha256Of } from '../support/hub-server.ts'

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
    'a\ud800b',
  ]
  it.each(bad)('%j is refused', async (path) => {
    const { repo, options, cacheDir } = await hubSetup({ files: undefined })
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
    const { server, options, cacheDir } = await hubSetup()
    server.add(repoName, { a: 'one', 'a/b': 'two' })
    expect(await failure(downloadSnapshot({ ...options, files: ['a', 'a/b'] }))).toMatchObject({
      name: 'SelmaError',
    })
    expect(await readdir(cacheDir)).toEqual(expect.arrayContaining(['models--lab--tiny']))
  })

  it('cannot make a commit of something else', async () => {
    const { server, options } = await hubSetup()
    for (const sha of ['../../x', 5, null, 'A'.repeat(40)]) {
      const body = JSON.stringify({ _id: '1', id: repoName, sha })
      const headers = { 'content-type': 'application/json' }
      server.faults.splice(0, 1, { path: '/revision/', status: 200, headers, body })
      expect(await failure(downloadSnapshot(options))).toMatchObject({ code: 'bad-file' })
    }
  })

  it('a login page in place of the Hub is told', async () => {
    const { server, options } = await hubSetup()
    server.faults.push({ path: '/revision/', status: 200, body: '<html>Please log in</html>' })
    expect(await failure(downloadSnapshot(options))).toMatchObject({
      code: 'bad-file',
      hint: expect.stringContaining('login'),
    })
  })

  it('a listing without an end is given up', async () => {
    const { server, options } = await hubSetup()
    const link = `<${server.endpoint}/api/models/lab/tiny/tree/x?cursor=1>; rel="next"`
    const headers = { 'content-type': 'application/json', link }
    server.faults.push({ path: '/tree/', status: 200, headers, body: '[]' })
    const error = await failure(downloadSnapshot(options))
    expect(error.message).toContain('without an end')
    expect(server.requests('/tree/')).toHaveLength(2)
  })

  it('any listing is either understood or refused', async () => {
    const { server, repo, options } = await hubSetup()
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
      path: 'model_index.json',
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
      const error = await failure(downloadSnapshot({ ...options, files: ['model_index.json'] }))
      expect(error, JSON.stringify(repo.listing)).toMatchObject({ name: 'SelmaError' })
      if (error.code === 'bad-file') refused++
    }
    expect(refused).toBeGreaterThan(20)
    expect(server.seen.some((request) => request.path.includes('..'))).toBe(false)
  })
})
