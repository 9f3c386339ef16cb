// `T2I.load` by a name on the Hub: a tiny checkpoint served on the loopback, brought, drawn with, and opened again
// without a network; what goes wrong on the way; and variants.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findModel } from '../../lib/api/find-model.ts'
import { T2I } from '../../lib/api/t2i.ts'
import { widenedWeights } from '../../lib/diffusion/widened-weights.ts'
import { readSafetensorsHeader } from '../../lib/formats/safetensors.ts'
import type { DownloadProgress } from '../../lib/hub/index.ts'
import { locateModel } from '../../lib/shapes/models.ts'
import { goldenPath } from '../support/golden.ts'
import { failure } from '../support/hub-download.ts'
import { HubServer, sha256Of } from '../support/hub-server.ts'
import { pipelineContent } from '../support/pipeline-content.ts'
import { temporaryFolder } from '../support/temporary.ts'

const repo = 'lab/tiny'
const unetFile = 'unet/diffusion_pytorch_model.safetensors'
const settings = { seed: 3, steps: 2, width: 64, height: 64 }

/** The files of a golden checkpoint, with some that no pipeline needs. */
async function files(family = 'tiny-sd15'): Promise<Record<string, Uint8Array>> {
  const unwanted = ['README.md', 'unet/diffusion_pytorch_model.bin', 'safety_checker/model.safetensors']
  return {
    ...(await pipelineContent(family)),
    ...Object.fromEntries(unwanted.map((name) => [name, Buffer.from('no')])),
  }
}

const serve = async (content?: Record<string, Uint8Array>) => {
  const server = await HubServer.start()
  const served = server.add(repo, content ?? (await files()))
  const cacheDir = await temporaryFolder()
  return { server, served, options: { endpoint: server.endpoint, cacheDir, env: {}, token: false as const } }
}

beforeEach(async () => {
  vi.stubEnv('SELMA_CACHE', await temporaryFolder())
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe('a model of the Hub', () => {
  it('is brought, draws as its folder does, and opens again without a network', async () => {
    const { server, served, options } = await serve()
    const told: DownloadProgress[] = []
    const model = await T2I.load(repo, { ...options, onProgress: (progress) => told.push(progress) })
    expect(model.name).toBe(repo)
    expect(model.note).toMatch(/^lab\/tiny at main \([0-9a-f]{7}\): \d+ bytes downloaded$/)
    expect(told.at(-1)).toMatchObject({ state: 'done', filesDone: told.at(-1)!.files })
    for (const name of ['README', '.bin', 'safety_checker'])
      expect(server.requests(`resolve/${served.commit}`).filter(({ path }) => path.includes(name))).toEqual(
        [],
      )
    // A job in another process is given the folder alone.
    expect(locateModel(model.base)).toEqual({ name: repo, folder: model.folder })

    const drawn = await model.draw('three red squares', settings)
    const local = await (await T2I.load(goldenPath('tiny-sd15'))).draw('three red squares', settings)
    expect(drawn.pictures).toEqual(local.pictures)

    server.stop()
    const offline = await T2I.load(repo, { ...options, env: { HF_HUB_OFFLINE: '1' } })
    expect(offline.note).toContain('from the cache: HF_HUB_OFFLINE is set')
    expect((await offline.draw('three red squares', settings)).pictures).toEqual(drawn.pictures)
    expect((await T2I.load(repo, options)).folder).toBe(model.folder)
  })

  it('is looked for where HF_ENDPOINT says, kept where HF_HOME says, asked for with HF_TOKEN', async () => {
    const { server, served } = await serve()
    const home = await temporaryFolder()
    const env = { HF_ENDPOINT: server.endpoint, HF_HOME: home, HF_TOKEN: server.token }
    const model = await T2I.load(`${repo}@${served.commit}`, { env })
    expect(model.folder).toBe(join(home, 'hub', 'models--lab--tiny', 'snapshots', served.commit))
    const hub = server.seen.filter(({ host }) => host === 'hub')
    expect(hub.every(({ authorization }) => authorization === `Bearer ${server.token}`)).toBe(true)
    const storage = server.seen.filter(({ host }) => host === 'storage')
    expect(storage.length).toBeGreaterThan(0)
    expect(storage.every(({ authorization }) => authorization === undefined)).toBe(true)
  })

  it('goes on where the connection was cut', async () => {
    const { server, served, options } = await serve()
    const file = served.files.get(unetFile)!
    const object = `/objects/${sha256Of(file.bytes)}`
    server.faults.push({ path: object, times: 1, cutAfter: 100_000 })
    const model = await T2I.load(repo, options)
    const [first, second, ...more] = server.requests(object)
    expect(first.range).toBeUndefined()
    expect(second.range).toMatch(/^bytes=[1-9]\d*-$/)
    expect(more).toEqual([])
    expect(await readFile(join(model.folder, unetFile))).toEqual(
      await readFile(goldenPath('tiny-sd15', unetFile)),
    )
  })

  it('with other content than the listing says is refused', async () => {
    const { server, served, options } = await serve()
    const right = served.files.get('vae/config.json')!.bytes
    server.faults.push({ path: 'vae/config.json', content: Buffer.alloc(right.length, 'x') })
    const error = await failure(T2I.load(repo, options))
    expect(error).toMatchObject({ code: 'bad-file', message: expect.stringContaining('vae/config.json') })
  })

  it('without a file that it needs is told by its name', async () => {
    const content = await files()
    delete content['vae/diffusion_pytorch_model.safetensors']
    const { options } = await serve(content)
    expect(await failure(T2I.load(repo, options))).toMatchObject({
      code: 'not-found',
      message: 'the pipeline has no weights of its vae: no diffusion_pytorch_model.safetensors',
    })
  })

  it('whose listing leads out of its folder writes nothing there', async () => {
    const { options } = await serve({
      ...(await files()),
      'tokenizer/../../../../vocab.json': Buffer.from('{}'),
    })
    const model = await T2I.load(repo, options)
    expect((await readdir(options.cacheDir)).sort()).toEqual(['.locks', 'models--lab--tiny'])
    expect(await readdir(join(model.folder, 'tokenizer'))).toContain('vocab.json')
  })

  it('that is not there, or not of this kind, says so', async () => {
    const { options } = await serve({
      'config.json': Buffer.from('{}'),
      'model.safetensors': Buffer.from('no'),
    })
    expect((await failure(T2I.load('lab/other', options))).message).toContain('lab/other is private or does')
    expect(await failure(T2I.load(repo, options))).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('no model_index.json'),
    })
  })
})

