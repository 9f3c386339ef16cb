// Optimisers, clipping and the moving average against PyTorch's trajectories; the flat vector.
import { describe, expect, it } from 'vitest'
import {
  adamW,
  clipByGlobalNorm,
  compile,
  emaDecayAt,
  Graph,
  LocalSession,
  mul,
  ParameterLayout,
  packGradients,
  stepInputs,
  Trainer,
  type TrainingOptions,
  trainingProgram,
  unpackParameters,
} from '../../lib/runtime/index.ts'
import { expectClose, Golden, goldenJson, relativeError } from '../support/golden.ts'
import { quadratic } from '../support/quadratic.ts'
import { runGraph } from '../support/run-graph.ts'

interface Settings {
  optimizer: 'AdamW' | 'SGD' | 'Lion' | 'Prodigy'
  lr: number
  steps: number
  betas?: [number, number]
  eps?: number
  momentum?: number
  nesterov?: boolean
  weight_decay?: number
  beta3?: number
  d0?: number
  d_coef?: number
  decouple?: boolean
  use_bias_correction?: boolean
  safeguard_warmup?: boolean
}

const cases = goldenJson<Record<string, Settings>>('optimizers')
const golden = new Golden('optimizers')

const layout = new ParameterLayout()
layout.declare('p', [8])

const bowl = quadratic(golden)

async function path(options: TrainingOptions, learningRate: number, steps: number) {
  const trainer = await Trainer.create(
    trainingProgram(layout, bowl, options),
    layout,
    golden.floats('start'),
    { threads: 1 },
  )
  const params = [...(await trainer.vector('parameters'))]
  const losses: number[] = []
  const ema: Float32Array[] = []
  for (let i = 0; i < steps; i++) {
    losses.push((await trainer.step({}, { learningRate, emaDecay: 0.9 })).loss)
    params.push(...(await trainer.vector('parameters')))
    if (options.ema) ema.push(await trainer.vector('ema'))
  }
  const { vectors } = await trainer.snapshot()
  await trainer.release()
  return { params, losses, vectors, ema }
}

/** torch.optim.SGD's documented update in float64; checked below against PyTorch itself. */
function sgdPath({ lr, steps, momentum = 0, nesterov = false, weight_decay: decay = 0 }: Settings): number[] {
  const [target, curvature] = [golden.numbers('target'), golden.numbers('curvature')]
  let p = golden.numbers('start')
  let buffer = p.map(() => 0)
  const out = [...p]
  for (let i = 0; i < steps; i++) {
    const g = p.map((value, j) => curvature[j] * (value - target[j]) + decay * value)
    buffer = buffer.map((value, j) => momentum * value + g[j])
    p = p.map((value, j) => value - lr * (nesterov ? g[j] + momentum * buffer[j] : buffer[j]))
    out.push(...p)
  }
  return out
}

const given = (options: object): object =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

function optionsOf(settings: Settings): TrainingOptions {
  const { optimizer, betas, eps, momentum, weight_decay: weightDecay } = settings
  if (optimizer === 'AdamW') return { optimizer: { name: 'adamw', betas, eps, weightDecay } }
  if (optimizer === 'SGD') return { optimizer: { name: 'sgd', momentum, weightDecay } }
  if (optimizer === 'Lion') return { optimizer: { name: 'lion', ...given({ betas, weightDecay }) } }
  const { beta3, d0, d_coef: dCoef, decouple } = settings
  const { use_bias_correction: useBiasCorrection, safeguard_warmup: safeguardWarmup } = settings
  const rest = { beta3, d0, dCoef, decouple, useBiasCorrection, safeguardWarmup }
  return { optimizer: { name: 'prodigy', ...given({ betas, eps, weightDecay, ...rest }) } }
}

/** Prodigy's float32 is that far from its float64 in PyTorch, too. */
const limitOf = ({ optimizer }: Settings): number => (optimizer === 'Prodigy' ? 1e-3 : 1e-5)

