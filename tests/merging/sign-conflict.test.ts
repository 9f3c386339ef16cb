import { describe, expect, it } from 'vitest'
import { deltaWeight } from '../../lib/formats/lora.ts'
import { merge, signConflict } from '../../lib/merging/index.ts'
import { randomLora } from './experts.ts'

const [a, b] = [randomLora(1), randomLora(2, { rank: 3 })]

describe('sign conflict', () => {
  it('is the share of weights that two experts change in opposite directions', async () => {
    let opposite = 0
    let all = 0
    for (const [name, layer] of a.layers) {
      const other = deltaWeight(b.layers.get(name)!).data
      deltaWeight(layer).data.forEach((x, i) => {
        all++
        if (x * other[i] < 0) opposite++
      })
    }
    const conflict = await signConflict([a, b])
    expect(conflict).toEqual([
      [0, opposite / all],
      [opposite / all, 0],
    ])
    expect(conflict[0][1]).toBeGreaterThan(0.4)
    expect(conflict[0][1]).toBeLessThan(0.6)
  })

  it('is 0 for the same direction, 1 for the opposite, NaN beside no change, of whatever rows', async () => {
    const [same, against, none] = [3, -2, 0].map((weight) => merge([a], { weights: [weight] }))
    for (const rows of [undefined, 7]) {
      const [row] = await signConflict([a, same, against, none], { rows })
      expect(row).toEqual([0, 0, 1, Number.NaN])
    }
    expect(await signConflict([])).toEqual([])
  })

  it('refuses LoRAs on other modules, and stops when told to', async () => {
    const fewer = { ...a, layers: new Map([...a.layers].slice(1)) }
    await expect(signConflict([a, fewer])).rejects.toThrow('lacks unet.attn1.to_q')
    await expect(signConflict([a, b], { signal: AbortSignal.abort() })).rejects.toThrow(/abort/)
  })
})
