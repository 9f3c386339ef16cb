// Steps on the mean gradient of several runs, and programs exchanged under a trainer.
import { describe, expect, it } from 'vitest'
import {
  mul,
  ParameterLayout,
  sum,
  Trainer,
  type TrainingOptions,
  trainingProgram,
} from '../../lib/runtime/index.ts'
import { expectClose, Golden } from '../support/golden.ts'
import { quadratic } from '../support/quadratic.ts'

const golden = new Golden('optimizers')
const layout = new ParameterLayout()
layout.declare('p', [8])

const bowl = quadratic(golden)

describe('accumulation', () => {
  const build = quadratic(golden, (graph) => graph.input('x', [8]))
  const optimizers: TrainingOptions['optimizer'][] = [
    { name: 'adamw' },
    { name: 'sgd', momentum: 0.9 },
    { name: 'lion' },
    { name: 'prodigy', d0: 0.01 },
  ]
  it.each(optimizers)('of four parts is a step on the mean gradient: $name', async (optimizer) => {
    const parts = [0, 1, 2, 3].map((i) => golden.floats('target').map((value) => value * (i - 0.5)))
    const whole = golden.floats('target')
    const start = golden.floats('start')
    const train = async (accumulate: boolean) => {
      const program = trainingProgram(layout, build, { optimizer, maxGradNorm: 1, ema: true, accumulate })
      const trainer = await Trainer.create(program, layout, start, { threads: 1 })
      const norms: number[] = []
      for (let i = 0; i < 5; i++) {
        const feeds = accumulate ? parts.map((x) => ({ x })) : { x: whole }
        norms.push((await trainer.step(feeds, { learningRate: 0.05, emaDecay: 0.5 })).gradientNorm)
      }
      const { vectors, step } = await trainer.snapshot()
      await trainer.release()
      expect(step).toBe(5)
      return { norms, ...vectors } as Record<string, ArrayLike<number>>
    }
    const [once, { 'gradient.sum': left, ...summed }] = [await train(false), await train(true)]
    expect(Object.keys(summed).sort()).toEqual(Object.keys(once).sort())
    expect([...(left as Float32Array)]).toEqual(new Array(8).fill(0))
    expectClose(summed, (name) => once[name], 1e-5)
  })

  it('refuses several parts where the program has none', async () => {
    const trainer = await Trainer.create(trainingProgram(layout, build), layout, golden.floats('start'))
    const x = golden.floats('target')
    await expect(trainer.step([{ x }, { x }], { learningRate: 1 })).rejects.toThrow('a step of 2 parts')
    await trainer.release()
  })
})

describe('another program over the same parameters', () => {
  it('goes on where the first one was', async () => {
    const sized = (factor: number) =>
      trainingProgram(layout, (graph, parameters) =>
        mul(bowl(graph, parameters), mul(sum(graph.input('x', [factor])), 1 / factor)),
      )
    const run = async (exchange: boolean) => {
      const trainer = await Trainer.create(sized(2), layout, golden.floats('start'), { threads: 1 })
      for (let i = 0; i < 6; i++) {
        if (exchange && i === 3) await trainer.exchange(sized(5))
        const x = new Float32Array(exchange && i >= 3 ? 5 : 2).fill(1)
        await trainer.step({ x }, { learningRate: 0.05 })
      }
      const state = await trainer.snapshot()
      await trainer.release()
      return state
    }
    const [through, exchanged] = [await run(false), await run(true)]
    expect(exchanged.step).toBe(6)
    expectClose(exchanged.vectors, (name) => through.vectors[name], 1e-6)
  })
})
