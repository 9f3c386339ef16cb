import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { hashFile } from '../../lib/base/files.ts'
import { downloadSnapshot } from '../../lib/hub/index.ts'
import { content, failure, hubSetup, repoName, weights, weightsName } from '../support/hub-download.ts'
import { sha256Of } from '../support/hub-server.ts'

describe('without a network', () => {
  it('what is cached is used, and it is said', async () => {
    const { server, repo, options } = await hubSetup()
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
    const { server, options } = await hubSetup()
    await downloadSnapshot(options)
    server.faults.push({ path: '/api/', status: 503 })
    expect((await downloadSnapshot(options)).note).toContain('503')
  })

  it('`select` chooses from the listing that was kept', async () => {
    const { server, options } = await hubSetup({ files: ['model_index.json'] })
    await downloadSnapshot(options)
    server.stop()
    const env = { HF_HUB_OFFLINE: '1' }
    const all: string[][] = []
    const select = (files: readonly { path: string }[]) => {
      all.push(files.map((file) => file.path))
      return ['model_index.json']
    }
    expect(await downloadSnapshot({ ...options, files: undefined, select, env })).toMatchObject({
      source: 'cache',
    })
    expect(all).toEqual([Object.keys(content).sort()])
  })

  it('what is missing is named', async () => {
    const { server, options } = await hubSetup()
    await downloadSnapshot({ ...options, files: ['model_index.json'] })
    const env = { HF_HUB_OFFLINE: '1' }
    expect(await failure(downloadSnapshot({ ...options, env }))).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('the cache lacks unet/diffusion_pytorch_model.safetensors'),
    })
    expect(await failure(downloadSnapshot({ ...options, repo: 'lab/other', env }))).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('the cache has nothing of it'),
    })
    server.stop()
    expect(await failure(downloadSnapshot(options))).toMatchObject({
      code: 'io',
      message: expect.stringContaining('the cache lacks unet/diffusion_pytorch_model.safetensors'),
      hint: expect.stringContaining('network'),
    })
  })

  it('an update that was cut leaves the version before in use', async () => {
    const { server, repo, options } = await hubSetup()
    await downloadSnapshot(options)
    server.add(repoName, { ...content, 'more.json': '1' })
    server.faults.push({ path: 'more.json', status: 403 })
    await failure(downloadSnapshot({ ...options, files: ['model_index.json', 'more.json'] }))
    server.stop()
    expect(await downloadSnapshot(options)).toMatchObject({ commit: repo.commit, source: 'cache' })
  })
})

describe('the disk', () => {
  it('that has no room is told before anything is downloaded', async () => {
    const { server, repo, options } = await hubSetup({ files: ['huge'] })
    repo.listing = [{ type: 'file', path: 'huge', size: 2 ** 52, oid: 'a'.repeat(40) }]
    const error = await failure(downloadSnapshot(options))
    expect(error).toMatchObject({ code: 'io', hint: expect.stringContaining('HF_HOME') })
    expect(error.message).toContain('GB free')
    expect(server.requests('/resolve/')).toEqual([])
  })

  it('where the cache cannot be made is told', async () => {
    const { cacheDir, options } = await hubSetup()
    const file = join(cacheDir, 'file')
    await writeFile(file, '')
    const error = await failure(downloadSnapshot({ ...options, cacheDir: join(file, 'cache') }))
    expect(error).toMatchObject({ code: 'io', message: expect.stringContaining('ENOTDIR') })
  })

  it('a link that points to nothing is made anew', async () => {
    const { repo, cacheDir, options } = await hubSetup()
    const folder = join(cacheDir, 'models--lab--tiny', 'snapshots', repo.commit)
    await mkdir(join(folder, 'unet'), { recursive: true })
    await symlink('../../blobs/none', join(folder, weightsName))
    await downloadSnapshot(options)
    expect(await hashFile(join(folder, weightsName))).toBe(sha256Of(weights))
  })
})