describe('the released merged models', () => {
  // What lies in these repositories could not be looked at here; these are the layouts that they can have.
  const names = { 'selma-v1-4': 'tiny-sd15', 'selma-v2': 'tiny-sd21-v', 'selma-xl': 'tiny-sdxl' }

  it.each(Object.entries(names))('%s draws as a pipeline, whole or in halves', async (name, family) => {
    const id = `jialuliluka/${name}`
    const server = await HubServer.start()
    const content = await pipelineContent(family)
    server.add(id, content)
    const options = {
      endpoint: server.endpoint,
      cacheDir: await temporaryFolder(),
      env: {},
      token: false as const,
    }
    const model = await T2I.load(id, options)
    expect(model.name).toBe(id)
    const local = await (await T2I.load(goldenPath(family))).draw('three red squares', settings)
    expect((await model.draw('three red squares', settings)).pictures).toEqual(local.pictures)

    const marked = Object.entries(content).map(([path, bytes]) => [
      path.replace(/\.safetensors$/, '.fp16$&'),
      bytes,
    ])
    server.add(id, Object.fromEntries(marked))
    const again = { ...options, cacheDir: await temporaryFolder(), variant: 'fp16' }
    expect((await (await T2I.load(id, again)).draw('three red squares', settings)).pictures).toEqual(
      local.pictures,
    )
  })

  it('are told to be experts, or to lack safetensors, where they are', async () => {
    const lora = await serve({
      'pytorch_lora_weights.safetensors': Buffer.from('x'),
      'README.md': Buffer.from('x'),
    })
    expect(await failure(T2I.load(repo, lora.options))).toMatchObject({
      code: 'unsupported',
      hint: expect.stringContaining('load it as an expert'),
    })
    const pickled = Object.entries(await pipelineContent('tiny-sd15')).map(([path, bytes]) => [
      path.replace(/\.safetensors$/, '.bin'),
      bytes,
    ])
    const { options } = await serve(Object.fromEntries(pickled))
    expect((await failure(T2I.load(repo, options))).message).toContain(
      'unet has no safetensors, only pickled weights',
    )
  })
})

describe('a variant', () => {
  /** The checkpoint with float32 weights, and the float16 ones marked. */
  async function both(): Promise<Record<string, Uint8Array>> {
    const content = await files()
    const folder = await temporaryFolder()
    for (const name of Object.keys(content).filter((each) =>
      /^(unet|vae|text_encoder)\/.*\.safetensors$/.test(each),
    )) {
      const header = await readSafetensorsHeader(goldenPath('tiny-sd15', name))
      content[name.replace('.safetensors', '.fp16.safetensors')] = content[name]
      content[name] = await readFile(await widenedWeights(header, { folder }))
    }
    return content
  }

  it('is all that is downloaded, and draws the same picture as the whole', async () => {
    const { server, options } = await serve(await both())
    const half = await T2I.load(repo, { ...options, variant: 'fp16' })
    expect(server.requests('/diffusion_pytorch_model.safetensors')).toEqual([])
    expect(locateModel(half.base)).toEqual({ name: 'tiny-fp16', folder: half.folder })
    const size = async (folder: string) => (await stat(join(folder, unetFile))).size
    const drawn = await half.draw('three red squares', settings)

    const whole = await T2I.load(repo, options)
    expect(await size(whole.folder)).toBeGreaterThan(1.8 * (await size(half.folder)))
    expect((await whole.draw('three red squares', settings)).pictures).toEqual(drawn.pictures)
    // Both are in the snapshot's folder now: each is still itself.
    expect((await T2I.load(repo, { ...options, variant: 'fp16' })).folder).toBe(half.folder)
    const local = await findModel(whole.folder, { variant: 'fp16' })
    expect(await size(local.folder)).toBe(await size(half.folder))
  })

  it('or a revision that there is not is refused', async () => {
    const { options } = await serve()
    expect(await failure(T2I.load(repo, { ...options, variant: 'bf16' }))).toMatchObject({
      code: 'bad-input',
      message: 'no weights of the variant "bf16"',
    })
    expect(await failure(T2I.load(repo, { ...options, revision: 'v2' }))).toMatchObject({ status: 404 })
    expect(await failure(T2I.load('shapes', { variant: 'fp16' }))).toMatchObject({ code: 'bad-input' })
    expect(await failure(T2I.load('shapes', { revision: 'v2' }))).toMatchObject({ code: 'bad-input' })
    expect(await failure(T2I.load('./no/folder'))).toMatchObject({ code: 'not-found' })
  })
})
