// `npm run setup:cuda` against a package index on this machine that offers a small made-up wheel: what is written, what
// is refused, and that nothing half-written or foreign ever lies about. The real wheel: docs/gpu.md.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sha256 } from '../../lib/base/files.ts'
import { inPackage, nodeArguments } from '../../lib/base/own-file.ts'
import { onnxRuntimeFolder } from '../../lib/runtime/load-onnxruntime.ts'
import { cudaProviderFiles, nativeFolder } from '../../lib/runtime/provider-libraries.ts'
import { indexAddress, withoutCredentials } from '../../scripts/cuda/package-index.ts'
import { temporaryFolder } from '../support/temporary.ts'

const supported = process.platform === 'linux' && process.arch === 'x64'
const wheelName = (version: string): string =>
  `onnxruntime_gpu-${version}-cp312-cp312-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl`
const contents = (file: string): string => `made-up ${file}\n`.repeat(100)

/** A wheel with the two libraries; `more` under names that would lead out of any folder. */
function wheel(more: Record<string, string> = {}, files: readonly string[] = cudaProviderFiles): Buffer {
  const Zip = createRequire(join(onnxRuntimeFolder()!, 'package.json'))('adm-zip')
  const zip = new Zip()
  for (const file of files) zip.addFile(`onnxruntime/capi/${file}`, Buffer.from(contents(file)))
  const names = Object.keys(more)
  for (const [i, name] of names.entries()) zip.addFile(`${i}`.repeat(name.length), Buffer.from(more[name]))
  let bytes = (zip.toBuffer() as Buffer).toString('latin1')
  // The writer would tidy such names; a hostile wheel does not.
  for (const [i, name] of names.entries()) bytes = bytes.replaceAll(`${i}`.repeat(name.length), name)
  return Buffer.from(bytes, 'latin1')
}

interface Served {
  file?: Buffer
  name?: string
  hash?: string
  /** Bytes after which the connection is cut. */
  cut?: number
  page?: string
}

