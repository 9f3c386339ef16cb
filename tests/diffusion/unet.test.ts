// The UNet against diffusers: both tiny checkpoints, plain, checkpointed and with attention in chunks.
import { describe, expect, it } from 'vitest'
import { unetConfig } from '../../lib/diffusion/config.ts'
import { timestepEmbedding, type UNetOptions, unet } from '../../lib/diffusion/unet.ts'
import { compile, type Feeds, Graph, gradients, mean, square } from '../../lib/runtime/index.ts'
import { expectClose, Golden, relativeError } from '../support/golden.ts'
import { runGraph, runProgram } from '../support/run-graph.ts'
import { frozen, tinyLinearUNet, tinyUNet } from '../support/tiny-models.ts'

const golden = new Golden('unet')
const models = {
  conv: { folder: 'tiny-sd/unet', config: tinyUNet },
  linear: { folder: 'tiny-unet-linear', config: tinyLinearUNet },
}
type Name = keyof typeof models
const names = Object.keys(models) as Name[]

const feedsOf = (name: Name): Feeds => ({
  sample: golden.floats(`${name}.sample`),
  timesteps: golden.floats(`${name}.timesteps`),
  text: golden.floats(`${name}.encoder_hidden_states`),
})

function build(
  graph: Graph,
  name: Name,
  options: UNetOptions & { inputGradient?: 'flip' | 'transpose' } = {},
) {
  const { folder, config } = models[name]
  const inputs = {
    sample: graph.input('sample', golden.shape(`${name}.sample`)),
    timesteps: graph.input('timesteps', [2]),
    text: graph.input('text', golden.shape(`${name}.encoder_hidden_states`)),
  }
  return { inputs, output: unet(frozen(graph, folder, options), config, inputs, options) }
}

/** How the gradients to sample and text are made, and how many nodes that took. */
async function inputGradients(name: Name, options: Parameters<typeof build>[2]) {
  const graph = new Graph({ training: true })
  const { inputs, output } = build(graph, name, options)
  const [sample, text] = gradients(mean(square(output)), [inputs.sample, inputs.text])
  graph.output('d_sample', sample)
  graph.output('d_text', text)
  graph.output('output', output)
  const program = compile(graph)
  return { nodes: program.nodeCount, results: await runProgram(program, feedsOf(name)) }
}

describe.each(names)('%s', (name) => {
  it.each([
    ['plain', {}],
    ['attention in chunks of 5 queries', { chunk: 5 }],
  ])('%s', async (_, options) => {
    const results = await runGraph((graph) => ({ output: build(graph, name, options).output }), feedsOf(name))
    expectClose(results, (key) => golden.numbers(`${name}.${key}`), 1e-5)
  })

  it('checkpointing, chunks and the form of convolution gradients change no result', async () => {
    const plain = await inputGradients(name, {})
    expectClose({ output: plain.results.output }, () => golden.numbers(`${name}.output`), 1e-5)
    for (const options of [{ checkpointing: true, chunk: 7 }, { inputGradient: 'transpose' as const }]) {
      const other = await inputGradients(name, options)
      for (const [key, value] of Object.entries(plain.results))
        expect(relativeError(other.results[key], value), key).toBeLessThanOrEqual(1e-5)
      if ('checkpointing' in options) expect(other.nodes).toBeGreaterThan(plain.nodes * 1.2)
    }
  })

  it('embeds timesteps', async () => {
    const results = await runGraph(
      (graph) => ({
        time_proj: timestepEmbedding(graph.input('t', [2]), models[name].config.block_out_channels[0]),
      }),
      { t: golden.floats(`${name}.timesteps`) },
    )
    expectClose(results, (key) => golden.numbers(`${name}.${key}`), 1e-4)
  })
})

describe('what does not fit', () => {
  it('latents that do not halve', () => {
    const graph = new Graph()
    const inputs = {
      sample: graph.input('sample', [1, 4, 9, 8]),
      timesteps: graph.input('timesteps', [1]),
      text: graph.input('text', [1, 3, 32]),
    }
    expect(() => unet(frozen(graph, 'tiny-sd/unet'), tinyUNet, inputs)).toThrow(
      expect.objectContaining({ code: 'bad-input', hint: 'use multiples of 2' }),
    )
  })

  it('a config of another model', () => {
    const build = (changes: object) => () => {
      const graph = new Graph()
      const config = unetConfig.parse({ ...tinyUNet, ...changes })
      const inputs = {
        sample: graph.input('sample', [1, 4, 8, 8]),
        timesteps: graph.input('timesteps', [1]),
        text: graph.input('text', [1, 3, 32]),
      }
      return unet(frozen(graph, 'tiny-sd/unet'), config, inputs)
    }
    expect(build({ block_out_channels: [16, 32] })).toThrow(
      expect.objectContaining({
        code: 'mismatch',
        message: expect.stringMatching(/has the shape \[.*asks for/),
      }),
    )
    expect(build({ layers_per_block: 2 })).toThrow(
      expect.objectContaining({ code: 'mismatch', message: expect.stringContaining('has no weight') }),
    )
    expect(build({ down_block_types: ['DownBlock2D'] })).toThrow('2 block_out_channels, 1 down')
  })
})
