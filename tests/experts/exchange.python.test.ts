// Against PyTorch, diffusers and peft, live: LoRA steps of Stable Diffusion XL with both text encoders, number by number;
// experts that the stage trained, drawn with by diffusers; and experts of peft, drawn with here. Needs a Python with
// tests/golden/requirements.txt, named by SELMA_PYTHON (default python3).
import { execFileSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { writeJson } from '../../lib/base/files.ts'
import { Random } from '../../lib/base/random.ts'
import { ImageFolderWriter } from '../../lib/data/imagefolder-writer.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import { replayTraining, trainStage } from '../../lib/experts/index.ts'
import { loadLora } from '../../lib/formats/lora-files.ts'
import { encodePng } from '../../lib/formats/png.ts'
import { readSafetensorsSync, writeSafetensors } from '../../lib/formats/safetensors.ts'
import { start } from '../../lib/jobs/index.ts'
import { newRoot, removeRoots } from '../jobs/support/help.ts'
import { goldenPath, relativeError } from '../support/golden.ts'
import { temporaryFolder } from '../support/temporary.ts'

afterAll(removeRoots)

const python = (script: string, ...args: string[]): void => {
  execFileSync(process.env.SELMA_PYTHON ?? 'python3', [join('tests/golden', script), ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
}
const floats = (path: string): Map<string, Float32Array> =>
  new Map(
    [...readSafetensorsSync(path)].map(([key, { data }]) => [
      key,
      Float32Array.from(data as ArrayLike<number | bigint>, Number),
    ]),
  )

describe('steps of Stable Diffusion XL with both text encoders', () => {
  it.each(['sdxl-text', 'sdxl-dora'])('are PyTorch’s: %s', { timeout: 600_000 }, async (name) => {
    const work = await temporaryFolder()
    python('live_recording.py', name, work)
    const expected = floats(join(work, 'expected.safetensors'))
    const out = join(work, 'out')
    const replay = join(work, 'recording.safetensors')
    const { losses, gradientNorms } = await replayTraining({ model: goldenPath('tiny-sdxl'), replay, out })
    const found = new Map<string, Float32Array>([
      ['losses', Float32Array.from(losses)],
      ['grad_norms', Float32Array.from(gradientNorms)],
    ])
    for (const component of ['', 'text_encoder', 'text_encoder_2'])
      for (const [key, data] of floats(join(out, component, 'adapter_model.safetensors')))
        found.set(`final.${key.replace('base_model.model.', component ? `$&${component}.` : '$&')}`, data)
    expect([...found.keys()].sort()).toEqual([...expected.keys()].sort())
    for (const [key, data] of found) expect(relativeError(data, expected.get(key)!), key).toBeLessThan(1e-3)
    // Every factor was moved by far more than the difference.
    const before = floats(replay)
    for (const [key, data] of found)
      if (key.includes('lora_B'))
        expect(relativeError(data, before.get(key.replace('final.', 'init.'))!), key).toBeGreaterThan(5e-3)
  })
})

const request = {
  prompt: ['two red squares', 'a blue ring'],
  negative_prompt: 'a cross',
  steps: 4,
  guidance: 5,
}

/** What is drawn here from fixed noise, [2, 3, H, W] in 0 to 1; and the files for diffusers to do the same. */
async function drawn(family: string, lora: string, work: string, clipSkip?: number): Promise<Float32Array> {
  const loras = [{ lora: await loadLora(lora), weight: 1 }]
  const pipeline = await TextToImagePipeline.load(goldenPath(family), { loras })
  const { prompt, negative_prompt: negativePrompt, steps, guidance } = request
  const noise = floats(join(work, 'noise.safetensors')).get('noise')!
  const latents = await pipeline.sample(prompt, {
    seeds: [0, 0],
    noise,
    steps,
    guidance,
    negativePrompt,
    clipSkip,
  })
  const pixels = await pipeline.decodeToPixels(latents)
  await pipeline.release()
  return pixels.map((value) => Math.min(1, Math.max(0, value / 2 + 0.5)))
}

async function prepared(clipSkip?: number): Promise<{ work: string; common: string[] }> {
  const work = await temporaryFolder()
  await writeJson(join(work, 'input.json'), { ...request, clip_skip: clipSkip })
  const data = new Random(3).normals(2 * 4 * 8 * 8)
  await writeSafetensors(join(work, 'noise.safetensors'), {
    noise: { dtype: 'F32', shape: [2, 4, 8, 8], data },
  })
  const common = ['--input', join(work, 'input.json'), '--noise', join(work, 'noise.safetensors')]
  return { work, common: [...common, '--out', join(work, 'theirs.safetensors')] }
}

function compare(ours: Float32Array, work: string): void {
  const theirs = floats(join(work, 'theirs.safetensors'))
  expect(relativeError(ours, theirs.get('image')!)).toBeLessThan(1e-3)
  expect(relativeError(ours, theirs.get('plain')!)).toBeGreaterThan(1e-2)
}

describe.each(['tiny-sd15', 'tiny-sdxl'])('an expert on %s', (family) => {
  it('that the stage trained is drawn with the same by diffusers', { timeout: 600_000 }, async () => {
    const { work, common } = await prepared()
    const writer = await ImageFolderWriter.open(join(work, 'data'))
    for (const [i, text] of ['two red squares', 'a blue ring'].entries()) {
      const random = new Random(i)
      const data = Uint8Array.from({ length: 64 * 64 * 3 }, () => random.int(0, 255))
      await writer.add(await encodePng({ width: 64, height: 64, data }), { file_name: `${i}.png`, text })
    }
    await writer.finish()
    const train = {
      rank: 4,
      alpha: 8,
      steps: 12,
      batch: 2,
      warmup: 0,
      learningRate: 3e-2,
      trainTextEncoder: true,
    }
    const settings = { model: goldenPath(family), data: writer.dir, train }
    const job = await start(trainStage, settings, { root: await newRoot(), inline: true })
    const lora = join(job.dir, (await job.result()).lora, 'pytorch_lora_weights.safetensors')
    python('exchange_lora.py', '--base', goldenPath(family), ...common, '--lora', lora)
    compare(await drawn(family, lora, work), work)
  })

  it.each([undefined, 1])(
    'of peft is drawn with the same here, clip skip %s',
    { timeout: 600_000 },
    async (clipSkip) => {
      const { work, common } = await prepared(clipSkip)
      const made = join(work, 'made')
      await mkdir(made)
      python('exchange_lora.py', '--base', goldenPath(family), ...common, '--make', made)
      compare(await drawn(family, made, work, clipSkip), work)
    },
  )
})
