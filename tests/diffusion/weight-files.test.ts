// Weights in parts, in half precision, and in several variants: which files are taken, and that pictures are the same.
import { cp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { readJson, writeJson } from '../../lib/base/files.ts'
import { hashCheckpoint, openCheckpoint } from '../../lib/diffusion/checkpoint.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import type { WeightDtype } from '../../lib/diffusion/weights.ts'
import { widenedWeights } from '../../lib/diffusion/widened-weights.ts'
import { fromBfloat16, fromHalf, toBfloat16 } from '../../lib/formats/half.ts'
import {
  readSafetensorsHeader,
  readSafetensorsSync,
  SafetensorsFile,
  type SafetensorsTensor,
  writeSafetensors,
} from '../../lib/formats/safetensors.ts'
import { goldenPath, relativeError } from '../support/golden.ts'
import { temporaryFolder } from '../support/temporary.ts'

const weights = 'diffusion_pytorch_model.safetensors'
const copy = async (): Promise<string> => {
  const to = join(await temporaryFolder(), 'model')
  await cp(goldenPath('tiny-sd15'), to, { recursive: true })
  return to
}
const draw = async (folder: string, dtype?: WeightDtype): Promise<Float32Array> => {
  const pipeline = await TextToImagePipeline.load(folder, { dtype })
  try {
    return await pipeline.sample(['a red ring'], { seeds: [1], steps: 2 })
  } finally {
    await pipeline.release()
  }
}
afterEach(() => {
  vi.unstubAllEnvs()
})

/** Splits the UNet's weights into two files with an index. */
async function split(folder: string): Promise<void> {
  const path = join(folder, 'unet', weights)
  const tensors = [...readSafetensorsSync(path)] as [string, SafetensorsTensor][]
  const map: Record<string, string> = {}
  for (const part of [1, 2]) {
    const own = tensors.filter((_, i) => i % 2 === part - 1)
    const name = `diffusion_pytorch_model-0000${part}-of-00002.safetensors`
    for (const [key] of own) map[key] = name
    await writeSafetensors(join(folder, 'unet', name), Object.fromEntries(own))
  }
  await rm(path)
  await writeJson(`${path}.index.json`, { metadata: {}, weight_map: map })
}

describe('weights in parts', () => {
  it('draw the same picture to the last bit, and are another hash', async () => {
    const folder = await copy()
    const [whole, hash] = [await draw(folder), await hashCheckpoint(folder)]
    await split(folder)
    expect(await draw(folder)).toEqual(whole)
    const parts = await hashCheckpoint(folder)
    expect(parts).not.toBe(hash)
    expect(await hashCheckpoint(folder)).toBe(parts)
  })

  it('are all needed', async () => {
    const folder = await copy()
    await split(folder)
    await rm(join(folder, 'unet', 'diffusion_pytorch_model-00002-of-00002.safetensors'))
    await expect(openCheckpoint(folder)).rejects.toMatchObject({
      code: 'not-found',
      message: 'unet lacks part 2 of 2 of its weights',
    })
  })
})

describe('half precision', () => {
  it('is widened once into the cache, with the same numbers', async () => {
    const folder = await copy()
    const cache = await temporaryFolder()
    vi.stubEnv('SELMA_CACHE', cache)
    const plain = await openCheckpoint(folder)
    expect(plain.unet.weights.path).toBe(join(folder, 'unet', weights))
    expect(await readdir(cache)).toEqual([])

    const { unet } = await openCheckpoint(folder, { widenFrom: 1 })
    expect(unet.weights.path.startsWith(join(cache, 'float32'))).toBe(true)
    const [narrow, wide] = await Promise.all(
      [plain.unet, unet].map(({ weights }) => SafetensorsFile.open(weights.path)),
    )
    expect(wide.names()).toEqual(narrow.names())
    for (const name of narrow.names()) {
      expect(wide.entry(name).dtype).toBe('F32')
      expect(await wide.floats(name)).toEqual(await narrow.floats(name))
    }
    const made = await stat(unet.weights.path)
    const again = await openCheckpoint(folder, { widenFrom: 1 })
    expect(again.unet.weights.path).toBe(unet.weights.path)
    expect((await stat(unet.weights.path)).mtimeMs).toBe(made.mtimeMs)
    expect((await readdir(join(cache, 'float32'))).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('stays so when asked, and draws the same picture', async () => {
    const folder = await copy()
    const cache = await temporaryFolder()
    vi.stubEnv('SELMA_CACHE', cache)
    const plain = await draw(folder)
    expect(await readdir(cache)).toEqual([])
    expect(relativeError(await draw(folder, 'float16'), plain)).toBeLessThan(1e-4)
    // Nothing had to be rounded, so nothing was written.
    expect(await readdir(cache)).toEqual([])
  })

  it('is what wider weights are rounded to, once, when asked', async () => {
    const folder = await copy()
    const cache = await temporaryFolder()
    vi.stubEnv('SELMA_CACHE', cache)
    const path = join(folder, 'unet', weights)
    const tensors = [...readSafetensorsSync(path)] as [string, SafetensorsTensor][]
    // The same weights, each a little off what float16 can hold.
    const wide = tensors.map(([key, { shape, data }]): [string, SafetensorsTensor] => {
      const numbers = fromHalf(data as Uint16Array).map((value) => value * (1 + 2 ** -13))
      return [key, { dtype: 'F32', shape, data: numbers }]
    })
    const plain = await draw(folder, 'float16')
    await writeSafetensors(path, Object.fromEntries(wide))
    const { unet } = await openCheckpoint(folder, { dtype: 'float16' })
    expect(unet.weights.path.startsWith(join(cache, 'float16'))).toBe(true)
    const [rounded, original] = [readSafetensorsSync(unet.weights.path), new Map(tensors)]
    expect([...rounded.keys()]).toEqual([...original.keys()])
    for (const [key, { dtype, data }] of rounded) {
      expect(dtype).toBe('F16')
      expect(data).toEqual(original.get(key)!.data)
    }
    expect(await draw(folder, 'float16')).toEqual(plain)
    expect(await draw(folder)).not.toEqual(plain)
  })

  it('does not hold a weight that is too large', async () => {
    const folder = await copy()
    vi.stubEnv('SELMA_CACHE', await temporaryFolder())
    const path = join(folder, 'unet', weights)
    const tensors = [...readSafetensorsSync(path)] as [string, SafetensorsTensor][]
    const [[key, { shape, data }], ...rest] = tensors
    const large = fromHalf(data as Uint16Array)
    large[3] = 70_000
    await writeSafetensors(
      path,
      Object.fromEntries([[key, { dtype: 'F32' as const, shape, data: large }], ...rest]),
    )
    await expect(openCheckpoint(folder, { dtype: 'float16' })).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringMatching(/has the weight 70000: float16 ends at 65504/),
      hint: "use dtype: 'float32'",
    })
    expect((await openCheckpoint(folder)).unet.weights.path).toBe(path)
  })

  it('of bfloat16 is widened whatever its size, and other numbers are left as they are', async () => {
    const folder = await temporaryFolder()
    const path = join(folder, 'a.safetensors')
    const bits = toBfloat16(Float32Array.of(1.5, -3, 1e30))
    await writeSafetensors(path, {
      half: { dtype: 'BF16', shape: [3], data: bits },
      ids: { dtype: 'I64', shape: [2], data: BigInt64Array.of(7n, -1n) },
    })
    const wide = await SafetensorsFile.open(
      await widenedWeights(await readSafetensorsHeader(path), { folder: join(folder, 'cache') }),
    )
    expect(await wide.floats('half')).toEqual(fromBfloat16(bits))
    expect((await wide.tensor('ids')).data).toEqual(BigInt64Array.of(7n, -1n))
  })
})

describe('a folder', () => {
  it('with weights of a variant only says which', async () => {
    const folder = await copy()
    await rename(
      join(folder, 'unet', weights),
      join(folder, 'unet', 'diffusion_pytorch_model.fp16.safetensors'),
    )
    await expect(openCheckpoint(folder)).rejects.toMatchObject({
      message: 'unet has weights as fp16 only',
      hint: 'give variant: "fp16"',
    })
  })

  it.each([
    ['an inpainting UNet', { in_channels: 9 }, 'unsupported', 'in_channels = 9'],
    ['text of another width', { cross_attention_dim: 64 }, 'mismatch', 'cross_attention_dim = 64'],
    [
      'sizes without a second text encoder',
      { addition_embed_type: 'text_time' },
      'unsupported',
      'addition_embed_type = "text_time"',
    ],
  ])('with %s is refused', async (_, change, code, message) => {
    const folder = await copy()
    const path = join(folder, 'unet', 'config.json')
    await writeJson(path, { ...((await readJson(path)) as object), ...change })
    await expect(openCheckpoint(folder)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    })
  })

  it('with another text encoder is told by its name', async () => {
    const folder = await copy()
    const path = join(folder, 'model_index.json')
    const index = JSON.parse(await readFile(path, 'utf8'))
    await writeJson(path, { ...index, text_encoder: ['transformers', 'T5EncoderModel'] })
    await expect(openCheckpoint(folder)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('text_encoder.1 = "T5EncoderModel"'),
    })
  })
})
