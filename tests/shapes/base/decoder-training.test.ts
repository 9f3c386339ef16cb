import { describe, expect, it } from 'vitest'
import { Random } from '../../../lib/base/random.ts'
import { Trainer } from '../../../lib/runtime/index.ts'
import { latentSize } from '../../../lib/shapes/base/configs.ts'
import {
  copyParameters,
  decoderBatch,
  decoderLayout,
  decoderTrainingProgram,
} from '../../../lib/shapes/base/decoder-training.ts'
import { initialWeights } from '../../../lib/shapes/base/initial-weights.ts'
import { vaeLayout } from '../../../lib/shapes/base/vae-training.ts'

const layout = decoderLayout()

describe('the decoder alone', () => {
  it('has the decoder’s parameters and no others, shaped as in the whole VAE', () => {
    const whole = vaeLayout()
    expect(layout.specs.length).toBeGreaterThan(20)
    for (const { name, shape } of layout.specs) {
      expect(name).toMatch(/^(decoder|post_quant_conv)\./)
      expect(whole.get(name)?.shape).toEqual(shape)
    }
  })

  it('goes out of a VAE and back in, the encoder left alone', () => {
    const whole = vaeLayout()
    const vae = initialWeights(whole, new Random(1))
    const out = copyParameters(
      { layout: whole, flat: vae },
      { layout, flat: new Float32Array(layout.length) },
    )
    const changed = out.map((value) => value + 1)
    const back = copyParameters({ layout, flat: changed }, { layout: whole, flat: vae })
    for (const spec of whole.specs) {
      const difference = layout.get(spec.name) ? 1 : 0
      const [was, is] = [whole.view(vae, spec), whole.view(back, spec)]
      expect(Math.max(...is.map((value, i) => Math.abs(value - was[i] - difference)))).toBeLessThan(1e-6)
    }
  })

  it('learns from latents of training pictures, the same for the same seed', async () => {
    const known = {
      batch: 2,
      latents: new Random(2).normals(4 * latentSize),
      scalingFactor: 0.5,
      pictures: new Random(3),
    }
    const feeds = decoderBatch(new Random(4), known)
    expect(decoderBatch(new Random(4), known)).toEqual(feeds)
    expect(decoderBatch(new Random(5), known)).not.toEqual(feeds)
    const trainer = await Trainer.create(
      decoderTrainingProgram(layout, 2),
      layout,
      initialWeights(layout, new Random(6)),
    )
    const losses: number[] = []
    for (let step = 0; step < 12; step++)
      losses.push((await trainer.step(feeds, { learningRate: 2e-3, emaDecay: 0.9 })).loss)
    await trainer.release()
    expect(losses[11]).toBeLessThan(0.7 * losses[0])
  })
})
