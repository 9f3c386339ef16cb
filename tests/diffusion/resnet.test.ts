// The ResNet block with time scales and shifts (`resnet_time_scale_shift: scale_shift`) against diffusers.
import { expect, it } from 'vitest'
import { Builder, type Weights } from '../../lib/diffusion/builder.ts'
import { resnetBlock } from '../../lib/diffusion/unet-blocks.ts'
import { expectClose, Golden } from '../support/golden.ts'
import { runGraph } from '../support/run-graph.ts'

const golden = new Golden('resnet')

it('scales and shifts as diffusers does', async () => {
  const run = (scaleShift: boolean) =>
    runGraph(
      (graph) => {
        const weights: Weights = {
          has: (name) => golden.has(`weights.${name.slice('block.'.length)}`),
          get: (name, shape) => {
            const key = `weights.${name.slice('block.'.length)}`
            expect(golden.shape(key)).toEqual([...shape])
            return graph.floats(golden.floats(key), shape, name)
          },
        }
        const time = graph.input('time', [2, 12])
        const x = graph.input('x', [2, 8, 4, 6])
        const options = { outChannels: 16, groups: 4, epsilon: 1e-5, time, scaleShift }
        return { output: resnetBlock(new Builder(graph, weights), 'block', x, options) }
      },
      { x: golden.floats('x'), time: golden.floats('time') },
    )
  expectClose(await run(true), (name) => golden.numbers(name), 1e-5)
})
