// Stable Diffusion 1.5, 2.1 (v) and XL as their published checkpoints are laid out, against diffusers' pipelines:
// tokens, text states, UNet, VAE, and whole pictures with each family's own scheduler.
import { afterAll, describe, expect, it } from 'vitest'
import { openCheckpoint } from '../../lib/diffusion/checkpoint.ts'
import { LatentCodec } from '../../lib/diffusion/latent-codec.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import { SessionPool } from '../../lib/diffusion/session-pool.ts'
import { loadTokenizer } from '../../lib/diffusion/tokenizer.ts'
import { unet } from '../../lib/diffusion/unet.ts'
import { LocalSession } from '../../lib/runtime/index.ts'
import { expectClose, Golden, goldenJson, goldenPath, relativeError } from '../support/golden.ts'
import { runGraph } from '../support/run-graph.ts'
import { frozen } from '../support/tiny-models.ts'

interface Extra {
  negative_prompt?: null
  guidance_rescale?: number
  original_size?: [number, number]
  crops_coords_top_left?: [number, number]
  target_size?: [number, number]
}
interface Families {
  prompt: string
  negative: string
  texts: string[]
  steps: number
  guidance: number
  height: number
  width: number
  cases: Record<string, Record<string, Extra>>
}
const families = goldenJson<Families>('families')
const { height, width } = families
const size = [height / 8, width / 8] as const

/** sin(0.7 i + 0.3): the inputs that need not be kept. */
const wave = (length: number): Float32Array =>
  Float32Array.from({ length }, (_, i) => Math.sin(0.7 * i + 0.3))

const open: { release(): Promise<void> }[] = []
afterAll(() => Promise.all(open.map((each) => each.release())))
async function load(family: string): Promise<TextToImagePipeline> {
  const pipeline = await TextToImagePipeline.load(goldenPath(`tiny-${family}`))
  open.push(pipeline)
  return pipeline
}

describe.each(Object.keys(families.cases))('%s', (family) => {
  const golden = new Golden(`family-${family}`)
  const folder = `tiny-${family}`

  it('tokenises as transformers does, with each tokenizer’s own pad token', async () => {
    for (const name of golden.names().filter((key) => key.endsWith('.ids'))) {
      const tokenizer = await loadTokenizer(goldenPath(folder, name.split('.')[0]))
      const ids = families.texts.flatMap((text) => tokenizer.encode(text).ids)
      expect(ids, name).toEqual(golden.numbers(name))
    }
  })

  it('encodes texts as diffusers does', async () => {
    const pipeline = await load(family)
    const found = await pipeline.encodeConditions(families.texts)
    const join = (parts: (Float32Array | undefined)[]): number[] => parts.flatMap((part) => [...part!])
    const actual: Record<string, number[]> = { states: join(found.map(({ states }) => states)) }
    if (golden.has('text.pooled')) actual.pooled = join(found.map(({ pooled }) => pooled))
    expectClose(actual, (key) => golden.numbers(`text.${key}`), 1e-5)
    expect(pipeline.truncatedTokens(families.texts[2])).toBeGreaterThan(0)
    expect(pipeline.truncatedTokens(families.prompt)).toBe(0)
  })

  it('predicts as diffusers’ UNet does', async () => {
    const { config } = (await openCheckpoint(goldenPath(folder))).unet
    const added = golden.has('unet.time_ids')
    const text = [2, 77, config.cross_attention_dim]
    const run = runGraph(
      (graph) => ({
        output: unet(frozen(graph, `${folder}/unet`), config, {
          sample: graph.input('sample', golden.shape('unet.sample')),
          timesteps: graph.input('timesteps', [2]),
          text: graph.input('text', text),
          added: added
            ? {
                pooled: graph.input('pooled', golden.shape('unet.text_embeds')),
                sizes: graph.input('sizes', [2, 6]),
              }
            : undefined,
        }),
      }),
      {
        sample: golden.floats('unet.sample'),
        timesteps: golden.floats('unet.timesteps'),
        text: wave(text.reduce((product, n) => product * n, 1)),
        ...(added
          ? { pooled: golden.floats('unet.text_embeds'), sizes: golden.floats('unet.time_ids') }
          : {}),
      },
    )
    expectClose(await run, () => golden.numbers('unet.output'), 1e-5)
  })

  it.runIf(golden.has('vae.mean'))('encodes and decodes as diffusers’ VAE does', async () => {
    const { vae } = await openCheckpoint(goldenPath(folder))
    const pool = new SessionPool(LocalSession.create)
    open.push(pool)
    const codec = new LatentCodec(vae, pool)
    const options = { size, tiling: family === 'sdxl' }
    const factor = vae.config.scaling_factor
    const latents = wave(4 * size[0] * size[1]).map((value) => value * factor)
    const mean = await codec.encodePixels(wave(3 * height * width), options)
    const actual = {
      mean: mean.map((value) => value / factor),
      decoded: await codec.decodeToPixels(latents, options),
    }
    expectClose(actual, (key) => golden.numbers(`vae.${key}`), 1e-5)
    if (!options.tiling) return
    // Without tiles it is another picture: the attention in the middle sees all of it.
    const whole = await codec.decodeToPixels(latents, { size, tiling: false })
    expect(relativeError(whole, golden.numbers('vae.decoded'))).toBeGreaterThan(1e-3)
  })

  it.each(Object.keys(families.cases[family]))('draws the picture of diffusers: %s', async (name) => {
    const extra = families.cases[family][name]
    const pipeline = await load(family)
    const latents = await pipeline.sample([families.prompt], {
      ...{ seeds: [0], height, width, steps: families.steps, guidance: families.guidance },
      negativePrompt: extra.negative_prompt === null ? undefined : families.negative,
      rescale: extra.guidance_rescale,
      originalSize: extra.original_size,
      cropsCoordsTopLeft: extra.crops_coords_top_left,
      targetSize: extra.target_size,
      noise: golden.floats('noise'),
    })
    const found: Record<string, Float32Array> = { latents }
    if (golden.has(`picture.${name}.decoded`))
      found.decoded = await pipeline.decodeToPixels(latents, { height, width })
    expectClose(found, (key) => golden.numbers(`picture.${name}.${key}`), 1e-4)
  })
})
