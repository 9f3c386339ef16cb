// The pipeline over folders that are broken, LoRAs that do or do not fit, and pictures of every size.
import { copyFile, cp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SelmaError } from '../../lib/base/errors.ts'
import { readJson, writeJson } from '../../lib/base/files.ts'
import { hashCheckpoint } from '../../lib/diffusion/checkpoint.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import type { Lora } from '../../lib/formats/lora.ts'
import { loadLora } from '../../lib/formats/lora-files.ts'
import { blankPicture } from '../../lib/formats/picture.ts'
import { goldenPath, relativeError } from '../support/golden.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { folderForFile, writeTinyPipeline } from '../support/tiny-pipeline.ts'

const home = await folderForFile()
const folder = join(home, 'tiny')
let pipeline: TextToImagePipeline
let lora: Lora
beforeAll(async () => {
  await writeTinyPipeline(folder)
  pipeline = await TextToImagePipeline.load(folder)
  lora = await loadLora(goldenPath('lora-final'))
})
afterAll(() => pipeline.release())

const options = { seeds: [1], steps: 2, guidance: 2 }
const copy = async (): Promise<string> => {
  const to = join(await temporaryFolder(), 'copy')
  await cp(folder, to, { recursive: true })
  return to
}
const rejection = (promise: Promise<unknown>): Promise<SelmaError> =>
  promise.then(
    () => expect.unreachable('it was not rejected'),
    (error) => error as SelmaError,
  )

describe('sampling', () => {
  it('is the same to the last bit for the same seed', async () => {
    const once = await pipeline.sample(['a red square'], options)
    expect(await pipeline.sample(['a red square'], options)).toEqual(once)
    const other = await TextToImagePipeline.load(folder)
    expect(await other.sample(['a red square'], options)).toEqual(once)
    await other.release()
    expect(await pipeline.sample(['a red square'], { ...options, seeds: [2] })).not.toEqual(once)
    expect(await pipeline.sample(['a blue square'], options)).not.toEqual(once)
    expect(
      await pipeline.sample(['a red square'], { ...options, seeds: [9], noise: pipeline.initialNoise(1) }),
    ).toEqual(once)
  })

  it('without guidance does not look at the negative prompt, and with it does', async () => {
    const draw = (guidance: number, negativePrompt: string) =>
      pipeline.sample(['a red square'], { ...options, guidance, negativePrompt })
    expect(await draw(1, 'a ring')).toEqual(await draw(1, ''))
    expect(relativeError(await draw(3, 'a ring'), await draw(3, ''))).toBeGreaterThan(1e-4)
    // Guidance 0 leaves the unconditional prediction: the negative prompt's own picture.
    const negative = await pipeline.sample(['a ring'], { ...options, guidance: 1 })
    expect(relativeError(await draw(0, 'a ring'), negative)).toBeLessThanOrEqual(1e-5)
  })

  it('cuts long prompts at the end of the text encoder', async () => {
    const long = new Array(30).fill('red').join(' ')
    const { ids, truncated } = pipeline.tokenizer.encode(long)
    expect(ids).toHaveLength(24)
    expect(truncated).toBe(32 - 24)
    expect(ids.at(-1)).toBe(pipeline.tokenizer.encode('').ids[1])
    const conditions = await pipeline.encodeConditions([long, `${long} and a ring`, 'red'])
    const [a, b, c] = conditions.map(({ states }) => states)
    expect(b).toEqual(a)
    expect(c).not.toEqual(a)
    expect(a).toHaveLength(24 * 32)
  })
})

describe('LoRAs', () => {
  const drawn = async (given: Lora, weight: number) => {
    const fused = await TextToImagePipeline.load(folder, { loras: [{ lora: given, weight }] })
    try {
      return await fused.sample(['a red square'], options)
    } finally {
      await fused.release()
    }
  }

  it('with weight 0, or of zeros, leave every bit as it is', async () => {
    const base = await pipeline.sample(['a red square'], options)
    expect(await drawn(lora, 0)).toEqual(base)
    const layers = [...lora.layers].map(
      ([name, layer]) =>
        [name, { ...layer, up: { ...layer.up, data: new Float32Array(layer.up.data.length) } }] as const,
    )
    expect(await drawn({ ...lora, layers: new Map(layers) }, 1)).toEqual(base)
    expect(await drawn(lora, 1)).not.toEqual(base)
  })

  it('add up, whichever way they come', async () => {
    const twice = await TextToImagePipeline.load(folder, {
      loras: [
        { lora, weight: 0.25 },
        { lora, weight: 0.75 },
      ],
    })
    const once = await drawn(lora, 1)
    expect(relativeError(await twice.sample(['a red square'], options), once)).toBeLessThanOrEqual(1e-5)
    await twice.release()
  })

  it.each([
    ['of a layer that the model lacks', 'unet.down_blocks.7.to_q', 'mismatch', 'down_blocks.7.to_q'],
    [
      'of what a text encoder lacks',
      'text_encoder.text_model.encoder.layers.0.q',
      'mismatch',
      'text_encoder',
    ],
    [
      'of a second text encoder',
      'text_encoder_2.text_model.encoder.layers.0.q',
      'unsupported',
      'text_encoder_2',
    ],
  ])('%s are refused', async (_, name, code, named) => {
    const [layer] = lora.layers.values()
    const other: Lora = { ...lora, layers: new Map([...lora.layers, [name, layer]]) }
    const error = await rejection(TextToImagePipeline.load(folder, { loras: [{ lora: other, weight: 1 }] }))
    expect(error).toMatchObject({ name: 'SelmaError', code })
    expect(error.message).toContain(named)
    expect(error.hint).toBeTruthy()
  })
})

