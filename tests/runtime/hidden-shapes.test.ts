// A program whose sizes ONNX Runtime does not see ahead: the same numbers, from a model that tells no sizes.
import { expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { decodeOnnx } from '../../lib/formats/onnx.ts'
import { compile, Graph, gradients, groupNorm, mean, reshape, square } from '../../lib/runtime/index.ts'
import { runProgram } from '../support/run-graph.ts'

function normed(): Graph {
  const graph = new Graph({ training: true })
  const x = graph.input('x', [2, 6, 4, 4])
  const scale = graph.variable('scale', [6])
  const bias = graph.floats(new Float32Array(6))
  const y = reshape(groupNorm(x, 3, scale, bias), [2, 96])
  const loss = mean(square(y))
  const [back] = gradients(loss, [scale])
  graph.output('loss', loss)
  graph.output('back', back)
  graph.output('y', y)
  return graph
}

const plain = compile(normed())
const hidden = compile(normed(), { hideShapes: true })

it('computes the same', async () => {
  const feeds = { x: new Random(1).normals(192) }
  expect(await runProgram(hidden, feeds)).toEqual(await runProgram(plain, feeds))
})

it('has fed inputs without sizes, states with theirs, and no Reshape to a constant shape', () => {
  const { graph } = decodeOnnx(hidden.model)
  const shapes = Object.fromEntries(graph.inputs.map(({ name, shape }) => [name, shape]))
  expect(shapes).toEqual({ x: [-1, -1, -1, -1], scale: [6] })
  const constant = new Set(graph.initializers.map(({ name }) => name))
  const reshapes = graph.nodes.filter(({ op }) => op === 'Reshape')
  expect(reshapes.length).toBeGreaterThan(2)
  for (const { inputs } of reshapes) expect(constant).not.toContain(inputs[1])
  expect(decodeOnnx(plain.model).graph.inputs[0].shape).toEqual([2, 6, 4, 4])
})

it('checks what it is fed all the same', async () => {
  await expect(runProgram(hidden, { x: new Float32Array(191) })).rejects.toThrow('[2,6,4,4] = 192')
})
