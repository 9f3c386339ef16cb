// A disk that fills up in the middle of a download, and a cache that can only be read. For real: a small
// tmpfs, which takes root.
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { downloadSnapshot } from '../../lib/hub/index.ts'
import { failure, hubSetup, weights, weightsName } from '../support/hub-download.ts'

const mounted: string[] = []
afterAll(() => {
  for (const dir of mounted) {
    execFileSync('umount', ['-l', dir])
    rmSync(dir, { recursive: true })
  }
})

/** A fresh file system of so many KiB; undefined where none can be mounted. */
function smallDisk(size: number): string | undefined {
  const dir = mkdtempSync(join(tmpdir(), 'selma-hub-disk-'))
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}k`, 'tmpfs', dir], { stdio: 'pipe' })
    mounted.push(dir)
    return dir
  } catch {
    rmSync(dir, { recursive: true })
    return undefined
  }
}

const possible = smallDisk(64) !== undefined
const reason = possible ? '' : ' (skipped: no file system can be mounted here)'

it.skipIf(!possible)(
  `a disk that fills up is told, and the download goes on once there is room${reason}`,
  async () => {
    const cacheDir = smallDisk(600)!
    const filler = join(cacheDir, 'filler')
    const { options } = await hubSetup({ cacheDir, files: [weightsName] })
    const fill = () => {
      try {
        writeFileSync(filler, Buffer.alloc(600 * 1024))
      } catch (error) {
        expect(error).toMatchObject({ code: 'ENOSPC' })
      }
    }
    let filled = false
    const error = await failure(
      downloadSnapshot({
        ...options,
        onProgress: ({ state }) => {
          if (state === 'downloading' && !filled) fill()
          filled = true
        },
      }),
    )
    expect(error).toMatchObject({ name: 'SelmaError', code: 'io', hint: expect.stringContaining('HF_HOME') })
    expect(error.message).toContain('ENOSPC')
    const names = readdirSync(join(cacheDir, 'models--lab--tiny', 'blobs'))
    expect(names.every((name) => name.endsWith('.incomplete'))).toBe(true)
    rmSync(filler)
    expect((await downloadSnapshot(options)).downloaded).toBeLessThan(weights.length)
  },
)

it.skipIf(!possible)(
  `a read-only cache serves what it has, and says what it cannot take${reason}`,
  async () => {
    const cacheDir = smallDisk(600)!
    const { options } = await hubSetup({ cacheDir })
    const { folder } = await downloadSnapshot(options)
    execFileSync('mount', ['-o', 'remount,ro', cacheDir])
    expect(await downloadSnapshot(options)).toMatchObject({ folder, downloaded: 0 })
    const error = await failure(downloadSnapshot({ ...options, files: ['README.md'] }))
    expect(error).toMatchObject({ code: 'io', message: expect.stringContaining('EROFS') })
    expect(error.hint).toContain('HF_HUB_CACHE')
  },
)
