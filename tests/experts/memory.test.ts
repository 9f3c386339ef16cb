// Memory modes change when and where things are computed, not what: the same loss and the same gradients.
import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { openCheckpoint } from '../../lib/diffusion/checkpoint.ts'
import { initialFactors, loraGraph, loraTrainingProgram, trainOptions } from '../../lib/experts/index.ts'
import { type MemoryMode, memoryModes, memoryPlan } from '../../lib/experts/memory.ts'
import { type Feeds, Trainer } from '../../lib/runtime/index.ts'
import { goldenPath, relativeError } from '../support/golden.ts'

const wide = await openCheckpoint(goldenPath('tiny-sd15'))
const half = await openCheckpoint(goldenPath('tiny-sd15'), { dtype: 'float16' })
// 1,024 queries and more than a million scores: attention is what it is for a model of true size.
const size = 32
const { in_channels: channels, cross_attention_dim: width } = wide.unet.config
const shape = { batch: 1, latent: [channels, size, size] as const, text: [77, width] as const }
const random = new Random(5)
const feeds: Feeds = {
  sample: random.normals(channels * size * size),
  target: random.normals(channels * size * size),
  timesteps: Float32Array.of(321),
  text: random.normals(77 * width),
}

/** The first step: its loss, and AdamW's first moment, which is a tenth of the gradient. */
async function firstStep(memory?: MemoryMode, checkpoint = wide) {
  const options = trainOptions.parse({ rank: 4, maxGradNorm: 1e9, ...(memory ? { memory } : {}) })
  const graph = loraGraph(checkpoint, shape, options)
  const program = loraTrainingProgram(checkpoint, shape, graph, options)
  const factors = initialFactors(graph.layout, new Random(6))
  // B starts at zero, where A has no gradient.
  const start = factors.map((value, i) => value + 0.01 * Math.sin(i))
  const session = { threads: 1, ...memoryPlan(checkpoint, options).session }
  const trainer = await Trainer.create(program, graph.layout, start, session)
  const { loss, gradientNorm } = await trainer.step(feeds, { learningRate: 1e-3 })
  const gradient = await trainer.vector('adam.m')
  await trainer.release()
  return { loss, gradientNorm, gradient, nodes: program.nodeCount }
}

describe('memory modes', async () => {
  const plain = await firstStep()

  it.each(memoryModes)('%s has the gradients of the plain graph', async (memory) => {
    const found = await firstStep(memory)
    expect(found.nodes).toBeGreaterThan(plain.nodes)
    expect(Math.abs(found.loss / plain.loss - 1)).toBeLessThan(1e-6)
    expect(Math.abs(found.gradientNorm / plain.gradientNorm - 1)).toBeLessThan(1e-5)
    expect(Math.hypot(...plain.gradient)).toBeGreaterThan(0)
    expect(relativeError(found.gradient, plain.gradient)).toBeLessThan(1e-5)
  })

  it.each([undefined, ...memoryModes])(
    '%s has them from weights that stay in half precision, too',
    async (memory) => {
      const found = await firstStep(memory, half)
      // A Cast before each use, in the forward and the backward pass.
      expect(found.nodes).toBeGreaterThan(plain.nodes)
      expect(Math.abs(found.loss / plain.loss - 1)).toBeLessThan(1e-6)
      expect(relativeError(found.gradient, plain.gradient)).toBeLessThan(1e-5)
    },
  )

  it('is balanced for a large model alone, unless one is named', () => {
    const large = {
      unet: { weights: { path: 'w', tensors: new Map([['w', { length: 2 ** 29 }]]) } },
    } as unknown as Parameters<typeof memoryPlan>[0]
    expect(memoryPlan(large, {})).toEqual(memoryPlan(large, { memory: 'balanced' }))
    expect(memoryPlan(wide, {})).toMatchObject({ lean: false, session: {} })
    expect(memoryPlan(wide, { memory: 'low' })).toMatchObject({ lean: true, checkpointing: true })
    expect(memoryPlan(large, { memory: 'low', gradientCheckpointing: false }).checkpointing).toBe(false)
  })

  it('stays out of the settings of a training that names none', () => {
    expect(trainOptions.parse({})).not.toHaveProperty('memory')
  })
})
