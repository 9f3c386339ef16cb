// Building and compiling graphs: shapes, names, dead nodes, checkpointing as nodes.
import { describe, expect, it } from 'vitest'
import { SelmaError } from '../../lib/base/errors.ts'
import { decodeOnnx } from '../../lib/formats/onnx.ts'
import {
  add,
  attention,
  checkpoint,
  compile,
  concat,
  conv2d,
  exp,
  Graph,
  gradients,
  groupNorm,
  linear,
  matmul,
  mul,
  reshape,
  silu,
  slice,
  sum,
  type Tensor,
} from '../../lib/runtime/index.ts'

describe('shapes that do not fit', () => {
  const cases: [string, (graph: Graph) => Tensor, string[]][] = [
    ['add', (g) => add(g.input('a', [2, 3]), g.input('b', [4])), ['[2,3]', '[4]']],
    ['matmul', (g) => matmul(g.input('a', [2, 3]), g.input('b', [4, 2])), ['[2,3]', '[4,2]']],
    ['matmul batch', (g) => matmul(g.input('a', [2, 5, 3]), g.input('b', [3, 3, 2])), ['[2,5,3]', '[3,3,2]']],
    ['linear', (g) => linear(g.input('a', [2, 3]), g.input('w', [5, 4])), ['3 features', '[5,4]']],
    [
      'conv2d',
      (g) => conv2d(g.input('a', [1, 3, 8, 8]), g.input('w', [5, 4, 3, 3])),
      ['3 channels', '[5,4,3,3]'],
    ],
    [
      'conv2d larger than the picture',
      (g) => conv2d(g.input('a', [1, 3, 1, 8]), g.input('w', [5, 3, 3, 3])),
      ['[1,5,-1,6]'],
    ],
    ['concat', (g) => concat([g.input('a', [2, 3]), g.input('b', [3, 3])], 1), ['[2,3]', '[3,3]', 'axis 1']],
    ['reshape', (g) => reshape(g.input('a', [2, 3]), [4, -1]), ['[2,3]', '[4,-1]']],
    ['slice', (g) => slice(g.input('a', [2, 3]), 1, 1, 4), ['1:4', '[2,3]']],
    [
      'groupNorm',
      (g) => groupNorm(g.input('a', [1, 6, 2]), 4, g.input('w', [6]), g.input('b', [6])),
      ['6 channels', '4 groups'],
    ],
    [
      'attention',
      (g) => attention(g.input('q', [1, 1, 4, 8]), g.input('k', [1, 1, 4, 6]), g.input('v', [1, 1, 4, 6])),
      ['[1,1,4,8]', '[1,1,4,6]'],
    ],
  ]
  it.each(cases)('%s', (_, build, parts) => {
    let caught: unknown
    try {
      build(new Graph())
    } catch (error) {
      caught = error
    }
    expect(caught).toBeInstanceOf(SelmaError)
    expect((caught as SelmaError).code).toBe('mismatch')
    for (const part of parts) expect((caught as SelmaError).message).toContain(part)
  })

  it('of a state and its next value', () => {
    const graph = new Graph()
    const state = graph.input('state', [3])
    expect(() => graph.state(state, graph.input('next', [2]))).toThrow(
      'state state has the shape [3] and its next value [2]',
    )
  })

  it('of a constant and its bytes', () => {
    expect(() => new Graph().constant('c', [3], 'float16', new Uint8Array(12))).toThrow(
      'constant c has 12 bytes, its shape [3] as float16 takes 6',
    )
  })
})

