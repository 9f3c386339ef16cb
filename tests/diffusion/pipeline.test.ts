// Whole pictures against diffusers' StableDiffusionPipeline: tokenizer, text encoder, guided
// sampling, decoder. The golden case is given by token ids, so a tokenizer of as many words is made up.
import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeFileAtomic, writeJson } from '../../lib/base/files.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import { END_TOKEN, START_TOKEN } from '../../lib/diffusion/tokenizer.ts'
import { loadLora } from '../../lib/formats/lora-files.ts'
import { expectClose, Golden, goldenJson, goldenPath, relativeError } from '../support/golden.ts'
import { temporaryFolder } from '../support/temporary.ts'

interface Case {
  scheduler: string
  config: object
  steps: number
  guidance: number
  guidance_rescale: number
}

const golden = new Golden('pipeline')
const cases = goldenJson<Record<string, Case>>('pipeline')
const letters = [...'abcdefghijklmnopqrstuvwxyz']

/** The word of two letters whose token has this id. */
const word = (id: number): string => letters[Math.floor(id / 26)] + letters[id % 26]

/** The text that encodes to a row of golden ids: words between the start and the first end token. */
const textOf = (key: string): string => {
  const ids = golden.numbers(key)
  return ids.slice(1, ids.indexOf(199)).map(word).join(' ')
}

/** The tiny pipeline with a tokenizer and the scheduler of a case. */
async function folderFor(name: string): Promise<string> {
  const folder = join(await temporaryFolder(), name)
  await cp(goldenPath('tiny-sd'), folder, { recursive: true })
  const words = Array.from({ length: 198 }, (_, id) => word(id))
  const single = letters.flatMap((letter) => [letter, `${letter}</w>`])
  const tokens = [...words.map((text) => `${text}</w>`), START_TOKEN, END_TOKEN, ...single]
  await writeJson(
    join(folder, 'tokenizer', 'vocab.json'),
    Object.fromEntries(tokens.map((token, id) => [token, id])),
  )
  const merges = words.map((text) => `${text[0]} ${text[1]}</w>`)
  await writeFileAtomic(join(folder, 'tokenizer', 'merges.txt'), `#version: 0.2\n${merges.join('\n')}\n`)
  const { config, scheduler } = cases[name]
  await writeJson(join(folder, 'scheduler', 'scheduler_config.json'), { _class_name: scheduler, ...config })
  return folder
}

const open: TextToImagePipeline[] = []
async function load(name: string, options?: Parameters<typeof TextToImagePipeline.load>[1]) {
  const pipeline = await TextToImagePipeline.load(await folderFor(name), options)
  open.push(pipeline)
  return pipeline
}
afterAll(() => Promise.all(open.map((pipeline) => pipeline.release())))

const settings = (name: string, count = 1) => ({
  seeds: Array.from({ length: count }, (_, i) => i),
  steps: cases[name].steps,
  guidance: cases[name].guidance,
  rescale: cases[name].guidance_rescale,
  negativePrompt: textOf('negative_ids'),
})
const prompt = textOf('ids')

describe.each(Object.keys(cases))('%s', (name) => {
  it('gives the latents and the picture of diffusers', async () => {
    const pipeline = await load(name)
    expect(pipeline.tokenizer.encode(prompt).ids).toEqual(golden.numbers('ids'))
    const latents = await pipeline.sample([prompt], { ...settings(name), noise: golden.floats('noise') })
    const found: Record<string, Float32Array> = { latents }
    if (golden.has(`${name}.decoded`)) found.decoded = await pipeline.decodeToPixels(latents)
    expectClose(found, (key) => golden.numbers(`${name}.${key}`), 1e-4)
  })
})

describe('TextToImagePipeline', () => {
  const name = 'ddim.v'

  it('draws a picture from prompt and seed alone, whatever else is in the batch', async () => {
    const pipeline = await load(name)
    const prompts = [prompt, 'ba bc', prompt]
    const three = await pipeline.sample(prompts, { ...settings(name, 3), seeds: [5, 6, 7] })
    const alone = await pipeline.sample(['ba bc'], { ...settings(name), seeds: [6] })
    expect(relativeError(three.subarray(256, 512), alone)).toBeLessThanOrEqual(1e-5)
    expect(relativeError(three.subarray(512), three.subarray(0, 256))).toBeGreaterThan(0.1)
    expect(await pipeline.sample(prompts, { ...settings(name, 3), seeds: [5, 6, 7] })).toEqual(three)
    const pictures = await pipeline.decode(three)
    expect(pictures.map(({ width, height, data }) => [width, height, data.length])).toEqual(
      new Array(3).fill([64, 64, 64 * 64 * 3]),
    )
    const again = await pipeline.encode(pictures)
    expect(again).toHaveLength(three.length)
    expect(relativeError(await pipeline.encode([pictures[1]]), again.subarray(256, 512))).toBeLessThanOrEqual(
      1e-5,
    )
  })

  it('carries LoRAs', async () => {
    const lora = await loadLora(goldenPath('lora-final'))
    const options = { ...settings(name), noise: golden.floats('noise') }
    const plain = await (await load(name)).sample([prompt], options)
    const none = await (await load(name, { loras: [{ lora, weight: 0 }] })).sample([prompt], options)
    const whole = await (await load(name, { loras: [{ lora, weight: 1 }] })).sample([prompt], options)
    expect(relativeError(none, plain)).toBeLessThanOrEqual(1e-5)
    expect(relativeError(whole, plain)).toBeGreaterThan(0.01)
  })

  it('stops when asked to', async () => {
    const stop = new AbortController()
    const onProgress = (_: number, share: number) => {
      if (share > 0.25) stop.abort()
    }
    const pipeline = await load(name)
    await expect(
      pipeline.sample([prompt], { ...settings(name), onProgress, signal: stop.signal }),
    ).rejects.toEqual(expect.objectContaining({ code: 'stopped' }))
  })

  it.each([
    ['as many seeds as prompts', { seeds: [1, 2] }, '1 prompts, but 2 seeds'],
    ['a guidance scale', { guidance: Number.NaN }, 'guidance NaN'],
    ['a rescale up to 1', { rescale: 1.5 }, 'guidance rescale 1.5'],
    ['noise of the right size', { noise: new Float32Array(3) }, 'initial noise of 3 numbers'],
    ['at least one step', { steps: 0 }, '0 sampling steps'],
  ])('asks for %s', async (_, change, message) => {
    const pipeline = await load(name)
    await expect(pipeline.sample([prompt], { ...settings(name), ...change })).rejects.toThrow(message)
  })

  it('says when a folder is no pipeline, or an incomplete one', async () => {
    await expect(TextToImagePipeline.load(await temporaryFolder())).rejects.toEqual(
      expect.objectContaining({ code: 'not-found', message: expect.stringContaining('no model_index.json') }),
    )
    await expect(TextToImagePipeline.load(goldenPath('tiny-sd'))).rejects.toEqual(
      expect.objectContaining({ code: 'not-found', message: expect.stringContaining('tokenizer') }),
    )
  })
})
