// The merge mixer's kernel side, on the golden tiny model with the golden LoRAs: what it draws is what a merged expert
// draws, the latest settings win, nothing is drawn twice, and nothing is overwritten unasked.
import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { DISPLAY } from '../../../../kernel/display/formatters.ts'
import type { MergeMixer } from '../../../../kernel/widgets/index.ts'
import { MixPreview } from '../../../../kernel/widgets/views/merge-mixer-preview.ts'
import { loadLora, saveLora } from '../../../../lib/formats/lora-files.ts'
import { decodePng } from '../../../../lib/formats/png.ts'
import { Expert, merge, mergeMethods, type T2I } from '../../../../lib/index.ts'
import type { MixSettings } from '../../../../lib/messages/views/merge-mixer.ts'
import { openPage, say } from '../page.ts'
import { base, custom, drawing, home, kinds, mixer, one, other, root, state } from './merge-mixer-support.ts'
import { hostile } from './support.ts'

/** The pictures that the page gets, of the base or of the mix. */
async function pictures(view: MergeMixer, of = state(view).mixId): Promise<Buffer[]> {
  const page = openPage()
  say(view, custom({ kind: 'pictures', ids: drawing.prompts.map((_, at) => `${of}:${at}`) }))
  return vi.waitFor(() => {
    const found = kinds(page.sent, 'picture')
    expect(found).toHaveLength(drawing.prompts.length)
    return found.map(({ buffers }) => Buffer.from(buffers?.[0] ?? '', 'base64'))
  })
}

/** Largest difference of two PNGs, levels of 255. */
async function difference(a: Uint8Array, b: Uint8Array): Promise<number> {
  const [one, other] = await Promise.all([a, b].map((bytes) => decodePng(bytes)))
  expect([one.width, one.height]).toEqual([other.width, other.height])
  return one.data.reduce((most, value, at) => Math.max(most, Math.abs(value - other.data[at])), 0)
}
const pngs = async (model: T2I) => {
  const drawn = await model.draw(drawing.prompts, { ...drawing, seed: 0 })
  return Promise.all(drawing.prompts.map((_, at) => drawn.png(at)))
}
async function expectSame(shown: readonly Uint8Array[], wanted: readonly Uint8Array[]): Promise<void> {
  for (const [at, bytes] of wanted.entries())
    expect(await difference(shown[at], bytes)).toBeLessThanOrEqual(1)
}

