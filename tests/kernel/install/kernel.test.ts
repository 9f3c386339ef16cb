// Installing the kernel into a folder and taking it away: what is written, and what is left alone.
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { extensionFolder, installExtension, uninstallExtension } from '../../../kernel/install/extension.ts'
import { installKernel, ownVersion, uninstallKernel } from '../../../kernel/install/kernel.ts'
import { kernelSpec, kernelStarter, whatIsStale } from '../../../kernel/install/kernelspec.ts'
import { nodeForKernel } from '../../../kernel/install/node.ts'
import { decodePng } from '../../../lib/formats/png.ts'
import { temporaryFolder } from '../../support/temporary.ts'

const node = '/opt/node/bin/node'
const foreign = { argv: ['python', '-m', 'other'], display_name: 'Other', language: 'python' }

function writeSpec(dataDir: string, name: string, spec: unknown): string {
  const folder = join(dataDir, 'kernels', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'kernel.json'), JSON.stringify(spec))
  return folder
}

const readSpec = (folder: string) => JSON.parse(readFileSync(join(folder, 'kernel.json'), 'utf8'))

describe('installKernel', () => {
  it('writes what Jupyter starts the kernel with, and its pictures', async () => {
    const dataDir = await temporaryFolder()
    const { folder, change } = await installKernel({ dataDir, name: 'selma', node })
    expect([folder, change]).toEqual([join(dataDir, 'kernels', 'selma'), 'installed'])
    expect(readSpec(folder)).toEqual({
      argv: [
        node,
        '--no-force-async-hooks-checks',
        '--max-semi-space-size=8',
        kernelStarter(),
        '{connection_file}',
      ],
      display_name: 'SELMA (TypeScript)',
      language: 'typescript',
      interrupt_mode: 'message',
      metadata: { debugger: false, selma: { version: await ownVersion() } },
    })
    expect(existsSync(kernelStarter())).toBe(true)
    for (const size of [32, 64]) {
      const { width, height } = await decodePng(readFileSync(join(folder, `logo-${size}x${size}.png`)))
      expect([width, height]).toEqual([size, size])
    }
    expect(readFileSync(join(folder, 'logo-svg.svg'), 'utf8')).toContain('<svg')
    expect(readdirSync(dataDir)).toEqual(['kernels'])
  })

  it('touches nothing that is right, and replaces what is older', async () => {
    const dataDir = await temporaryFolder()
    const { folder } = await installKernel({ dataDir, name: 'selma', node })
    const before = statSync(join(folder, 'kernel.json'))
    expect((await installKernel({ dataDir, name: 'selma', node })).change).toBe('unchanged')
    expect(statSync(join(folder, 'kernel.json')).ino).toBe(before.ino)
    expect((await installKernel({ dataDir, name: 'selma', node: '/other/node' })).change).toBe('updated')
    expect(readSpec(folder).argv[0]).toBe('/other/node')
    writeFileSync(join(folder, 'stray'), '')
    expect((await installKernel({ dataDir, name: 'selma', node })).change).toBe('updated')
    expect(existsSync(join(folder, 'stray'))).toBe(false)
    expect(readdirSync(dataDir)).toEqual(['kernels'])
  })

  it('refuses the place of another kernel, unless it is forced', async () => {
    const dataDir = await temporaryFolder()
    const folder = writeSpec(dataDir, 'selma', foreign)
    const install = installKernel({ dataDir, name: 'selma', node })
    await expect(install).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('"Other"'),
    })
    expect(readSpec(folder)).toEqual(foreign)
    expect((await installKernel({ dataDir, name: 'selma', node, force: true })).change).toBe('updated')
    expect(readSpec(folder).language).toBe('typescript')
  })

  it.each(['', '../other', 'a b', '..'])('refuses the name %j', async (name) => {
    const dataDir = await temporaryFolder()
    await expect(installKernel({ dataDir, name, node })).rejects.toThrow('is no kernel name')
    expect(readdirSync(dataDir)).toEqual([])
  })
})

describe('uninstallKernel', () => {
  it('removes only ours', async () => {
    const dataDir = await temporaryFolder()
    const other = writeSpec(dataDir, 'other', foreign)
    const { folder } = await installKernel({ dataDir, name: 'mine', node })
    expect(await uninstallKernel(dataDir, 'mine')).toBe(folder)
    expect(await uninstallKernel(dataDir, 'mine')).toBeUndefined()
    await expect(uninstallKernel(dataDir, 'other')).rejects.toMatchObject({ code: 'bad-input' })
    expect(readSpec(other)).toEqual(foreign)
    expect(readdirSync(join(dataDir, 'kernels'))).toEqual(['other'])
  })
})