/** An index that offers one wheel. */
async function serve({ file = wheel(), name = wheelName('1.2.3'), hash = sha256(file), cut, page }: Served) {
  const asked: { path?: string; authorization?: string }[] = []
  const server = createServer((request, response) => {
    asked.push({ path: request.url, authorization: request.headers.authorization })
    if (request.url === '/simple/onnxruntime-gpu/') {
      const files = [
        { filename: wheelName('1.2.2'), url: '../../files/old.whl', hashes: { sha256: hash } },
        { filename: name.replaceAll('x86_64', 'aarch64'), url: 'wrong', hashes: { sha256: hash } },
        { filename: name, url: '../../files/new.whl', hashes: { sha256: hash }, size: file.length },
      ]
      response.end(page ?? JSON.stringify({ files }))
    } else if (request.url === '/files/new.whl' && cut !== undefined) {
      response.writeHead(200, { 'content-length': file.length })
      response.write(file.subarray(0, cut), () => setTimeout(() => response.destroy(), 50))
    } else if (request.url === '/files/new.whl') response.end(file)
    else response.writeHead(404).end()
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  return { index: `http://127.0.0.1:${port}/simple`, asked }
}

/** A folder as npm leaves onnxruntime-node, of version 1.2.3. */
async function installed(): Promise<{ folder: string; native: string; top: string }> {
  const top = await temporaryFolder()
  const folder = join(top, 'node_modules', 'onnxruntime-node')
  const native = nativeFolder(folder)
  await mkdir(native, { recursive: true })
  await writeFile(join(folder, 'package.json'), '{"name":"onnxruntime-node","version":"1.2.3"}')
  await writeFile(join(native, 'libonnxruntime.so.1'), '')
  return { folder, native, top }
}

function setup(args: string[], env: Record<string, string> = {}) {
  const script = inPackage('scripts', 'setup-cuda.ts')
  const child: ChildProcess = spawn(process.execPath, [...nodeArguments(script), ...args], {
    env: { ...process.env, ...env },
  })
  let [stdout, stderr] = ['', '']
  child.stdout?.on('data', (text) => {
    stdout += text
  })
  child.stderr?.on('data', (text) => {
    stderr += text
  })
  return new Promise<{ code: number | null; stdout: string; stderr: string }>((done) =>
    child.on('close', (code) => done({ code, stdout, stderr })),
  )
}

const nothingNew = ['libonnxruntime.so.1']

describe.runIf(supported)('npm run setup:cuda', { timeout: 240_000 }, () => {
  it('says what is missing, then what it would fetch, and then puts it there', async () => {
    const { folder, native, top } = await installed()
    const { index } = await serve({ file: wheel({ '../../../evil.so': 'x', '/abs/evil.so': 'y' }) })
    const first = await setup(['--check', '--folder', folder])
    expect([first.code, first.stdout]).toEqual([1, expect.stringMatching(/missing.*providers_cuda\.so/)])
    const dry = await setup(['--dry-run', '--folder', folder, '--index', index])
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining(wheelName('1.2.3'))])
    expect(await readdir(native)).toEqual(nothingNew)
    const done = await setup(['--folder', folder, '--index', `${index}/`])
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(await readdir(native)).toEqual([...nothingNew, ...cudaProviderFiles].sort())
    for (const file of cudaProviderFiles)
      expect(await readFile(join(native, file), 'utf8')).toBe(contents(file))
    const all = await readdir(top, { recursive: true })
    expect(all.filter((name) => /evil|\.tmp|\.whl/.test(name))).toEqual([])
    const again = await setup(['--folder', folder], { PIP_INDEX_URL: 'http://127.0.0.1:9/simple' })
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('there already')])
  })

  it('gives credentials to the index, and shows them to nobody', async () => {
    const { folder } = await installed()
    const { index, asked } = await serve({})
    const secret = index.replace('127.0.0.1', 'me:s%40fe@127.0.0.1')
    const { code, stdout, stderr } = await setup(['--folder', folder], { PIP_INDEX_URL: secret })
    expect(code).toBe(0)
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(
      new Set([`Basic ${Buffer.from('me:s@fe').toString('base64')}`]),
    )
    expect(stdout + stderr).not.toMatch(/s%40fe|s@fe/)
  })

  it.each<[string, Served, RegExp]>([
    ['another hash', { hash: '0'.repeat(64) }, /has the sha256 [0-9a-f]{64}, the index says 0000/],
    ['a connection that is cut', { cut: 500 }, /was cut off after \d+ bytes/],
    ['no such version', { name: wheelName('1.2.4') }, /has no onnxruntime-gpu 1\.2\.3.*\n.*1\.2\.2, 1\.2\.4/],
    ['no hash', { hash: '' }, /gives no sha256/],
    ['a listing that is no JSON', { page: '<html></html>' }, /is no JSON listing/],
    [
      'a wheel without the library',
      { file: wheel({}, [cudaProviderFiles[0]]) },
      /has no onnxruntime.*shared/,
    ],
    ['what is no wheel', { file: Buffer.from('not a zip') }, /cannot be unpacked/],
  ])('refuses %s, and leaves nothing', async (_, served, message) => {
    const { folder, native } = await installed()
    const { index } = await serve(served)
    const { code, stderr } = await setup(['--folder', folder, '--index', index])
    expect([code, stderr]).toEqual([1, expect.stringMatching(message)])
    expect(await readdir(native)).toEqual(nothingNew)
  })
})

describe('the package index', () => {
  it('is the one that pip would ask', async () => {
    const home = await temporaryFolder()
    const env = { HOME: home, PIP_CONFIG_FILE: join(home, 'pip.conf') }
    await writeFile(
      env.PIP_CONFIG_FILE,
      '[freeze]\nindex-url = https://no\n[global]\nindex-url = https://a.example/simple\n',
    )
    expect(indexAddress(env)).toBe('https://a.example/simple')
    expect(indexAddress({ ...env, PIP_INDEX_URL: 'https://b.example/simple' })).toBe(
      'https://b.example/simple',
    )
  })

  it('has an address', () => {
    expect(withoutCredentials('https://u:p@a.example/simple').url.href).toBe('https://a.example/simple')
    expect(() => withoutCredentials('nowhere')).toThrow('no valid address')
    expect(() => withoutCredentials('file:///simple')).toThrow('a package index at file:')
  })
})
