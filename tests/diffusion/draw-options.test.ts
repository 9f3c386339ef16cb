// What a picture can be drawn with: other sizes, DDIM's η, schedules bent to zero terminal SNR, sizes told to XL.
import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJson } from '../../lib/base/files.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import { Golden, goldenJson, goldenPath, relativeError } from '../support/golden.ts'
import { folderForFile, writeTinyPipeline } from '../support/tiny-pipeline.ts'

const prompt = 'a red ring'
let plain: TextToImagePipeline
let xl: TextToImagePipeline
const home = await folderForFile()
beforeAll(async () => {
  plain = await TextToImagePipeline.load(goldenPath('tiny-sd21-v'))
  xl = await TextToImagePipeline.load(goldenPath('tiny-sdxl'))
})
afterAll(() => Promise.all([plain.release(), xl.release()]))

const base = { seeds: [4], steps: 3, width: 64, height: 64 }

describe('clipSkip', () => {
  it('leaves out layers at the end of what the prompt goes through', async () => {
    for (const pipeline of [plain, xl]) {
      const own = await pipeline.sample([prompt], base)
      expect(await pipeline.sample([prompt], { ...base, clipSkip: 0 })).toEqual(own)
      const skipped = await pipeline.sample([prompt], { ...base, clipSkip: 1 })
      expect(relativeError(skipped, own)).toBeGreaterThan(1e-3)
      // What was encoded for one is not taken for the other.
      expect(await pipeline.sample([prompt], base)).toEqual(own)
    }
  })

  it.each([-1, 1.5, 99])('%d is refused', async (clipSkip) => {
    await expect(plain.sample([prompt], { ...base, clipSkip })).rejects.toMatchObject({
      code: 'bad-input',
      message: `clipSkip ${clipSkip}`,
      hint: expect.stringMatching(/^give 0 to \d+: the text encoder has \d+ layers$/),
    })
  })
})

describe('sizes', () => {
  it('are width and height in pixels', async () => {
    const latents = await plain.sample([prompt, prompt], { ...base, seeds: [4, 5], width: 128 })
    expect(latents).toHaveLength(2 * 4 * 8 * 16)
    const pictures = await plain.decode(latents, { width: 128, height: 64 })
    expect(pictures.map(({ width, height }) => [width, height])).toEqual(new Array(2).fill([128, 64]))
    expect(await plain.encode(pictures, { width: 128, height: 64 })).toHaveLength(latents.length)
    const other = await plain.sample([prompt], { ...base, height: 128 })
    expect(relativeError(other, latents.subarray(0, 512))).toBeGreaterThan(0.1)
  })

  it('of latents and pictures must be the same', async () => {
    const decoded = plain.decode(new Float32Array(3 * 4 * 8 * 8), { width: 128, height: 64 })
    await expect(decoded).rejects.toMatchObject({ code: 'mismatch', message: '768 numbers to decode' })
  })

  it.each([
    [{ width: 100 }, 'width 100', 'give a multiple of 64 pixels'],
    [{ height: 0 }, 'height 0', 'give a multiple of 64 pixels'],
    [
      { originalSize: [64, 64] as const },
      'originalSize for this model',
      'only Stable Diffusion XL is told sizes',
    ],
  ])('%j is refused', async (change, message, hint) => {
    await expect(plain.sample([prompt], { ...base, ...change })).rejects.toMatchObject({ message, hint })
  })

  it('told to XL are the picture’s own unless given', async () => {
    const own = await xl.sample([prompt], base)
    const said = { originalSize: [64, 64], cropsCoordsTopLeft: [0, 0], targetSize: [64, 64] } as const
    expect(await xl.sample([prompt], { ...base, ...said })).toEqual(own)
    for (const change of [
      { originalSize: [32, 32] },
      { cropsCoordsTopLeft: [8, 0] },
      { targetSize: [8, 64] },
    ])
      expect(
        relativeError(await xl.sample([prompt], { ...base, ...(change as object) }), own),
      ).toBeGreaterThan(1e-4)
    await expect(xl.sample([prompt], { ...base, targetSize: [64, -1] })).rejects.toThrow('targetSize [64,-1]')
  })
})

describe('an empty negative prompt of XL', () => {
  it('is zeros only where the checkpoint says so', async () => {
    const folder = join(home, 'xl')
    await cp(goldenPath('tiny-sdxl'), folder, { recursive: true })
    const path = join(folder, 'model_index.json')
    const index = (await readJson(path)) as object
    await writeFile(path, JSON.stringify({ ...index, force_zeros_for_empty_prompt: false }))
    const other = await TextToImagePipeline.load(folder)
    const [zeros, states] = [await xl.sample([prompt], base), await other.sample([prompt], base)]
    expect(relativeError(states, zeros)).toBeGreaterThan(1e-3)
    const named = { ...base, negativePrompt: 'a blue ring' }
    expect(await other.sample([prompt], named)).toEqual(await xl.sample([prompt], named))
    await other.release()
  })
})

describe('samplers', () => {
  it('of η above 0 add noise from the seed alone, with DDIM', async () => {
    const draw = (eta: number, seeds = [4]) => plain.sample([prompt], { ...base, seeds, eta })
    const some = await draw(0.5)
    expect(await draw(0.5)).toEqual(some)
    expect(await draw(0)).toEqual(await plain.sample([prompt], base))
    expect(relativeError(some, await draw(0))).toBeGreaterThan(0.01)
    await expect(plain.sample([prompt], { ...base, eta: 1, scheduler: 'euler' })).rejects.toThrow('eta 1')
    await expect(draw(2)).rejects.toThrow('eta 2')
  })

  it('bent to zero terminal SNR with trailing timesteps draw what diffusers does of such a config', async () => {
    const golden = new Golden('pipeline')
    const { steps } = goldenJson<Record<string, { steps: number }>>('pipeline')['ddim.v.rescale']
    const folder = await writeTinyPipeline(join(home, 'tiny'))
    const path = join(folder, 'scheduler', 'scheduler_config.json')
    const config = (await readJson(path)) as object
    await writeFile(path, JSON.stringify({ ...config, prediction_type: 'v_prediction' }))
    const asked = await TextToImagePipeline.load(folder)
    const options = { seeds: [0], steps, noise: golden.floats('noise') }
    const bent = { rescaleBetasZeroSnr: true, timestepSpacing: 'trailing' } as const
    const drawn = await asked.sample([prompt], { ...options, ...bent })
    await asked.release()
    const fields = { rescale_betas_zero_snr: true, timestep_spacing: 'trailing' }
    await writeFile(path, JSON.stringify({ ...config, prediction_type: 'v_prediction', ...fields }))
    const configured = await TextToImagePipeline.load(folder)
    expect(await configured.sample([prompt], options)).toEqual(drawn)
    expect(
      relativeError(await configured.sample([prompt], { ...options, rescaleBetasZeroSnr: false }), drawn),
    ).toBeGreaterThan(0.01)
    await configured.release()
  })

  it('refuse a spacing that there is not, and zero SNR for a model that predicts noise', async () => {
    await expect(
      plain.sample([prompt], { ...base, timestepSpacing: 'even' as 'trailing' }),
    ).rejects.toMatchObject({
      message: 'timestepSpacing "even"',
      hint: 'choose one of leading, trailing, linspace',
    })
    const bent = { rescaleBetasZeroSnr: true, timestepSpacing: 'trailing' } as const
    await expect(xl.sample([prompt], { ...base, ...bent, scheduler: 'ddim' })).rejects.toThrow(
      'a model that predicts noise cannot start where there is nothing but noise',
    )
  })
})
