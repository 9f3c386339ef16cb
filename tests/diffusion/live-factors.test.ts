// LoRAs exchanged beside an open UNet, against the same fused into its weights.
import { describe, expect, it } from 'vitest'
import { canBeLive, LiveFactors } from '../../lib/diffusion/live-factors.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import { loadLora } from '../../lib/formats/lora-files.ts'
import { merge } from '../../lib/merging/index.ts'
import { Engine, Graph } from '../../lib/runtime/index.ts'
import { expectClose, goldenPath } from '../support/golden.ts'
import { folderForFile, writeTinyPipeline } from '../support/tiny-pipeline.ts'

const folder = await writeTinyPipeline(`${await folderForFile()}/tiny`)
const [initial, final] = await Promise.all(
  ['lora-initial', 'lora-final'].map((name) => loadLora(goldenPath(name))),
)
const sampled = { seeds: [3], steps: 2, guidance: 3 }
const fused = async (weights: number[]) => {
  const loras = [initial, final].map((lora, at) => ({ lora, weight: weights[at] }))
  const pipeline = await TextToImagePipeline.load(folder, { loras })
  return pipeline.sample(['a ring'], sampled)
}

describe('live factors', () => {
  it('draw as fused weights do, one LoRA after the other, in the same session', async () => {
    const live = new LiveFactors([initial, final])
    const opened: string[] = []
    const engine = new Engine()
    const pipeline = await TextToImagePipeline.load(folder, {
      live,
      open: (program, options) => {
        opened.push(JSON.stringify(program.inputs.map(({ name }) => name)))
        return engine.open(program, options)
      },
    })
    const draw = () => pipeline.sample(['a ring'], sampled)
    const plain = await draw()
    expectClose({ plain }, () => fusedPlain, 1e-4)
    for (const weights of [
      [0.3, 1.5],
      [0, 1],
    ]) {
      const mixed = merge([initial, final], { weights })
      live.set(mixed)
      const drawn = await draw()
      const wanted = await fused(weights)
      expectClose({ drawn }, () => wanted, 1e-4)
      expect(drawn).not.toEqual(plain)
      // Its process gone, the variables are zero in the next one; they are set again.
      engine.cancel()
      expect(await draw()).toEqual(drawn)
    }
    live.set(undefined)
    expect(await draw()).toEqual(plain)
    expect(opened).toHaveLength(2)
    engine.cancel()
  })

  it('refuse what they have no room for, and models without the layers', () => {
    const live = new LiveFactors([final])
    expect(() => live.set(merge([initial, final]))).toThrow(/has room for/)
    const [[path, layer]] = final.layers
    expect(() => live.set({ layers: new Map([['unet.other', layer]]), metadata: {} })).toThrow(/unet\.other/)
    const branch = live.branch(new Graph())
    expect(() => branch.check()).toThrow(expect.objectContaining({ code: 'mismatch' }))
    const kernel: [number, number] = [3, 3]
    const wide = { layers: new Map([[path, { ...layer, kernel }]]), metadata: {} }
    expect(canBeLive(wide)).toBe(false)
    expect(() => new LiveFactors([wide])).toThrow(/1×1 convolutions/)
  })
})

const fusedPlain = await (await TextToImagePipeline.load(folder)).sample(['a ring'], sampled)