describe('trajectories', () => {
  const offered = Object.keys(cases).filter((name) => !cases[name].nesterov)

  it('covers every optimiser with its defaults and with everything changed', () => {
    const prodigy = ['prodigy', 'prodigy.coupled', 'prodigy.decay', 'prodigy.safe']
    const others = ['adamw', 'adamw.plain', 'lion', 'lion.decay', 'sgd', 'sgd.momentum']
    expect(offered.sort()).toEqual([...others, ...prodigy].sort())
  })

  it.each(offered)('%s', async (name) => {
    const settings = cases[name]
    const { params, losses, vectors } = await path(optionsOf(settings), settings.lr, settings.steps)
    expectClose({ params, losses }, (key) => golden.numbers(`${name}.${key}`), limitOf(settings))
    const family = { AdamW: 'adam', SGD: 'sgd', Lion: 'lion', Prodigy: 'prodigy' }[settings.optimizer]
    const states = { exp_avg: 'm', exp_avg_sq: 'v', s: 's', momentum_buffer: 'momentum' }
    for (const [theirs, state] of Object.entries(states)) {
      const ours = `${family}.${state}`
      expect(ours in vectors).toBe(golden.has(`${name}.${theirs}`))
      if (ours in vectors)
        expectClose({ [ours]: vectors[ours] }, () => golden.numbers(`${name}.${theirs}`), limitOf(settings))
    }
  })

  it('SGD with weight decay and momentum', async () => {
    const nesterov = cases['sgd.nesterov']
    expect(relativeError(sgdPath(nesterov), golden.numbers('sgd.nesterov.params'))).toBeLessThan(1e-12)
    const plain = { ...nesterov, nesterov: false }
    const { params } = await path(optionsOf(plain), plain.lr, plain.steps)
    expectClose({ params }, () => sgdPath(plain), 1e-5)
  })

  it('a run is the same twice', async () => {
    const once = await path({ maxGradNorm: 1, ema: true }, 0.05, 10)
    expect(await path({ maxGradNorm: 1, ema: true }, 0.05, 10)).toEqual(once)
  })
})

describe('moving average', () => {
  it("has the decay that diffusers' EMAModel has", () => {
    const path = golden.numbers('adamw.params')
    const wanted = golden.numbers('adamw.ema')
    let ema = golden.numbers('start')
    const found: number[] = []
    for (let step = 1; step <= 30; step++) {
      const decay = emaDecayAt(step, 0.6)
      ema = ema.map((value, j) => decay * value + (1 - decay) * path[step * 8 + j])
      found.push(...ema)
    }
    expect(relativeError(found, wanted)).toBeLessThan(1e-12)
    expect([emaDecayAt(1), emaDecayAt(2), emaDecayAt(1e9)]).toEqual([0, 2 / 11, 0.9999])
  })

  it('follows the parameters with the decay of each step', async () => {
    const { params, ema } = await path({ ema: true }, 0.05, 5)
    let expected = golden.numbers('start')
    ema.forEach((average, i) => {
      expected = expected.map((value, j) => 0.9 * value + 0.1 * params[(i + 1) * 8 + j])
      expectClose({ ema: average }, () => expected, 1e-6)
    })
  })
})

describe('clipping', () => {
  it.each(['tight', 'loose'])('%s limit over several tensors', async (name) => {
    const results = await runGraph((graph) => {
      const parts = [0, 1].map((i) =>
        graph.floats(golden.floats(`clip.grad${i}`), golden.shape(`clip.grad${i}`)),
      )
      const flat = packGradients(graph, parts)
      const { gradient, norm } = clipByGlobalNorm(flat, golden.numbers(`clip.${name}.max_norm`)[0])
      const pieces = new ParameterLayout()
      parts.forEach((part, i) => {
        pieces.declare(`out${i}`, part.shape)
      })
      return { ...Object.fromEntries(unpackParameters(pieces, gradient)), norm }
    }, {})
    expectClose(results, (key) => golden.numbers(`clip.${name}.${key}`), 1e-6)
    if (name === 'loose') expect(results.out0).toEqual(golden.floats('clip.grad0'))
  })

  it('is applied before the optimiser, and the norm reported is the one before', async () => {
    const limit = 0.01
    const trainer = await Trainer.create(
      trainingProgram(layout, bowl, { optimizer: { name: 'sgd' }, maxGradNorm: limit }),
      layout,
      golden.floats('start'),
      { threads: 1 },
    )
    const { gradientNorm } = await trainer.step({}, { learningRate: 1 })
    const moved = (await trainer.vector('parameters')).map((value, i) => value - golden.numbers('start')[i])
    await trainer.release()
    expect(gradientNorm).toBeGreaterThan(1)
    expect(Math.hypot(...moved)).toBeCloseTo(limit, 6)
  })
})

