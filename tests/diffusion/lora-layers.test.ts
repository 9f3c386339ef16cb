// LoRAs beside a model's layers: which layers are meant, live factors, fused weights.
import { describe, expect, it, onTestFinished } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import {
  collectTargets,
  declareFactors,
  factorNames,
  fuseLoras,
  LIVE_WEIGHTS,
  type LiveSlot,
  liveLora,
  magnitudeName,
  matchesTarget,
  slotNames,
  trainableLora,
} from '../../lib/diffusion/lora-layers.ts'
import { type Lora, loraRank, loraScale } from '../../lib/formats/lora.ts'
import { loadLora } from '../../lib/formats/lora-files.ts'
import { compile, Graph, LocalSession, ParameterLayout } from '../../lib/runtime/index.ts'
import { expectClose, goldenPath, relativeError } from '../support/golden.ts'
import { runGraph } from '../support/run-graph.ts'
import { loraBatch, loraGolden, targetsOf, unetWithLora } from '../support/tiny-lora.ts'
import { weightsPath } from '../support/tiny-models.ts'

const [initial, final, peft] = await Promise.all(
  ['lora-initial', 'lora-final', 'lora-peft'].map((folder) => loadLora(goldenPath(folder))),
)
const checkpoint = weightsPath('tiny-sd/unet')
const expected = (name: string) => loraGolden.numbers(`formats.${name}`)

const fused = async (loras: readonly { lora: Lora; weight: number }[]) => {
  const replaced = await fuseLoras(checkpoint, 'unet', loras)
  return (await runGraph((graph) => ({ y: unetWithLora(graph, { replaced }) }), loraBatch(0))).y
}

describe('targets', () => {
  it.each([
    ['mid.attn1.to_q', ['to_q'], true],
    ['mid.attn1.to_q', ['attn1.to_q', 'other'], true],
    ['mid.attn1.to_q', ['mid.attn1.to_q'], true],
    ['mid.attn1.add_to_q', ['to_q'], false],
    ['mid.attn1.to_q.inner', ['to_q'], false],
    ['mid.attn1.to_q', '.*attn1.*', true],
    ['mid.attn1.to_q', 'attn1', false],
    ['mid.attn2.to_k', '.*attn2\\.(to_k|to_v)', true],
  ])('%s by %j: %s', (module, targets, meant) => {
    expect(matchesTarget(module, targets)).toBe(meant)
  })

  it('by a regular expression over whole paths, in the order of the model', () => {
    const found = targetsOf('mid_block\\..*attn2\\.to_[kv]')
    const block = 'mid_block.attentions.0.transformer_blocks.0.attn2'
    expect(found).toEqual([
      { module: `${block}.to_k`, inFeatures: 32, outFeatures: 24 },
      { module: `${block}.to_v`, inFeatures: 32, outFeatures: 24 },
    ])
  })

  it('that name nothing are refused with the names there are', () => {
    const error = (targets: string) =>
      expect.objectContaining({
        code: 'bad-input',
        message: `no layer is named by the LoRA targets ${targets}`,
        hint: expect.stringMatching(/attn1\.to_q.*proj_in.*to_out\.0/),
      })
    expect(() => targetsOf(['query'])).toThrow(error('["query"]'))
    expect(() => targetsOf('to_q')).toThrow(error('"to_q"'))
  })

  it('that are no regular expression are refused', () => {
    expect(() => matchesTarget('mid.to_q', '(to_q')).toThrow(
      expect.objectContaining({
        name: 'SelmaError',
        code: 'bad-input',
        message: expect.stringContaining('(to_q'),
      }),
    )
  })

  it('give factors of the rank', () => {
    const layout = new ParameterLayout()
    declareFactors(layout, [{ module: 'a.to_q', inFeatures: 6, outFeatures: 5 }], 3)
    const [down, up] = factorNames('a.to_q')
    expect(layout.specs).toEqual([
      { name: down, shape: [3, 6], offset: 0 },
      { name: up, shape: [5, 3], offset: 18 },
    ])
  })

  it('are collected once, and add nothing to the graph', async () => {
    const lora = collectTargets(['to_q'])
    const { y } = await runGraph((graph) => ({ y: unetWithLora(graph, { lora }) }), loraBatch(0))
    expectClose({ base_output: y }, expected, 1e-5)
    expect(new Set(lora.found.map((target) => target.module)).size).toBe(lora.check().length)
  })
})

