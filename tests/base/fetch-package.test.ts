// Packages fetched into a folder of the user's, by the real npm, from a tarball instead of a registry.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { dataFolder, fetchedPackage, fetchPackage } from '../../lib/base/fetch-package.ts'
import { temporaryFolder } from '../support/temporary.ts'

/** A tarball of a package whose installation script would leave a file. */
function tarball(folder: string): string {
  const source = join(folder, 'package')
  mkdirSync(source)
  const about = { name: 'fetched-thing', version: '1.2.3', scripts: { postinstall: 'node -e "fail()"' } }
  writeFileSync(join(source, 'package.json'), JSON.stringify(about))
  writeFileSync(join(source, 'index.js'), 'module.exports = 7')
  execFileSync('tar', ['czf', 'fetched-thing.tgz', 'package'], { cwd: folder })
  return join(folder, 'fetched-thing.tgz')
}

describe('fetchPackage', () => {
  it('makes the package once, runs none of its scripts, and clears what a killed one left', async () => {
    const home = await temporaryFolder()
    const wanted = { name: 'fetched-thing', version: `file:${tarball(home)}`, folder: join(home, 'packages') }
    expect(fetchedPackage(wanted)).toBeUndefined()
    const left: string[] = []
    const onDownload = vi.fn((place: string) => {
      left.push(`${place}.old.tmp`, `${place}.recent.tmp`, join(place, '..', 'other.tmp'))
      for (const path of left) mkdirSync(path, { recursive: true })
      for (const path of [left[0], left[2]]) utimesSync(path, 0, 0)
    })
    const place = await fetchPackage({ ...wanted, onDownload })
    expect(readFileSync(join(place, 'index.js'), 'utf8')).toBe('module.exports = 7')
    // Not the one that may still be at work, and not another package's.
    expect(left.map((path) => existsSync(path))).toEqual([false, true, true])
    expect(await fetchPackage({ ...wanted, onDownload })).toBe(place)
    expect(fetchedPackage(wanted)).toBe(place)
    expect(onDownload).toHaveBeenCalledTimes(1)
  })

  it('says what npm said, and leaves nothing', async () => {
    const folder = join(await temporaryFolder(), 'packages')
    const wanted = { name: 'fetched-thing', version: 'file:/nowhere/at/all.tgz', folder }
    await expect(fetchPackage(wanted)).rejects.toMatchObject({
      name: 'SelmaError',
      code: 'io',
      message: expect.stringMatching(/npm cannot fetch fetched-thing.*: .+/),
    })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('dataFolder', () => {
  it('is where the platform has it', () => {
    const env = { HOME: '/home/a' }
    expect(dataFolder(env, 'linux')).toBe('/home/a/.local/share/selma')
    expect(dataFolder({ ...env, XDG_DATA_HOME: '/data' }, 'linux')).toBe('/data/selma')
    expect(dataFolder(env, 'darwin')).toBe('/home/a/Library/Application Support/selma')
    expect(dataFolder({ LOCALAPPDATA: '/local' }, 'win32')).toBe('/local/selma')
  })
})