describe('states', () => {
  it('advance in place as they do when carried by hand', async () => {
    const build = () => {
      const graph = new Graph()
      const p = graph.input('p', [3])
      const gradient = mul(p, graph.floats([0.1, 1, 10]))
      adamW(p, gradient, stepInputs(graph), { weightDecay: 0.1 })
      return compile(graph)
    }
    const kept = await LocalSession.create(build(), { threads: 1 })
    await kept.setState('p', Float32Array.of(1, -2, 3))
    let carried: Record<string, Float32Array> = {
      p: Float32Array.of(1, -2, 3),
      'adam.m': new Float32Array(3),
      'adam.v': new Float32Array(3),
    }
    for (let step = 1; step <= 5; step++) {
      const feeds = { learning_rate: Float32Array.of(0.1), step: Float32Array.of(step) }
      await kept.run(feeds)
      const fresh = await LocalSession.create(build(), { threads: 1 })
      for (const [name, value] of Object.entries(carried)) await fresh.setState(name, value)
      await fresh.run(feeds)
      carried = Object.fromEntries(
        await Promise.all(
          Object.keys(carried).map(async (name) => [name, await fresh.getState(name)] as const),
        ),
      )
      await fresh.release()
    }
    for (const [name, value] of Object.entries(carried)) expect(await kept.getState(name)).toEqual(value)
    expect(carried.p).not.toEqual(Float32Array.of(1, -2, 3))
    await kept.release()
  })
})

describe('the flat vector', () => {
  const pair = new ParameterLayout()
  pair.declare('a', [2, 3])
  pair.declare('b', [4])

  it('packs in the order of declaration and views without copying', () => {
    const flat = pair.pack(({ name }) =>
      name === 'a' ? Float32Array.of(1, 2, 3, 4, 5, 6) : Float32Array.of(7, 8, 9, 10),
    )
    expect([...flat]).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    const b = pair.view(flat, pair.get('b')!)
    expect([...b]).toEqual([7, 8, 9, 10])
    expect(b.buffer).toBe(flat.buffer)
  })

  it('gives slices in the graph, and packs gradients back', async () => {
    const { a, b, flat } = await runGraph(
      (graph) => {
        const parts = unpackParameters(pair, graph.input('flat_in', [10]))
        expect(parts.get('a')!.shape).toEqual([2, 3])
        return Object.assign(Object.fromEntries(parts), { flat: packGradients(graph, [...parts.values()]) })
      },
      { flat_in: Float32Array.from({ length: 10 }, (_, i) => i) },
    )
    expect([...a]).toEqual([0, 1, 2, 3, 4, 5])
    expect([...b]).toEqual([6, 7, 8, 9])
    expect([...flat]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  })

  it('refuses another shape for a name, values that do not fit, and nothing to train', () => {
    expect(pair.declare('a', [2, 3])).toBe(pair.get('a'))
    expect(() => pair.declare('a', [3, 2])).toThrow('parameter a is [2,3], not [3,2]')
    expect(() => pair.pack(() => new Float32Array(6))).toThrow('parameter b takes 4 numbers, got 6')
    expect(() => packGradients(new Graph(), [])).toThrow('nothing to train')
  })
})
