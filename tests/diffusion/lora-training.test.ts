// Training a LoRA against peft: gradients of one step, and twenty steps of AdamW.
import { describe, expect, it } from 'vitest'
import { declareFactors, trainableLora } from '../../lib/diffusion/lora-layers.ts'
import { loadLora } from '../../lib/formats/lora-files.ts'
import {
  compile,
  Graph,
  gradients,
  LocalSession,
  mseLoss,
  ParameterLayout,
  type Tensor,
  Trainer,
  trainingProgram,
  unpackParameters,
} from '../../lib/runtime/index.ts'
import { expectClose, goldenPath } from '../support/golden.ts'
import {
  loraBatch,
  loraGolden,
  loraSettings,
  packLora,
  targetsOf,
  unetWithLora,
} from '../support/tiny-lora.ts'

const {
  rank,
  alpha,
  steps,
  lr,
  betas,
  eps,
  weight_decay: weightDecay,
  max_grad_norm: maxGradNorm,
} = loraSettings
const layout = new ParameterLayout()
declareFactors(layout, targetsOf(loraSettings.targets), rank)
const start = packLora(layout, await loadLora(goldenPath('lora-initial')))

/** A weight and its factors summed first, or each applied to the input. */
const forms = [
  ['summed first', () => true],
  ['side by side', () => false],
] as const
type Form = (typeof forms)[number][1]

const build =
  (checkpointing: boolean, sumFirst: Form) =>
  (graph: Graph, parameters: ReadonlyMap<string, Tensor>): Tensor => {
    const lora = trainableLora(parameters, alpha / rank, { sumFirst })
    return mseLoss(unetWithLora(graph, { lora, checkpointing }), graph.input('target', [2, 4, 8, 8]))
  }

const named = (flat: Float32Array): Record<string, Float32Array> =>
  Object.fromEntries(layout.specs.map((spec) => [spec.name, layout.view(flat, spec)]))

it('finds the layers that peft finds', () => {
  const theirs = loraGolden
    .names('epsilon.final.weights.')
    .map((name) => name.slice('epsilon.final.weights.'.length))
  expect(layout.specs.map((spec) => spec.name).sort()).toEqual(theirs.sort())
  for (const { name, shape } of layout.specs)
    expect(shape).toEqual(loraGolden.shape(`epsilon.final.weights.${name}`))
})

describe.each(
  (['epsilon', 'v_prediction'] as const).flatMap((prediction) =>
    forms.map(([form, sumFirst]) => [prediction, form, sumFirst] as const),
  ),
)('%s, %s', (prediction, _, sumFirst) => {
  it.each([false, true])('loss and gradients of the first step; checkpointing %s', async (checkpointing) => {
    const graph = new Graph({ training: true })
    const parameters = unpackParameters(layout, graph.variable('parameters', [layout.length]))
    const loss = build(checkpointing, sumFirst)(graph, parameters)
    const back = gradients(
      loss,
      layout.specs.map((spec) => parameters.get(spec.name)!),
    )
    graph.output('loss', loss)
    layout.specs.forEach((spec, i) => {
      graph.output(`grad.${spec.name}`, back[i])
    })
    const session = await LocalSession.create(compile(graph), { threads: 1 })
    await session.setState('parameters', start)
    const found = (await session.run(loraBatch(0, prediction))) as Record<string, Float32Array>
    await session.release()
    expect(Object.keys(found)).toHaveLength(layout.specs.length + 1)
    expectClose(found, (name) => loraGolden.numbers(`${prediction}.first.${name}`), 1e-4)
  })

  it('twenty steps of AdamW', async () => {
    const program = trainingProgram(layout, build(false, sumFirst), {
      optimizer: { name: 'adamw', betas, eps, weightDecay },
      maxGradNorm,
    })
    const trainer = await Trainer.create(program, layout, start, { threads: 1 })
    const losses: number[] = []
    const norms: number[] = []
    for (let step = 0; step < steps; step++) {
      const { loss, gradientNorm } = await trainer.step(loraBatch(step, prediction), { learningRate: lr })
      losses.push(loss)
      norms.push(gradientNorm)
    }
    const final = await trainer.vector('parameters')
    await trainer.release()
    expectClose({ losses, grad_norms: norms }, (name) => loraGolden.numbers(`${prediction}.${name}`), 1e-4)
    expectClose(named(final), (name) => loraGolden.numbers(`${prediction}.final.weights.${name}`), 1e-3)
  })
})

it('both forms of every linear layer and 1×1 convolution have the same gradients', {
  timeout: 120_000,
}, async () => {
  const every = new ParameterLayout()
  const targets = targetsOf('.*').filter(({ kernel }) => !kernel || String(kernel) === '1,1')
  expect(targets.some(({ kernel }) => kernel)).toBe(true)
  declareFactors(every, targets, rank)
  const found = async (sumFirst: Form) => {
    const graph = new Graph({ training: true })
    const parameters = unpackParameters(every, graph.variable('parameters', [every.length]))
    const loss = build(false, sumFirst)(graph, parameters)
    graph.output('loss', loss)
    gradients(loss, [...parameters.values()]).forEach((gradient, i) => {
      graph.output(`grad.${every.specs[i].name}`, gradient)
    })
    const session = await LocalSession.create(compile(graph), { threads: 1 })
    await session.setState(
      'parameters',
      Float32Array.from({ length: every.length }, (_, i) => 0.05 * Math.sin(1 + i * i)),
    )
    const out = (await session.run(loraBatch(0, 'epsilon'))) as Record<string, Float32Array>
    await session.release()
    return out
  }
  const beside = await found(() => false)
  expect(Object.keys(beside)).toHaveLength(1 + every.specs.length)
  expectClose(await found(() => true), (name) => beside[name], 1e-4)
})

it('a block that is computed again has the dropout masks of its first time', {
  timeout: 120_000,
}, async () => {
  const found = async (checkpointing: boolean) => {
    const graph = new Graph({ training: true })
    const parameters = unpackParameters(layout, graph.variable('parameters', [layout.length]))
    const seed = graph.input('dropout_seed', [], 'int64')
    const lora = trainableLora(parameters, alpha / rank, {
      dropout: { share: 0.3, seed, streams: new Map() },
    })
    const loss = mseLoss(unetWithLora(graph, { lora, checkpointing }), graph.input('target', [2, 4, 8, 8]))
    const [gradient] = gradients(loss, [parameters.get(layout.specs[0].name)!])
    graph.output('loss', loss)
    graph.output('gradient', gradient)
    const session = await LocalSession.create(compile(graph), { threads: 1 })
    // Away from zero, so that A has a gradient.
    await session.setState(
      'parameters',
      start.map((value, i) => value + 0.01 * Math.sin(i)),
    )
    const feeds = { ...loraBatch(0, 'epsilon'), dropout_seed: BigInt64Array.of(7n) }
    const out = (await session.run(feeds)) as Record<string, Float32Array>
    await session.release()
    return out
  }
  const plain = await found(false)
  expectClose(await found(true), (name) => plain[name], 1e-4)
})
