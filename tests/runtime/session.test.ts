// Running programs: feeds, fetches, states, weights that stay in their files.
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { toHalf } from '../../lib/formats/half.ts'
import { readSafetensorsHeader, writeSafetensors } from '../../lib/formats/safetensors.ts'
import {
  add,
  cast,
  compile,
  Graph,
  LocalSession,
  matmul,
  mul,
  type Program,
  type Provider,
  sin,
  type Tensor,
} from '../../lib/runtime/index.ts'
import { operatorThreads } from '../../lib/runtime/session.ts'
import { relativeError } from '../support/golden.ts'
import { temporaryFolder } from '../support/temporary.ts'

function scaled(): Program {
  const graph = new Graph()
  const x = graph.input('x', [2, 2])
  const factor = graph.variable('factor', [1])
  const runs = graph.input('runs', [1])
  graph.state(runs, add(runs, 1))
  graph.output('y', mul(x, factor))
  graph.output('sine', sin(x))
  return compile(graph)
}

async function open(program: Program = scaled()): Promise<LocalSession> {
  const session = await LocalSession.create(program, { threads: 1 })
  onTestFinished(() => session.release())
  return session
}

const x = Float32Array.of(1, 2, 3, 4)

describe('a session', () => {
  it('keeps its states between runs, zeros at first', async () => {
    const session = await open()
    expect([...(await session.run({ x })).y]).toEqual([0, 0, 0, 0])
    await session.setState('factor', Float32Array.of(3))
    expect([...(await session.run({ x })).y]).toEqual([3, 6, 9, 12])
    await session.run({ x })
    expect([...(await session.getState('runs'))]).toEqual([3])
  })

  it('hands out copies of states', async () => {
    const session = await open()
    ;(await session.getState('factor'))[0] = 5
    expect([...(await session.getState('factor'))]).toEqual([0])
    const value = Float32Array.of(2)
    await session.setState('factor', value)
    value[0] = 9
    expect([...(await session.getState('factor'))]).toEqual([2])
  })

  it('computes only the outputs asked for; states advance all the same', async () => {
    const session = await open()
    expect(Object.keys(await session.run({ x }, ['sine']))).toEqual(['sine'])
    expect(Object.keys(await session.run({ x }))).toEqual(['y', 'sine'])
    expect([...(await session.getState('runs'))]).toEqual([2])
  })

  it('gives the same bytes twice', async () => {
    const [one, other] = [await open(), await open()]
    expect(await one.run({ x })).toEqual(await other.run({ x }))
  })

  it('does not hand out memory that the next run overwrites', async () => {
    const session = await open()
    const { sine } = await session.run({ x })
    const copy = sine.slice()
    await session.run({ x: x.map((value) => value * 2) })
    expect(sine).toEqual(copy)
  })
})

describe('what a session refuses', () => {
  it.each([
    ['a missing feed', {}, 'bad-input', 'the input x [2,2] was not fed'],
    ['a wrong length', { x: new Float32Array(3) }, 'mismatch', 'the input x takes [2,2] = 4 numbers, got 3'],
    ['an unknown input', { x, y: x }, 'bad-input', 'there is no input y'],
    ['a state among the feeds', { x, runs: new Float32Array(1) }, 'bad-input', 'there is no input runs'],
    ['a name that every object has', { x, constructor: x }, 'bad-input', 'there is no input constructor'],
    ['numbers of another type', { x: new BigInt64Array(4) }, 'mismatch', 'the input x is float32'],
  ])('%s', async (_, feeds, code, message) => {
    const session = await open()
    const error = expect.objectContaining({
      name: 'SelmaError',
      code,
      message: expect.stringContaining(message),
    })
    await expect(session.run(feeds)).rejects.toEqual(error)
    expect([...(await session.getState('runs'))]).toEqual([0])
  })

  it('an unknown output', async () => {
    const session = await open()
    await expect(session.run({ x }, ['z'])).rejects.toEqual(
      expect.objectContaining({
        code: 'bad-input',
        message: 'there is no output z',
        hint: 'the outputs are y, sine',
      }),
    )
  })

  it('an unknown state, or one of another length', async () => {
    const session = await open()
    await expect(session.getState('z')).rejects.toThrow('there is no state z')
    await expect(session.setState('factor', new Float32Array(2))).rejects.toThrow(
      'the state factor holds 1 numbers, got 2',
    )
  })

  it('a model that ONNX Runtime cannot load', async () => {
    const graph = new Graph()
    graph.output('y', graph.node('NoSuchOperator', [graph.input('x', [1])], [{ shape: [1] }])[0])
    await expect(LocalSession.create(compile(graph))).rejects.toEqual(
      expect.objectContaining({ code: 'engine', message: expect.stringContaining('NoSuchOperator') }),
    )
  })

  it('a provider that does not exist, with a hint', async () => {
    await expect(LocalSession.create(scaled(), { provider: 'abacus' as Provider })).rejects.toEqual(
      expect.objectContaining({
        code: 'engine',
        message: expect.stringContaining('on abacus'),
        hint: expect.stringContaining("'cpu'"),
      }),
    )
  })
})