describe('fused', () => {
  it.each([
    ['diffusers', final],
    ['PEFT', peft],
  ])('a LoRA from a %s file gives what peft gives', async (_, lora) => {
    expectClose({ output: await fused([{ lora, weight: 1 }]) }, expected, 1e-5)
  })

  it('with weight 0, or none, gives the base', async () => {
    expectClose({ base_output: await fused([{ lora: final, weight: 0 }]) }, expected, 1e-5)
    expectClose({ base_output: await fused([]) }, expected, 1e-5)
  })

  it('several add up', async () => {
    const halves = await fused([
      { lora: final, weight: 0.25 },
      { lora: final, weight: 0.75 },
    ])
    expectClose({ output: halves }, expected, 1e-5)
  })

  it.each([
    { what: 'linear layers and 1×1 convolutions', targets: ['proj_in', 'conv_shortcut', 'ff.net.0.proj'] },
    { what: 'larger convolutions, strided ones among them', targets: ['conv1', 'conv_in', 'conv'] },
    { what: 'all of them as DoRA', targets: ['to_q', 'proj_in', 'conv2', 'time_emb_proj'], dora: true },
  ])('beside $what, as the trained form', async ({ targets, dora = false }) => {
    const layout = new ParameterLayout()
    const found = targetsOf(targets)
    declareFactors(layout, found, 2, { dora })
    const random = new Random('lora-layers')
    const flat = random.normals(layout.length).map((value) => Math.abs(value) * 0.2)
    const layers: Lora['layers'] = new Map()
    for (const { module, kernel } of found) {
      const [down, up] = factorNames(module).map((name) => layout.get(name)!)
      const magnitude = layout.get(magnitudeName(module))
      layers.set(`unet.${module}`, {
        down: { shape: [...down.shape], data: layout.view(flat, down) },
        up: { shape: [...up.shape], data: layout.view(flat, up) },
        alpha: 3,
        ...(kernel && { kernel: [...kernel] as [number, number] }),
        ...(magnitude && { magnitude: layout.view(flat, magnitude) }),
      })
    }
    const beside = await runGraph((graph) => {
      const parameters = new Map(
        layout.specs.map((spec) => [spec.name, graph.floats(layout.view(flat, spec), spec.shape)]),
      )
      return { y: unetWithLora(graph, { lora: trainableLora(parameters, 3 / 2) }) }
    }, loraBatch(0))
    expect(layers.size).toBeGreaterThan(4)
    expect(relativeError(beside.y, expected('base_output'))).toBeGreaterThan(0.05)
    expectClose({ y: await fused([{ lora: { layers, metadata: {} }, weight: 1 }]) }, () => beside.y, 1e-5)
  })

  it('ignores layers of other components', async () => {
    const layers = new Map([['text_encoder.some.layer', [...final.layers.values()][0]]])
    expect(await fuseLoras(checkpoint, 'unet', [{ lora: { layers, metadata: {} }, weight: 1 }])).toEqual(
      new Map(),
    )
  })

  it('refuses a LoRA of another model', async () => {
    const [path, layer] = [...final.layers][0]
    const refused = (name: string, changed: typeof layer) =>
      expect(
        fuseLoras(checkpoint, 'unet', [
          { lora: { layers: new Map([[name, changed]]), metadata: {} }, weight: 1 },
        ]),
      ).rejects
    const mismatch = (message: string) =>
      expect.objectContaining({
        name: 'SelmaError',
        code: 'mismatch',
        message: expect.stringContaining(message),
        hint: 'it was trained for another base model',
      })
    await refused('unet.no.such.layer', layer).toEqual(mismatch('changes unet.no.such.layer'))
    const [rows, columns] = [layer.up.shape[0], layer.down.shape[1]]
    const wide = { ...layer, down: { shape: [4, 7], data: new Float32Array(28) } }
    await refused(path, wide).toEqual(
      mismatch(`${path} has the shape [${rows},7], the model's [${rows},${columns}]`),
    )
    const turned = {
      ...layer,
      down: { shape: [4, rows * 2], data: new Float32Array(8 * rows) },
      up: { shape: [columns / 2, 4], data: new Float32Array(2 * columns) },
    }
    await refused(path, turned).toEqual(mismatch(`[${columns / 2},${rows * 2}]`))
  })
})

describe('live', () => {
  /** A second expert that has only some of the layers. */
  const some: Lora = {
    metadata: {},
    layers: new Map([...initial.layers].filter(([path]) => path.includes('attn2'))),
  }
  const experts = [final, some]
  const ranks = (module: string): number[] =>
    experts.map(({ layers }) => {
      const layer = layers.get(`unet.${module}`)
      return layer ? loraRank(layer) : 0
    })

  async function session(): Promise<LocalSession> {
    const slots = new Map<string, LiveSlot>()
    for (const [path, { down, up }] of final.layers) {
      const module = path.replace('unet.', '')
      const rank = ranks(module).reduce((a, b) => a + b)
      slots.set(module, { module, rank, inFeatures: down.shape[1], outFeatures: up.shape[0] })
    }
    const graph = new Graph()
    graph.output('y', unetWithLora(graph, { lora: liveLora(graph, slots, ranks, experts.length) }))
    const opened = await LocalSession.create(compile(graph), { threads: 1 })
    onTestFinished(() => opened.release())
    for (const { module, rank, inFeatures, outFeatures } of slots.values()) {
      const down = new Float32Array(rank * inFeatures)
      const up = new Float32Array(outFeatures * rank)
      let first = 0
      for (const { layers } of experts) {
        const layer = layers.get(`unet.${module}`)
        if (!layer) continue
        const size = loraRank(layer)
        down.set(layer.down.data, first * inFeatures)
        for (let i = 0; i < outFeatures; i++)
          for (let r = 0; r < size; r++)
            up[i * rank + first + r] = layer.up.data[i * size + r] * loraScale(layer)
        first += size
      }
      const names = slotNames(module)
      await opened.setState(names.down, down)
      await opened.setState(names.up, up)
    }
    return opened
  }

  it('weights change what the same session gives', async () => {
    const opened = await session()
    const withWeights = async (...weights: number[]) => {
      await opened.setState(LIVE_WEIGHTS, Float32Array.from(weights))
      return (await opened.run(loraBatch(0))).y as Float32Array
    }
    expectClose({ base_output: await withWeights(0, 0) }, expected, 1e-5)
    expectClose({ output: await withWeights(1, 0) }, expected, 1e-5)
    const mixed = await fused([
      { lora: final, weight: 0.5 },
      { lora: some, weight: -1.5 },
    ])
    expectClose({ mixed: await withWeights(0.5, -1.5) }, () => mixed, 1e-5)
    expect(relativeError(mixed, expected('output'))).toBeGreaterThan(0.05)
  })
})
