// What can be asked for as a device, and what is said when it does not work. That a GPU computes rightly is compared on
// a software driver (tests/system).
import { copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { providerError, resolveDevice } from '../../lib/runtime/device.ts'
import { compile, Graph, LocalSession, type Provider } from '../../lib/runtime/index.ts'
import { onnxRuntimeFolder } from '../../lib/runtime/load-onnxruntime.ts'
import { probeProvider, shortReason } from '../../lib/runtime/probe-provider.ts'
import {
  cudaProviderFiles,
  isInstalled,
  missingFor,
  nativeFolder,
} from '../../lib/runtime/provider-libraries.ts'
import { temporaryFolder } from '../support/temporary.ts'

const linux = process.platform === 'linux' && process.arch === 'x64'

/** Takes every Vulkan driver away from the processes that are started. */
function withoutVulkan(): void {
  onTestFinished(() => void vi.unstubAllEnvs())
  for (const name of ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES']) vi.stubEnv(name, join('nowhere', 'driver.json'))
}

/** A folder of onnxruntime-node with these files among its native ones. */
async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await temporaryFolder()
  await mkdir(nativeFolder(folder), { recursive: true })
  for (const [name, from] of Object.entries(files)) await copyFile(from, join(nativeFolder(folder), name))
  return folder
}

describe('a device', () => {
  it('is the CPU where nothing is said, or what the environment says', async () => {
    onTestFinished(() => void vi.unstubAllEnvs())
    vi.stubEnv('SELMA_DEVICE', '')
    expect(await resolveDevice()).toBe('cpu')
    vi.stubEnv('SELMA_DEVICE', 'abacus')
    await expect(resolveDevice()).rejects.toMatchObject({
      code: 'bad-input',
      message: 'unknown device "abacus"',
      hint: 'choose one of cpu, cuda, webgpu, auto',
    })
    expect(await resolveDevice('cpu')).toBe('cpu')
  })

  it.runIf(linux)('auto is the CPU where nothing else works', { timeout: 240_000 }, async () => {
    withoutVulkan()
    const cuda = isInstalled('cuda') && (await probeProvider('cuda')).works
    expect(await resolveDevice('auto')).toBe(cuda ? 'cuda' : 'cpu')
  })

  it.runIf(linux)('that was asked for is no other one', { timeout: 240_000 }, async () => {
    withoutVulkan()
    await expect(resolveDevice('webgpu')).rejects.toMatchObject({
      code: 'engine',
      message: expect.stringMatching(/^device 'webgpu' does not work here: .*(adapter|libvulkan)/i),
      hint: expect.stringMatching(/Vulkan|libvulkan1.*selma doctor/),
    })
  })
})

describe.runIf(linux)('CUDA', () => {
  it('without its provider is mended by setup:cuda', async () => {
    const folder = await folderWith({})
    expect(missingFor('cuda', folder)).toEqual([
      { what: cudaProviderFiles.join(' and '), fix: 'npm run setup:cuda' },
    ])
    await writeFile(join(nativeFolder(folder), cudaProviderFiles[0]), '')
    expect(missingFor('cuda', folder)).toEqual([{ what: cudaProviderFiles[1], fix: 'npm run setup:cuda' }])
  })

  it('names every library that the loader does not find', async () => {
    // A real library that links one beside it, which is not copied along.
    const binding = join(nativeFolder(onnxRuntimeFolder()!), 'onnxruntime_binding.node')
    const folder = await folderWith(Object.fromEntries(cudaProviderFiles.map((file) => [file, binding])))
    const [first] = missingFor('cuda', folder)
    expect(first.what.split(', ')).toContain('libonnxruntime.so.1')
    expect(first.fix).toMatch(/environment-cuda\.yml.*LD_LIBRARY_PATH/)
  })

  it.skipIf(isInstalled('cuda'))('that is missing is an error of a session, too', async () => {
    const graph = new Graph()
    graph.output('y', graph.input('x', [1]))
    const [{ what, fix }] = missingFor('cuda')
    await expect(LocalSession.create(compile(graph), { provider: 'cuda' })).rejects.toMatchObject({
      code: 'engine',
      message: `device 'cuda' does not work here: missing: ${missingFor('cuda')
        .map((one) => one.what)
        .join(', ')}`,
      hint: expect.stringContaining(fix),
    })
    expect(what).not.toBe('')
  })
})

describe('a provider', () => {
  it('is tried in a process of its own', { timeout: 240_000 }, async () => {
    expect(await probeProvider('cpu')).toMatchObject({ works: true })
    const found = await probeProvider('abacus')
    expect(found).toMatchObject({ works: false, reason: expect.stringContaining('abacus') })
    expect(probeProvider('abacus')).toBe(probeProvider('abacus'))
  })

  it('is told of without the sources that ONNX Runtime was built from', () => {
    const reason =
      '/onnxruntime_src/onnxruntime/core/a.cc:136 void f() x.status == Success was false. No supported adapters\nmore'
    expect(shortReason(reason)).toBe('No supported adapters')
    const error = providerError('abacus' as Provider, reason)
    expect(error.message).toBe("device 'abacus' does not work here: No supported adapters")
  })
})