describe('a kernelspec that does not work', () => {
  it('is told by what is gone or older', async () => {
    const version = await ownVersion()
    const { path } = await nodeForKernel({ given: await newEnoughNode() })
    const spec = kernelSpec({ node: path, version })
    expect(whatIsStale(spec, version)).toBeUndefined()
    expect(whatIsStale(spec, '99.0.0')).toContain('99.0.0')
    expect(whatIsStale({ ...spec, argv: ['/gone/node', ...spec.argv.slice(1)] }, version)).toContain(
      'Node is gone',
    )
    const moved = spec.argv.with(2, '/gone/kernel/bin/kernel.mjs')
    expect(whatIsStale({ ...spec, argv: moved }, version)).toContain('starter is gone')
    const copy = join(await temporaryFolder(), 'kernel.mjs')
    writeFileSync(copy, '')
    expect(whatIsStale({ ...spec, argv: spec.argv.with(2, copy) }, version)).toContain('another copy')
    const old = await fakeNode('v20.1.0')
    expect(whatIsStale({ ...spec, argv: spec.argv.with(0, old) }, version)).toContain('its Node is 20.1.0')
  })
})

/** A program that says it is that version of Node. */
async function fakeNode(version: string): Promise<string> {
  const path = join(await temporaryFolder(), 'node')
  writeFileSync(path, `#!/bin/sh\necho ${version}\n`)
  chmodSync(path, 0o755)
  return path
}

/** This Node where it is new enough for the kernel, else a stand-in: ordinary tests run on older ones too. */
const newEnoughNode = async (): Promise<string> =>
  Number(process.versions.node.split('.')[0]) >= 24 ? process.execPath : fakeNode('v24.0.0')

describe('the Node of the kernel', () => {
  it('is the one that was given, if it is one', async () => {
    const path = await fakeNode('v24.7.0')
    expect(await nodeForKernel({ given: path })).toEqual({ path, version: '24.7.0' })
    await expect(nodeForKernel({ given: await fakeNode('v22.9.0') })).rejects.toThrow('is Node 22.9.0')
    await expect(nodeForKernel({ given: await fakeNode('no') })).rejects.toThrow('is no Node')
    await expect(nodeForKernel({ given: '/nowhere/node' })).rejects.toThrow('is no Node')
  })

  it('is the first on the PATH that is new enough, links followed once', async () => {
    const [old, recent] = [await fakeNode('v20.19.0'), await fakeNode('v25.1.0')]
    const links = await temporaryFolder()
    symlinkSync(old, join(links, 'node'))
    const env = { PATH: [links, dirname(old), dirname(recent)].join(':') }
    const expected =
      Number(process.versions.node.split('.')[0]) >= 24
        ? { path: process.execPath, version: process.versions.node }
        : { path: recent, version: '25.1.0' }
    expect(await nodeForKernel({ env })).toEqual(expected)
  })
})

describe('the JupyterLab extension', () => {
  it('is copied where the package has one, and goes with its folder', async () => {
    const [dataDir, source] = [await temporaryFolder(), await temporaryFolder()]
    expect(await installExtension(dataDir, source)).toBeUndefined()
    mkdirSync(join(source, 'static'))
    writeFileSync(join(source, 'package.json'), '{}')
    writeFileSync(join(source, 'static', 'a.js'), '1')
    const folder = extensionFolder(dataDir)
    expect(folder).toBe(join(dataDir, 'labextensions', '@selma-lab', 'jupyterlab'))
    expect(await installExtension(dataDir, source)).toEqual({ folder, change: 'installed' })
    expect(await installExtension(dataDir, source)).toEqual({ folder, change: 'unchanged' })
    writeFileSync(join(source, 'static', 'a.js'), '2')
    expect(await installExtension(dataDir, source)).toEqual({ folder, change: 'updated' })
    expect(readFileSync(join(folder, 'static', 'a.js'), 'utf8')).toBe('2')
    expect(await uninstallExtension(dataDir)).toBe(folder)
    expect(await uninstallExtension(dataDir)).toBeUndefined()
  })
})
