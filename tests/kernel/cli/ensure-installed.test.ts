// scripts/ensure-installed.mjs on a small project of its own, with the real npm and no network.
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/temporary.ts'
import { startNode } from './support.ts'

async function project(): Promise<string> {
  const root = await temporaryFolder()
  await mkdir(join(root, 'part'))
  await writeJson(join(root, 'part/package.json'), { name: 'part', version: '1.0.0' })
  const dependencies = { part: 'file:part' }
  await writeJson(join(root, 'package.json'), { name: 'whole', version: '1.0.0', dependencies })
  await lock(root, '1.0.0')
  return root
}

const writeJson = (path: string, value: unknown) => writeFile(path, JSON.stringify(value))
const lock = (root: string, version: string) =>
  writeJson(join(root, 'package-lock.json'), {
    name: 'whole',
    version: '1.0.0',
    lockfileVersion: 3,
    requires: true,
    packages: {
      '': { name: 'whole', version: '1.0.0', dependencies: { part: 'file:part' } },
      'node_modules/part': { resolved: 'part', link: true },
      'node_modules/elsewhere': { version: '1.0.0', optional: true },
      part: { version },
    },
  })

const ensure = (root: string, ...args: string[]) =>
  startNode('scripts/ensure-installed.mjs', ['--root', root, ...args], root).ended

describe('ensure-installed', { timeout: 120_000 }, () => {
  it('installs what is missing once, also when asked twice at once, and then says nothing', async () => {
    const root = await project()
    expect((await ensure(root, '--check')).code).toBe(1)
    expect(existsSync(join(root, 'node_modules'))).toBe(false)
    const both = await Promise.all([ensure(root), ensure(root)])
    expect(both.map(({ code }) => code)).toEqual([0, 0])
    const said = both.map(({ stderr }) => stderr).join('')
    expect(said.match(/^Installing /gm)).toHaveLength(1)
    expect(await readFile(join(root, 'node_modules/part/package.json'), 'utf8')).toContain('1.0.0')
    expect(await ensure(root)).toEqual({ code: 0, stdout: '', stderr: '' })
    await lock(root, '2.0.0')
    const { code, stderr } = await ensure(root, '--check')
    expect(code).toBe(1)
    expect(stderr).toContain('part is 1.0.0, not 2.0.0')
  })

  it("shows npm's error and how to go on", async () => {
    const root = await project()
    await writeJson(join(root, 'package.json'), { name: 'whole', dependencies: { other: 'file:other' } })
    const { code, stdout, stderr } = await ensure(root)
    expect(code).toBe(1)
    expect(stdout).toBe('')
    expect(stderr).toContain('npm error')
    expect(stderr).toContain('Run the same command again')
  })

  it('says so when the lock file is damaged', async () => {
    const root = await project()
    await writeFile(join(root, 'package-lock.json'), '{')
    const { code, stderr } = await ensure(root)
    expect(code).toBe(1)
    expect(stderr).toContain('package-lock.json is missing or damaged')
  })
})
