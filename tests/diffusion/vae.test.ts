// The VAE against diffusers, and pictures to model pixels and back.
import { describe, expect, it } from 'vitest'
import { fromPixels, toPixels } from '../../lib/diffusion/pixels.ts'
import { vaeDecode, vaeEncode } from '../../lib/diffusion/vae.ts'
import { concat } from '../../lib/runtime/index.ts'
import { expectClose, Golden } from '../support/golden.ts'
import { runGraph } from '../support/run-graph.ts'
import { frozen, tinyVae } from '../support/tiny-models.ts'

const golden = new Golden('vae')
const expected = (key: string) => golden.numbers(key)

describe('VAE', () => {
  it('encodes to mean and log-variance', async () => {
    const results = await runGraph(
      (graph) => {
        const pixels = graph.input('pixels', golden.shape('pixels'))
        const { mean, logVariance } = vaeEncode(frozen(graph, 'tiny-sd/vae'), tinyVae, pixels)
        expect(mean.shape).toEqual(golden.shape('mean'))
        return { mean, logvar: logVariance, moments: concat([mean, logVariance], 1) }
      },
      { pixels: golden.floats('pixels') },
    )
    expectClose(results, expected, 1e-5)
  })

  it('decodes', async () => {
    const results = await runGraph(
      (graph) => {
        const decoded = vaeDecode(
          frozen(graph, 'tiny-sd/vae'),
          tinyVae,
          graph.input('latents', golden.shape('latents')),
        )
        expect(decoded.shape).toEqual(golden.shape('decoded'))
        return { decoded }
      },
      { latents: golden.floats('latents') },
    )
    expectClose(results, expected, 1e-5)
  })
})

describe('pixels', () => {
  const picture = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i * 15) }

  it('lie channel by channel between -1 and 1', () => {
    const batch = new Float32Array(36)
    toPixels(picture, batch, 1)
    expect([...batch.subarray(0, 18)]).toEqual(new Array(18).fill(0))
    expect(batch[18]).toBe(-1)
    expect(batch[18 + 1]).toBeCloseTo((3 * 15) / 127.5 - 1)
    expect(batch[18 + 6]).toBeCloseTo(15 / 127.5 - 1)
    expect(batch[35]).toBe(1)
  })

  it('come back the same, and are clamped', () => {
    const batch = new Float32Array(36)
    toPixels(picture, batch, 1)
    expect(fromPixels(batch, 1, 3, 2)).toEqual(picture)
    const extremes = Float32Array.of(-7, 7, 0)
    expect([...fromPixels(extremes, 0, 1, 1).data]).toEqual([0, 255, 128])
  })
})
