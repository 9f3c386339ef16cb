// An expert of Stable Diffusion XL through the stage: UNet and both text encoders, validated, killed, resumed to the same
// bytes, drawn with, and kept in every format.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Expert } from '../../lib/api/expert.ts'
import { T2I } from '../../lib/api/t2i.ts'
import { Random } from '../../lib/base/random.ts'
import { ImageFolderWriter } from '../../lib/data/imagefolder-writer.ts'
import { replayTraining, type TrainSettings, trainStage } from '../../lib/experts/index.ts'
import { loadLora, loraFormats, saveLora } from '../../lib/formats/lora-files.ts'
import { encodePng } from '../../lib/formats/png.ts'
import { readSafetensorsSync } from '../../lib/formats/safetensors.ts'
import { start } from '../../lib/jobs/index.ts'
import { atStep, eventOf, killProcessOf, newRoot, rejection, removeRoots } from '../jobs/support/help.ts'
import { goldenPath } from '../support/golden.ts'
import { folderForFile } from '../support/tiny-pipeline.ts'

const home = await folderForFile()
const data = join(home, 'data')
beforeAll(async () => {
  const writer = await ImageFolderWriter.open(data)
  for (const [i, text] of ['two red squares', 'a blue ring', 'three crosses'].entries()) {
    const random = new Random(i)
    const pixels = Uint8Array.from({ length: 64 * 64 * 3 }, () => random.int(0, 255))
    await writer.add(await encodePng({ width: 64, height: 64, data: pixels }), {
      file_name: `${i}.png`,
      text,
    })
  }
  await writer.finish()
})
afterAll(removeRoots)

const model = goldenPath('tiny-sdxl')
const train = {
  rank: 2,
  steps: 30,
  batch: 2,
  warmup: 0,
  learningRate: 3e-2,
  checkpointEvery: 5,
  validateEvery: 15,
}
const settings: TrainSettings = { model, data, validation: data, train: { ...train, trainTextEncoder: true } }

describe('an expert of Stable Diffusion XL', () => {
  it('is the same after a kill, changes pictures, and fits every format', { timeout: 300_000 }, async () => {
    const whole = await start(
      trainStage,
      { ...settings, record: true },
      { root: await newRoot(), inline: true },
    )
    const result = await whole.result()
    expect(result.losses.every(Number.isFinite)).toBe(true)
    expect(result.validation.map(({ step }) => step)).toEqual([15, 30])

    const root = await newRoot()
    const killed = await start(trainStage, { ...settings, record: true }, { root, atOnce: 0 })
    await eventOf(killed, atStep(12))
    await killProcessOf(killed)
    await rejection(killed.result())
    const resumed = await start(trainStage, { ...settings, record: true }, { root, inline: true })
    expect(await resumed.result()).toEqual(result)
    const file = 'lora/pytorch_lora_weights.safetensors'
    const bytes = await readFile(join(whole.dir, file))
    expect((await readFile(join(resumed.dir, file))).equals(bytes)).toBe(true)

    const lora = await loadLora(join(whole.dir, 'lora'))
    const components = [...lora.layers].map(([path]) => path.split('.').slice(0, 2).join('.'))
    expect([...new Set(components)].filter((path) => path.startsWith('text'))).toEqual([
      'text_encoder.text_model',
      'text_encoder_2.text_model',
    ])
    // Its first encoder is read before the last layer: there is nothing to train there.
    const last = [...lora.layers.keys()].filter(
      (path) => path.startsWith('text_encoder.') && path.includes('layers.1.'),
    )
    expect(last).toEqual([])
    for (const [path, { up }] of lora.layers)
      expect(
        up.data.some((value) => value !== 0),
        path,
      ).toBe(true)

    const plain = await T2I.load(model)
    const draw = (t2i: T2I) => t2i.draw('two red squares', { steps: 2, seed: 1 })
    const withExpert = await draw(plain.with(await Expert.load(join(whole.dir, 'lora'))))
    expect(withExpert.pictures).not.toEqual((await draw(plain)).pictures)

    for (const format of loraFormats.filter((name) => name !== 'peft')) {
      const path = await saveLora(join(home, format), lora, { format })
      const again = await loadLora(path)
      expect(new Set(again.layers.keys())).toEqual(new Set(lora.layers.keys()))
      for (const [name, layer] of again.layers)
        expect(layer.up.data, name).toEqual(lora.layers.get(name)!.up.data)
      if (format !== 'kohya') continue
      const names = [...readSafetensorsSync(path).keys()].map((key) => key.split('.')[0])
      expect(
        names.every((key) => /^lora_(unet_(input|middle|output)_block|te[12]_text_model_encoder)/.test(key)),
      ).toBe(true)
      expect(names.filter((key) => key.startsWith('lora_te2_')).length).toBeGreaterThan(0)
    }

    // The recording replays: ids of both tokenizers and the places of their ends are found again.
    const replay = join(whole.dir, result.recording!)
    const { losses } = await replayTraining({ model, replay, out: join(home, 'replayed') })
    expect(losses).toEqual(result.losses)
  })

  it('whose text targets name no layer is refused, of one encoder alone it is not', async () => {
    const start1 = async (textEncoderTargets: string) => {
      const given = { ...settings.train, steps: 1, validateEvery: 9, textEncoderTargets }
      const job = await start(
        trainStage,
        { ...settings, train: given },
        { root: await newRoot(), inline: true },
      )
      return { job, result: await job.result() }
    }
    expect((await rejection(start1('nothing'))).message).toContain('no layer is named by the LoRA targets')
    const { job, result } = await start1('.*layers\\.2\\.self_attn\\.q_proj')
    const { layers } = await loadLora(join(job.dir, result.lora))
    expect([...layers.keys()].filter((path) => path.startsWith('text'))).toEqual([
      'text_encoder_2.text_model.encoder.layers.2.self_attn.q_proj',
    ])
  })
})
