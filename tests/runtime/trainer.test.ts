// Trainer: steps, snapshots, and a resumed run that cannot be told from an uninterrupted one.
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import {
  type Feeds,
  learningRateAt,
  linear,
  loadTrainerState,
  mseLoss,
  ParameterLayout,
  type StepResult,
  saveTrainerState,
  silu,
  Trainer,
  type TrainingOptions,
  trainingProgram,
} from '../../lib/runtime/index.ts'
import { temporaryFolder } from '../support/temporary.ts'

const layout = new ParameterLayout()
layout.declare('up', [16, 4])
layout.declare('bias', [16])
layout.declare('down', [2, 16])

const start = new Random('trainer').normals(layout.length).map((value) => value * 0.3)

const create = (options: TrainingOptions): Promise<Trainer> => {
  const program = trainingProgram(
    layout,
    (graph, p) => {
      const hidden = silu(linear(graph.input('x', [8, 4]), p.get('up')!, p.get('bias')!))
      return mseLoss(linear(hidden, p.get('down')!), graph.input('y', [8, 2]))
    },
    options,
  )
  return Trainer.create(program, layout, start, { threads: 1 })
}

/** The data of a step, from a stream of its own. */
function batch(step: number): Feeds {
  const x = new Random('data').derive(step).normals(32)
  const y = Float32Array.from({ length: 16 }, (_, i) => Math.sin(x[i * 2]) - x[i * 2 + 1] / 2)
  return { x, y }
}

async function train(trainer: Trainer, until: number): Promise<StepResult[]> {
  const results: StepResult[] = []
  while (trainer.steps < until) {
    const learningRate = learningRateAt(trainer.steps, {
      learningRate: 0.02,
      steps: 20,
      schedule: 'cosine',
      warmup: 3,
    })
    results.push(await trainer.step(batch(trainer.steps), { learningRate, emaDecay: 0.9 }))
  }
  return results
}

const kinds: [string, TrainingOptions][] = [
  ['AdamW, clipped, averaged', { maxGradNorm: 0.5, ema: true }],
  ['SGD with momentum', { optimizer: { name: 'sgd', momentum: 0.9, weightDecay: 0.01 } }],
]

describe.each(kinds)('%s', (_, options) => {
  it('learns', async () => {
    const trainer = await create(options)
    const losses = (await train(trainer, 20)).map((result) => result.loss)
    await trainer.release()
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length
    expect(mean(losses.slice(-5))).toBeLessThan(mean(losses.slice(0, 5)) * 0.8)
  })

  it('goes on from a file as if it had never stopped', async () => {
    const whole = await create(options)
    const results = await train(whole, 12)
    const expected = await whole.snapshot()
    await whole.release()

    const path = join(await temporaryFolder(), 'state.safetensors')
    const first = await create(options)
    await train(first, 7)
    await saveTrainerState(path, await first.snapshot(), { note: 'halfway' })
    await first.release()
    const saved = await loadTrainerState(path)
    expect(saved).toMatchObject({ step: 7, metadata: { note: 'halfway' } })
    const second = await create(options)
    await second.restore(saved)
    expect(second.steps).toBe(7)
    expect(await train(second, 12)).toEqual(results.slice(7))
    expect(await second.snapshot()).toEqual(expected)
    await second.release()
  })
})

describe('Trainer', () => {
  it('starts with moments of zero and the average at the parameters', async () => {
    const trainer = await create({ ema: true })
    const { step, vectors } = await trainer.snapshot()
    await trainer.release()
    expect(step).toBe(0)
    expect(Object.keys(vectors).sort()).toEqual(['adam.m', 'adam.v', 'ema', 'parameters'])
    expect(vectors.ema).toEqual(start)
    expect(vectors['adam.v'].every((value) => value === 0)).toBe(true)
  })

  it('a snapshot stays as it was', async () => {
    const trainer = await create({})
    const before = await trainer.snapshot()
    await train(trainer, 2)
    await trainer.release()
    expect(before.vectors.parameters).toEqual(start)
  })

  it('refuses states and feeds that do not fit', async () => {
    const trainer = await create({ optimizer: { name: 'sgd' } })
    await expect(trainer.restore({ step: 1, vectors: { 'adam.m': start } })).rejects.toThrow(
      'there is no state adam.m',
    )
    await expect(trainer.step({ x: batch(0).x }, { learningRate: 1 })).rejects.toThrow(
      'the input y [8,2] was not fed',
    )
    expect(trainer.steps).toBe(0)
    await trainer.release()
  })
})