describe('weights in files', () => {
  const values = Float32Array.from({ length: 6 }, (_, i) => Math.fround(Math.sin(i) + 0.1))

  async function files(): Promise<[string, string]> {
    const folder = await temporaryFolder()
    await mkdir(join(folder, 'other'))
    const paths: [string, string] = [join(folder, 'a.safetensors'), join(folder, 'other', 'b.safetensors')]
    await writeSafetensors(paths[0], {
      first: { dtype: 'F32', shape: [3], data: Float32Array.of(9, 9, 9) },
      wide: { dtype: 'F32', shape: [2, 3], data: values },
      half: { dtype: 'F16', shape: [2, 3], data: toHalf(values) },
    })
    await writeSafetensors(paths[1], { wide: { dtype: 'F32', shape: [2, 3], data: values } })
    return paths
  }

  async function constant(graph: Graph, path: string, name: string): Promise<Tensor> {
    const { offset, length, shape, dtype } = (await readSafetensorsHeader(path)).tensors.get(name)!
    const type = dtype === 'F16' ? 'float16' : 'float32'
    return graph.constant(graph.fresh(name), shape, type, { path, offset, length })
  }

  it('are read from path, offset and length', async () => {
    const [path] = await files()
    const graph = new Graph()
    graph.output('y', matmul(graph.input('x', [1, 2]), await constant(graph, path, 'wide')))
    const session = await open(compile(graph))
    const { y } = await session.run({ x: Float32Array.of(1, -1) })
    expect([...y]).toEqual([0, 1, 2].map((i) => Math.fround(values[i] - values[3 + i])))
  })

  it('in half precision are widened in the graph', async () => {
    const [path] = await files()
    const graph = new Graph()
    graph.output('y', add(cast(await constant(graph, path, 'half'), 'float32'), graph.input('x', [2, 3])))
    const session = await open(compile(graph))
    const { y } = await session.run({ x: new Float32Array(6) })
    expect(y).toBeInstanceOf(Float32Array)
    expect(relativeError(y as Float32Array, values)).toBeLessThan(2 ** -11)
    expect([...y]).not.toEqual([...values])
  })

  it('of several folders go into one graph', async () => {
    const [path, other] = await files()
    const graph = new Graph()
    const sum = add(await constant(graph, other, 'wide'), await constant(graph, path, 'wide'))
    graph.output('y', add(sum, graph.input('x', [2, 3])))
    const session = await open(compile(graph))
    const { y } = await session.run({ x: new Float32Array(6) })
    expect([...y]).toEqual([...values.map((value) => 2 * value)])
  })

  it('behind a link, as in the cache of the Hub', async () => {
    const [path] = await files()
    const link = join(await temporaryFolder(), 'link.safetensors')
    await symlink(path, link)
    const graph = new Graph()
    graph.output('y', add(await constant(graph, link, 'wide'), graph.input('x', [2, 3])))
    const session = await open(compile(graph))
    expect((await session.run({ x: new Float32Array(6) })).y).toEqual(values)
  })

  it('that are gone give an engine error', async () => {
    const graph = new Graph()
    const path = join(await temporaryFolder(), 'gone.safetensors')
    graph.output('y', graph.constant('w', [1], 'float32', { path, offset: 0, length: 4 }))
    await expect(LocalSession.create(compile(graph))).rejects.toEqual(
      expect.objectContaining({ code: 'engine' }),
    )
  })
})

describe('threads of an operator', () => {
  it('are as given, else as the environment says, else as ONNX Runtime likes', async () => {
    onTestFinished(() => void vi.unstubAllEnvs())
    vi.stubEnv('SELMA_THREADS', '')
    expect(operatorThreads()).toBeUndefined()
    vi.stubEnv('SELMA_THREADS', '2')
    expect(operatorThreads()).toBe(2)
    expect(operatorThreads(1)).toBe(1)
    const session = await open(scaled())
    await session.setState('factor', Float32Array.of(2))
    const { y } = await session.run({ x: Float32Array.of(1, 2, 3, 4) })
    expect([...y]).toEqual([2, 4, 6, 8])
  })

  it.each(['0', '1.5', 'many'])('are not %s', (text) => {
    onTestFinished(() => void vi.unstubAllEnvs())
    vi.stubEnv('SELMA_THREADS', text)
    expect(() => operatorThreads()).toThrow(`bad number of threads: ${text}`)
  })
})