describe('names and constants', () => {
  it('a name is used once', () => {
    const graph = new Graph()
    graph.input('x', [1])
    expect(() => graph.input('x', [1])).toThrow('a tensor named x exists already')
  })

  it('a tensor of another graph is refused', () => {
    const [one, other] = [new Graph(), new Graph()]
    expect(() => add(one.input('x', [1]), other.input('y', [1]))).toThrow(
      'the input y belongs to another graph',
    )
  })

  it('equal scalars and indices are one constant', () => {
    const graph = new Graph()
    expect(graph.scalar(0.5)).toBe(graph.scalar(0.5))
    expect(graph.ints([1, 2])).toBe(graph.ints([1, 2]))
    expect(graph.ints([1, 2])).not.toBe(graph.ints([1, 2], [1, 2]))
  })

  it('two plain numbers are no expression', () => {
    expect(() => mul(2, 3)).toThrow('two plain numbers')
  })
})

describe('compile', () => {
  it('drops what no output needs, and keeps every input', () => {
    const graph = new Graph()
    const [x, unused] = [graph.input('x', [2]), graph.input('unused', [4])]
    exp(exp(unused))
    graph.floats([1, 2, 3], [3], 'unused_constant')
    graph.output('y', add(x, graph.floats([1, 2], [2], 'used_constant')))
    const program = compile(graph)
    const { graph: written } = decodeOnnx(program.model)
    expect(written.nodes.map((node) => node.op)).toEqual(['Add', 'Identity'])
    expect(written.initializers.map((tensor) => tensor.name)).toEqual(['used_constant'])
    expect(program.nodeCount).toBe(2)
    expect(program.inputs.map((input) => input.name)).toEqual(['x', 'unused'])
    expect(program.outputs).toEqual([{ name: 'y', shape: [2], dtype: 'float32' }])
  })

  it('leaves states out of the inputs and outputs', () => {
    const graph = new Graph()
    const count = graph.input('count', [1])
    graph.state(count, add(count, 1))
    graph.variable('factor', [2])
    graph.output('twice', mul(count, 2))
    const program = compile(graph)
    expect(program.inputs).toEqual([])
    expect(program.outputs.map((output) => output.name)).toEqual(['twice'])
    expect(program.states).toEqual([
      { input: 'count', output: 'count.next', shape: [1] },
      { input: 'factor', output: undefined, shape: [2] },
    ])
  })

  it('writes the same bytes for the same graph', () => {
    const build = () => {
      const graph = new Graph({ training: true })
      const x = graph.input('x', [2, 3])
      const loss = sum(silu(linear(x, graph.floats([1, 2, 3], [1, 3]))))
      graph.output('dx', gradients(loss, [x])[0])
      return compile(graph).model
    }
    expect(build()).toEqual(build())
  })

  it('an operator without its gradient costs only its forward nodes', () => {
    const count = (training: boolean) => {
      const graph = new Graph({ training })
      graph.output('y', silu(graph.input('x', [2])))
      return compile(graph).nodeCount
    }
    expect(count(true)).toBe(count(false))
  })
})

describe('checkpointing', () => {
  const nodes = (recompute: boolean): string[] => {
    const graph = new Graph({ training: true })
    const [x, weight] = [graph.input('x', [2, 3]), graph.input('weight', [3, 3])]
    const block = (y: Tensor) => exp(linear(exp(y), weight))
    const loss = sum(recompute ? checkpoint(block, [x]) : block(x))
    gradients(loss, [x, weight]).forEach((gradient, i) => {
      graph.output(`gradient${i}`, gradient)
    })
    graph.output('loss', loss)
    return decodeOnnx(compile(graph).model).graph.nodes.map((node) => node.op)
  }

  it('computes the block a second time', () => {
    const count = (ops: string[], op: string) => ops.filter((other) => other === op).length
    const [plain, checkpointed] = [nodes(false), nodes(true)]
    expect(count(plain, 'Exp')).toBe(2)
    expect(count(checkpointed, 'Exp')).toBe(4)
    expect(checkpointed.length).toBeGreaterThan(plain.length)
  })

  it('is nothing in a graph without training', () => {
    const graph = new Graph()
    graph.output(
      'y',
      checkpoint((x) => exp(x), [graph.input('x', [2])]),
    )
    expect(compile(graph).nodeCount).toBe(2)
  })
})