describe('pictures', () => {
  it('become latents of the right shape, in any number', async () => {
    expect(pipeline.latentShape).toEqual([4, 8, 8])
    expect(pipeline.scale).toBe(8)
    const pictures = [blankPicture(64, 64, [255, 0, 0]), blankPicture(64, 64)]
    const latents = await pipeline.encode([...pictures, pictures[0]])
    expect(latents).toHaveLength(3 * 256)
    expect(latents.every(Number.isFinite)).toBe(true)
    expect(relativeError(latents.subarray(512), latents.subarray(0, 256))).toBeLessThanOrEqual(1e-5)
    expect(await pipeline.encode([])).toHaveLength(0)
    expect(await pipeline.decode(new Float32Array(0))).toEqual([])
  })

  it('of another size are refused with both sizes', async () => {
    const error = await rejection(pipeline.encode([blankPicture(64, 64), blankPicture(32, 48)]))
    expect(error).toMatchObject({ code: 'mismatch', message: expect.stringContaining('32×48') })
    expect(error.hint).toContain('64×64')
  })
})

describe('a broken folder', () => {
  it.each([
    'unet/config.json',
    'unet/diffusion_pytorch_model.safetensors',
    'text_encoder/model.safetensors',
    'vae/config.json',
    'scheduler/scheduler_config.json',
    'model_index.json',
  ])('without %s is not found by name', async (name) => {
    const at = await copy()
    await rm(join(at, name))
    const error = await rejection(TextToImagePipeline.load(at))
    expect(error).toMatchObject({ name: 'SelmaError', code: 'not-found' })
    expect(error.message).toContain(name.split('/').pop())
  })

  it.each([
    ['in its header', () => 4],
    ['among its numbers', (size: number) => size - 100],
  ])('with weights cut off %s is a bad file', async (_, length) => {
    const at = await copy()
    const path = join(at, 'unet', 'diffusion_pytorch_model.safetensors')
    await truncate(path, length((await readFile(path)).length))
    const error = await rejection(TextToImagePipeline.load(at))
    expect(error).toMatchObject({ name: 'SelmaError', code: 'bad-file' })
    expect(error.message).toContain(path)
  })

  it.each([
    ['asks for wider layers', { block_out_channels: [16, 32] }, 'the config asks for'],
    ['asks for more layers', { layers_per_block: 2 }, 'has no weight'],
  ])('whose config %s than its weights have is a mismatch', async (_, change, said) => {
    const at = await copy()
    const path = join(at, 'unet', 'config.json')
    await writeJson(path, { ...((await readJson(path)) as object), ...change })
    const broken = await TextToImagePipeline.load(at)
    const error = await rejection(broken.sample(['a red square'], options))
    expect(error).toMatchObject({ name: 'SelmaError', code: 'mismatch' })
    expect(error.message).toContain(said)
    expect(error.message).toContain('diffusion_pytorch_model.safetensors')
  })

  it('whose config offers what is not built here is told by the option', async () => {
    const at = await copy()
    const path = join(at, 'unet', 'config.json')
    await writeJson(path, { ...((await readJson(path)) as object), addition_embed_type: 'text_time' })
    const error = await rejection(TextToImagePipeline.load(at))
    expect(error).toMatchObject({ code: 'unsupported' })
    expect(error.message).toContain('addition_embed_type = "text_time"')
  })
})

describe('the hash of a model', () => {
  it('follows its content, wherever it lies, the tokenizer included', async () => {
    const at = await copy()
    const hash = await hashCheckpoint(folder)
    expect(hash).toMatch(/^[0-9a-f]{64}$/)
    expect(await hashCheckpoint(at)).toBe(hash)
    await writeFile(join(at, 'README.md'), 'said about it')
    expect(await hashCheckpoint(at)).toBe(hash)
    for (const name of ['tokenizer/tokenizer.json', 'unet/config.json', 'vae/config.json']) {
      await writeFile(join(at, name), `${await readFile(join(at, name), 'utf8')} `)
      expect(await hashCheckpoint(at), name).not.toBe(hash)
      await copyFile(join(folder, name), join(at, name))
    }
    expect(await hashCheckpoint(at)).toBe(hash)
  })
})
