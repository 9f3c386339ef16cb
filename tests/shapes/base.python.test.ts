// The embedded base is a diffusers pipeline: diffusers' own StableDiffusionPipeline loads the folder and,
// from the same noise, draws the same picture, by itself and with a LoRA saved here. Needs a Python with
// tests/golden/requirements.txt, named by SELMA_PYTHON (default python3).
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeJson } from '../../lib/base/files.ts'
import { Random } from '../../lib/base/random.ts'
import { openCheckpoint } from '../../lib/diffusion/checkpoint.ts'
import { attentionProjections } from '../../lib/diffusion/lora-layers.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import { asLora } from '../../lib/experts/factors.ts'
import { loraGraph } from '../../lib/experts/index.ts'
import type { Lora } from '../../lib/formats/lora.ts'
import { saveLora } from '../../lib/formats/lora-files.ts'
import { writeSafetensors } from '../../lib/formats/safetensors.ts'
import { locateModel } from '../../lib/shapes/models.ts'
import { temporaryFolder } from '../support/temporary.ts'

const request = {
  prompt: ['three red squares on a black background', 'a small blue ring to the left of a green triangle'],
  negative_prompt: 'a picture of a purple cross',
  steps: 20,
  guidance: 5,
}
const seeds = [3, 4]

/** A LoRA on all attention projections whose factors are all small random numbers. */
async function randomLora(folder: string): Promise<Lora> {
  const checkpoint = await openCheckpoint(folder)
  const { unet, textEncoder } = checkpoint
  const { max_position_embeddings: tokens, hidden_size: width } = textEncoder.config
  const { in_channels: channels, sample_size: size } = unet.config
  const rank = 4
  const graph = loraGraph(
    checkpoint,
    { batch: 1, latent: [channels, size, size], text: [tokens, width] },
    { rank, alpha: 2, targets: [...attentionProjections] },
  )
  const random = new Random(5)
  const flat = random.normals(graph.layout.length).map((value) => value * 0.15)
  return asLora(graph, flat, {})
}

interface Report {
  error: number
  errors: Record<string, number>
  ids_equal: boolean | null
  lora_effect: number | null
}

/** Draws the request here and in diffusers. */
async function both(folder: string, lora?: { lora: Lora; path: string; weight: number }): Promise<Report> {
  const pipeline = await TextToImagePipeline.load(folder, { loras: lora ? [lora] : [] })
  const { tokenizer, latentShape, scale } = pipeline
  const { prompt, negative_prompt: negativePrompt, steps, guidance } = request
  const noise = Float32Array.from(seeds.flatMap((seed) => [...pipeline.initialNoise(seed)]))
  const latents = await pipeline.sample(prompt, { seeds, noise, steps, guidance, negativePrompt })
  const decoded = await pipeline.decodeToPixels(latents)
  await pipeline.release()
  const ids = (texts: readonly string[]) => ({
    dtype: 'I64' as const,
    shape: [texts.length, tokenizer.maxLength],
    data: BigInt64Array.from(texts.flatMap((text) => tokenizer.encode(text).ids.map(BigInt))),
  })
  const [, height, width] = latentShape
  const latentsShape = [prompt.length, ...latentShape]
  const pixelsShape = [prompt.length, 3, height * scale, width * scale]
  const image = decoded.map((value) => Math.min(1, Math.max(0, value / 2 + 0.5)))
  const work = await temporaryFolder()
  await writeJson(join(work, 'input.json'), request)
  await writeSafetensors(join(work, 'ours.safetensors'), {
    noise: { dtype: 'F32', shape: latentsShape, data: noise },
    latents: { dtype: 'F32', shape: latentsShape, data: latents },
    decoded: { dtype: 'F32', shape: pixelsShape, data: decoded },
    image: { dtype: 'F32', shape: pixelsShape, data: image },
    ids: ids(prompt),
    negative_ids: ids(prompt.map(() => negativePrompt)),
  })
  const out = execFileSync(
    process.env.SELMA_PYTHON ?? 'python3',
    [
      'tests/golden/check_base.py',
      ...['--base', folder, '--input', join(work, 'input.json'), '--ours', join(work, 'ours.safetensors')],
      ...(lora ? ['--lora', lora.path, '--lora-scale', String(lora.weight)] : []),
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] },
  )
  return JSON.parse(out) as Report
}

describe('the embedded base in diffusers', () => {
  const { folder } = locateModel('shapes')

  it('draws the same pictures', async () => {
    const { errors, ids_equal: sameTokens } = await both(folder)
    expect(sameTokens).toBe(true)
    expect(Object.keys(errors)).toEqual(['latents', 'decoded', 'image'])
    for (const error of Object.values(errors)) expect(error).toBeLessThanOrEqual(1e-3)
  })

  it('draws the same pictures with a LoRA saved here', async () => {
    const lora = await randomLora(folder)
    const path = await saveLora(await temporaryFolder(), lora)
    const report = await both(folder, { lora, path, weight: 0.8 })
    expect(report.lora_effect).toBeGreaterThan(0.02)
    for (const error of Object.values(report.errors)) expect(error).toBeLessThanOrEqual(1e-3)
  })
})
