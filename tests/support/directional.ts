// Gradients against directional differences in float32, for composites that have no golden vectors.
import { expect } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { compile, type Feeds, Graph, gradients, LocalSession, type Tensor } from '../../lib/runtime/index.ts'

/** The rule of the project for float32 differences. */
export const DIFFERENCE_LIMIT = 5e-3

/**
 * Compares ⟨gradient, d⟩ with (f(x + εd) − f(x − εd)) / 2ε for each input x, ε = 0.01. Half of each
 * direction d goes along the gradient, so that the product is not near zero; the rest is random.
 *
 * @param shapes of the float32 inputs, drawn from a standard normal distribution
 * @param build the scalar f
 * @returns the gradients, by input
 */
export async function expectDirectional(
  shapes: Readonly<Record<string, readonly number[]>>,
  build: (graph: Graph, inputs: Record<string, Tensor>) => Tensor,
  fixed: Feeds = {},
): Promise<Record<string, Float32Array>> {
  const random = new Random('directional')
  const graph = new Graph({ training: true })
  const inputs = Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, graph.input(name, shape)]),
  )
  const loss = build(graph, inputs)
  const names = Object.keys(shapes)
  const back = gradients(
    loss,
    names.map((name) => inputs[name]),
  )
  graph.output('loss', loss)
  names.forEach((name, i) => {
    graph.output(`gradient.${name}`, back[i])
  })
  const session = await LocalSession.create(compile(graph), { threads: 1 })
  const start: Feeds = Object.fromEntries(
    names.map((name) => [name, random.normals(shapes[name].reduce((a, b) => a * b, 1))]),
  )
  const at = async (feeds: Feeds) =>
    (await session.run({ ...fixed, ...start, ...feeds })) as Record<string, Float32Array>
  const here = await at({})
  const found: Record<string, Float32Array> = {}
  for (const name of names) {
    const gradient = here[`gradient.${name}`]
    found[name] = gradient
    const unit = (values: Float32Array) => values.map((value) => value / Math.hypot(...values))
    const [along, across] = [unit(gradient), unit(random.normals(gradient.length))]
    const direction = along.map((value, i) => (value + across[i]) * Math.SQRT1_2)
    const step = 0.01
    const x = start[name] as Float32Array
    const moved = async (sign: number) =>
      (await at({ [name]: x.map((value, i) => value + sign * step * direction[i]) })).loss[0]
    const difference = ((await moved(1)) - (await moved(-1))) / (2 * step)
    const product = gradient.reduce((total, value, i) => total + value * direction[i], 0)
    expect(Math.abs(difference - product) / Math.abs(product), name).toBeLessThanOrEqual(DIFFERENCE_LIMIT)
  }
  await session.release()
  return found
}
