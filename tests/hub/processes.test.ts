// Several processes that want the same file, and one that dies in the middle of it.
import { type ChildProcess, spawn } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { hashFile } from '../../lib/base/files.ts'
import { type DownloadOptions, downloadSnapshot, type Snapshot } from '../../lib/hub/index.ts'
import { hubSetup, weights, weightsName } from '../support/hub-download.ts'
import { sha256Of } from '../support/hub-server.ts'

const script = fileURLToPath(new URL('../support/hub-download-child.ts', import.meta.url))

function child({ repo, endpoint, cacheDir }: DownloadOptions): {
  process: ChildProcess
  result: Promise<Snapshot>
} {
  const options = JSON.stringify({ repo, endpoint, cacheDir, files: [weightsName] })
  const process = spawn('node', ['--import', 'tsx', script, options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void process.kill('SIGKILL'))
  let output = ''
  process.stdout!.on('data', (data) => {
    output += data
  })
  return {
    process,
    result: new Promise((done) => process.on('close', () => done(JSON.parse(output || 'null')))),
  }
}

/** Waits until something is so. */
async function until(check: () => Promise<boolean>): Promise<void> {
  while (!(await check())) await new Promise((done) => setTimeout(done, 20))
}

it('processes that want the same file download it once', async () => {
  const { server, options } = await hubSetup()
  const all = await Promise.all([0, 1, 2].map(() => child(options).result))
  expect(all.map(({ downloaded }) => downloaded).sort()).toEqual([0, 0, weights.length])
  expect(server.requests('/objects/')).toHaveLength(1)
  expect(await hashFile(join(all[0].folder, weightsName))).toBe(sha256Of(weights))
})

it('what a killed process had is gone on with at once', async () => {
  const { server, options, folder, cacheDir } = await hubSetup({ files: [weightsName] })
  server.faults.push({ path: '/objects/', hangAfter: 100_000, times: 1 })
  const { process, result } = child(options)
  const partial = join(folder, 'blobs', `${sha256Of(weights)}.selma.incomplete`)
  await until(async () => ((await stat(partial).catch(() => undefined))?.size ?? 0) > 0)
  process.kill('SIGKILL')
  expect(await result).toBeNull()
  const snapshot = await downloadSnapshot(options)
  expect(server.requests('/objects/')[1].range).toMatch(/^bytes=[1-9]\d*-$/)
  expect(await hashFile(join(snapshot.folder, weightsName))).toBe(sha256Of(weights))
  const left = await readdir(cacheDir, { recursive: true })
  expect(left.filter((path) => /incomplete|\.lock$/.test(path))).toEqual([])
})
