// Disks that fill up and folders that may not be written, for real: a small tmpfs, and a user without
// rights. A job must say what happened, leave nothing half-written, and go on once there is room.
import { execFileSync, spawnSync } from 'node:child_process'
import { accessSync, chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import type { SelmaError } from '../../lib/base/errors.ts'
import { readImageFolder } from '../../lib/data/imagefolder.ts'
import { ImageFolderWriter } from '../../lib/data/imagefolder-writer.ts'
import { trainStage } from '../../lib/experts/index.ts'
import { loadLora } from '../../lib/formats/lora-files.ts'
import { blankPicture } from '../../lib/formats/picture.ts'
import { decodePng, encodePng } from '../../lib/formats/png.ts'
import { SafetensorsFile } from '../../lib/formats/safetensors.ts'
import { imagesStage } from '../../lib/images/index.ts'
import { type Job, start } from '../../lib/jobs/index.ts'
import { temporaryFolder } from '../support/temporary.ts'

const root = process.getuid?.() === 0
const nobody = 65_534

const mounted: string[] = []

/** A fresh file system of so many KiB. */
function smallDisk(size: number): string {
  const dir = mkdtempSync(join(tmpdir(), 'selma-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', dir], { stdio: 'pipe' })
  mounted.push(dir)
  return dir
}

function unmount(dir: string): void {
  execFileSync('umount', ['-l', dir])
  rmSync(dir, { recursive: true })
}
afterAll(() => mounted.splice(0).forEach(unmount))

/** Why no file system can be mounted here, if so. */
function cannotMount(): string | undefined {
  if (!root) return 'only root can mount a file system'
  try {
    unmount(smallDisk(64))
    mounted.pop()
    return undefined
  } catch {
    return 'this machine does not let root mount a file system'
  }
}

/** Why files here cannot be used by a user without rights, if so. */
function cannotChangeUser(): string | undefined {
  if (!process.getuid) return 'this platform has no user ids'
  if (!root) return undefined
  const here = fileURLToPath(import.meta.url)
  return spawnSync('cat', [here], { uid: nobody, gid: nobody }).status === 0
    ? undefined
    : 'the checkout cannot be read by other users'
}

const titled = (title: string, reason?: string) => (reason ? `${title} (skipped: ${reason})` : title)

/** Everything below a folder, as relative paths. */
const tree = (dir: string): string[] =>
  readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))

async function failure(job: Job<unknown>): Promise<SelmaError> {
  return job.result().then(
    () => expect.unreachable('the disk was big enough'),
    (error) => error as SelmaError,
  )
}

function expectFullDisk(error: SelmaError): void {
  expect(error).toMatchObject({ name: 'SelmaError', code: 'io' })
  expect(error.message).toContain('ENOSPC')
  expect(error.hint).toContain('space')
}

/** What is there is whole, and nothing says that the job is done. */
async function expectNothingHalf(dir: string): Promise<void> {
  const files = tree(dir)
  expect(files.filter((name) => name.endsWith('.tmp'))).toEqual([])
  expect(files.map((name) => basename(name))).not.toContain('result.json')
  expect(files.map((name) => basename(name))).not.toContain('metadata.jsonl')
  for (const name of files) {
    const path = join(dir, name)
    if (name.endsWith('.png')) expect((await decodePng(path)).width).toBe(64)
    if (name.endsWith('.json')) expect(JSON.parse(await readFile(path, 'utf8'))).toBeTypeOf('object')
    if (name.endsWith('.safetensors')) {
      const file = await SafetensorsFile.open(path)
      for (const tensor of file.names()) await file.floats(tensor)
    }
  }
}

const enlarge = (disk: string) => execFileSync('mount', ['-o', 'remount,size=64m', disk])

const noMount = cannotMount()
describe.skipIf(noMount)(titled('a small disk', noMount), () => {
  it('stops a job that makes pictures, which goes on when there is room', async () => {
    const disk = smallDisk(256)
    const settings = {
      model: 'shapes',
      prompts: [{ text: 'a red square' }] as [{ text: string }],
      perPrompt: 64,
      steps: 1,
      guidance: 1,
    }
    const job = await start(imagesStage, settings, { root: disk, inline: true })
    expectFullDisk(await failure(job))
    await expectNothingHalf(disk)
    const kept = tree(job.dir).filter((name) => name.endsWith('.png'))
    expect(kept.length).toBeGreaterThan(0)
    const whenMade = () => kept.map((name) => statSync(join(job.dir, name)).mtimeMs)
    const before = whenMade()
    enlarge(disk)
    const again = await start(imagesStage, settings, { root: disk, atOnce: 0 })
    const { folder } = await again.result()
    expect((await readImageFolder(join(again.dir, folder))).records).toHaveLength(64)
    expect(whenMade()).toEqual(before)
  })

  it('stops a training, which goes on when there is room', async () => {
    const disk = smallDisk(1024)
    const data = join(await temporaryFolder(), 'data')
    const writer = await ImageFolderWriter.open(data)
    for (const [name, color] of [['red', [214, 36, 46]] as const, ['blue', [38, 92, 222]] as const])
      await writer.add(await encodePng(blankPicture(64, 64, color)), {
        file_name: `${name}.png`,
        text: `a ${name} square`,
      })
    await writer.finish()
    const settings = {
      model: 'shapes',
      data,
      train: { rank: 64, steps: 4, batch: 2, checkpointEvery: 2 },
    }
    const job = await start(trainStage, settings, { root: disk, atOnce: 0 })
    expectFullDisk(await failure(job))
    await expectNothingHalf(disk)
    enlarge(disk)
    const again = await start(trainStage, settings, { root: disk, atOnce: 0 })
    const { lora, losses } = await again.result()
    expect(losses).toHaveLength(4)
    expect((await loadLora(join(again.dir, lora))).layers.size).toBeGreaterThan(0)
  })
})

const noUser = cannotChangeUser()
describe.skipIf(noUser)(titled('a folder that may only be read', noUser), () => {
  it('is named to a user who wants to put jobs there, and stays empty', async () => {
    const folder = await temporaryFolder()
    chmodSync(folder, 0o755)
    const locked = join(folder, 'locked')
    mkdirSync(locked, { mode: 0o555 })
    accessSync(locked)
    const script = fileURLToPath(new URL('./make-pictures.ts', import.meta.url))
    const done = spawnSync(process.execPath, ['--import', 'tsx', script, join(locked, 'jobs')], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: '', HOME: folder },
      ...(root ? { uid: nobody, gid: nobody } : {}),
    })
    expect(done.stderr).toBe('')
    expect(JSON.parse(done.stdout)).toMatchObject({
      state: 'failed',
      known: true,
      code: 'io',
      message: expect.stringContaining(join(locked, 'jobs')),
      hint: expect.stringContaining('permission'),
    })
    expect(readdirSync(locked)).toEqual([])
  })
})