describe('the merge mixer', () => {
  it('draws what the merged expert draws, by each kind of method, and the base', async () => {
    const view = mixer({ weights: [0.4, 0.9] })
    await view.drawn()
    const plain = await pngs(base)
    await expectSame(await pictures(view, 'base'), plain)
    const cases: [Partial<MixSettings>, object][] = [
      [{}, {}],
      [
        { method: 'dare_ties', density: 0.7, majoritySign: 'frequency', seed: 5 },
        { density: 0.7, majoritySign: 'frequency', seed: 5 },
      ],
      [
        { method: 'ties_svd', rank: 3 },
        { density: 0.7, majoritySign: 'frequency', rank: 3 },
      ],
    ]
    for (const [change, more] of cases) {
      if (Object.keys(change).length > 0) view.mix(change)
      await view.drawn()
      const { method } = view.mixed
      const expert = await merge([one, other], {
        method: method as never,
        weights: [0.4, 0.9],
        ...more,
        root,
      })
      const shown = await pictures(view)
      await expectSame(shown, await pngs(base.with(expert)))
      expect(await difference(shown[0], plain[0])).toBeGreaterThan(5)
      expect((await (await view.expert).load()).layers).toEqual((await expert.load()).layers)
    }
    expect(state(view)).toMatchObject({ baseDone: 2, mixDone: 2, work: null, problem: null })
  })

  it('with weight 1 for one expert draws what that expert draws', async () => {
    const view = mixer({ weights: [0, 1] })
    await view.drawn()
    await expectSame(await pictures(view), await pngs(base.with(other)))
  })

  it('fuses what cannot be exchanged, and keeps one mix open', async () => {
    const convolutions = await Promise.all(
      [one, other].map(async (expert, at) => {
        const lora = await loadLora(expert.path)
        const values = (length: number) => Float32Array.from({ length }, (_, i) => Math.sin(i + at) / 10)
        // The tiny model's first convolution, 3 by 3.
        const shape = (await loadShape()) as [number, number]
        lora.layers.set('unet.conv_in', {
          down: { shape: [2, shape[1], 3, 3], data: values(2 * shape[1] * 9) },
          up: { shape: [shape[0], 2], data: values(shape[0] * 2) },
          alpha: 2,
          kernel: [3, 3],
        })
        const path = join(home, `conv-${at}`)
        await saveLora(path, lora)
        return Expert.load(path)
      }),
    )
    const loras = await Promise.all(convolutions.map((expert) => expert.load()))
    const settings = { steps: 2, guidance: 3, rescale: 0, negativePrompt: '' }
    expect(new MixPreview({ folder: base.folder, loras: [] }, loras, settings).live).toBe(false)
    const view = mixer({}, convolutions)
    await view.drawn()
    for (const weights of [
      [1, 0.5],
      [0, 1],
    ]) {
      view.mix({ weights })
      await view.drawn()
      await expectSame(
        await pictures(view),
        await pngs(base.with(await merge(convolutions, { weights, root }))),
      )
    }
  })

  it('stops what is drawn for older settings, and draws nothing twice', async () => {
    const page = openPage()
    const view = mixer({ steps: 12 })
    await view.drawn()
    const first = view.mixed
    const draw = vi.spyOn(MixPreview.prototype, 'draw')
    say(view, custom({ kind: 'mix', settings: { ...first, weights: [1, 0] } }))
    say(view, custom({ kind: 'mix', settings: { ...first, weights: [0, 1] } }))
    await vi.waitFor(() => expect(state(view).settings.weights).toEqual([0, 1]))
    await view.drawn()
    const last = state(view).mixId
    expect(state(view).mixDone).toBe(2)
    // The one in the middle was not drawn to the end.
    view.mix({ weights: [1, 0] })
    expect(state(view).mixDone).toBe(0)
    await view.drawn()
    draw.mockClear()
    for (const weights of [[0, 1], first.weights, [0, 1]]) {
      view.mix({ weights })
      expect(state(view).mixDone).toBe(2)
      await view.drawn()
    }
    // A setting that the method does not take makes no other pictures.
    view.mix({ density: 0.1, seed: 77 })
    expect(state(view).mixId).toBe(last)
    await view.drawn()
    expect(draw).not.toHaveBeenCalled()
    // Halted, and gone on with.
    view.mix({ weights: [0.2, 0.3] })
    say(view, custom({ kind: 'halt' }))
    await view.drawn()
    expect(state(view)).toMatchObject({ mixDone: 0, work: null, problem: null })
    view.mix({})
    await view.drawn()
    expect(state(view).mixDone).toBe(2)
    expect(kinds(page.sent, 'error')).toEqual([])
  })

  it('draws only when a page or a cell asks, in a process that ends with it', async () => {
    const draw = vi.spyOn(MixPreview.prototype, 'draw')
    const view = mixer()
    await view[DISPLAY]()
    expect(draw).not.toHaveBeenCalled()
    await view.drawn()
    const preview = draw.mock.instances[0] as unknown as MixPreview
    const { pid } = preview
    expect(() => process.kill(pid as number, 0)).not.toThrow()
    view.close()
    expect(preview.pid).toBeUndefined()
    await vi.waitFor(() => expect(() => process.kill(pid as number, 0)).toThrow(/ESRCH/), { timeout: 20_000 })
  })

  it('refuses messages and settings that it does not understand, and keeps its own', async () => {
    const page = openPage()
    const view = mixer()
    await view[DISPLAY]()
    const { settings } = state(view)
    const bad: [object, RegExp][] = [
      [{ kind: 'mix', settings: { ...settings, weights: [1] } }, /1 weights? for 2 experts/],
      [{ kind: 'mix', settings: { ...settings, weights: [1, 1e9] } }, /weights/],
      [{ kind: 'mix', settings: { ...settings, method: 'constructor' } }, /unknown merge method/],
      [{ kind: 'mix', settings: { ...settings, method: 'ties', density: 0 } }, /density/],
      [{ kind: 'mix', settings: { ...settings, rank: 100_000 } }, /rank is 100000/],
      [{ kind: 'mix', settings: { ...settings, more: 1 } }, /more/],
      [{ kind: 'save', folder: ' ', name: 'x', overwrite: false }, /folder/],
      [{ kind: 'nothing' }, /kind/],
    ]
    for (const [message, words] of bad) {
      page.news()
      say(view, custom(message))
      await vi.waitFor(() => expect(kinds(page.sent, 'error')[0]?.data.content.message).toMatch(words))
    }
    expect(state(view).settings).toEqual(settings)
    expect(() => mixer({}, [])).toThrow(/no experts/)
    expect(() => mixer({ prompts: [] })).toThrow(/no prompts/)
    expect(() => mixer({ seeds: Array.from({ length: 33 }, (_, i) => i) })).toThrow(/66 pictures/)
    expect(() => mixer({ method: 'linear', weights: [1] })).toThrow(/1 weights? for 2/)
  })

  it('says why experts cannot be mixed, with a hint', async () => {
    const lora = await one.load()
    const [[name, layer]] = lora.layers
    const path = join(home, 'fewer')
    await saveLora(path, { layers: new Map([[name, layer]]), metadata: {} })
    const view = mixer({}, [one, await Expert.load(path)])
    await vi.waitFor(() => expect(state(view).problem?.message).toMatch(/fewer adapts other modules/))
    expect(state(view).problem?.hint).toMatch(/one base model/)
    // Experts of another rank: some methods work, others say that they do not.
    const wide = await merge([one, one], { name: 'wide', root })
    const mixed = mixer({}, [one, wide])
    await mixed.drawn()
    expect(state(mixed).problem).toBeNull()
    mixed.mix({ method: 'average-factors' })
    await mixed.drawn()
    expect(state(mixed)).toMatchObject({ mixDone: 0, work: null })
    expect(state(mixed).problem?.message).toMatch(/have ranks/)
    expect(state(mixed).problem?.hint).toMatch(/average/)
  })

  it('tells norms, cosines and sign conflicts, the methods, and hostile names as they are', async () => {
    const view = mixer()
    const { layers } = await one.stats()
    await vi.waitFor(() => expect(state(view).numbers).not.toBeNull(), { timeout: 20_000 })
    const { numbers, methods, experts } = state(view)
    expect(numbers?.layers).toEqual(layers.map(({ layer }) => layer))
    expect(numbers?.norms[0][3]).toBeCloseTo(layers[3].norm, 5)
    expect(numbers?.cosine[1][1]).toBe(1)
    expect(numbers?.conflict[0][0] ?? 0).toBe(0)
    expect(methods.map(({ name }) => name)).toEqual(mergeMethods)
    expect(methods.find(({ name }) => name === 'dare_ties')).toMatchObject({
      density: true,
      majoritySign: true,
      seed: true,
      rank: false,
      equal: 1,
    })
    expect(experts).toEqual(['one', hostile[0]])
    const bundle = await view[DISPLAY]()
    expect(bundle['text/plain']).toContain('one × 0.5')
    expect(
      Buffer.from(bundle['image/png'] as Uint8Array)
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
  })
})

/** [out, in] of the tiny UNet's first convolution. */
async function loadShape(): Promise<number[]> {
  const { SafetensorsFile } = await import('../../../../lib/formats/safetensors.ts')
  const { openCheckpoint } = await import('../../../../lib/diffusion/checkpoint.ts')
  const file = await SafetensorsFile.open((await openCheckpoint(base.folder)).unet.weights.path)
  return [...file.entry('conv_in.weight').shape]
}
