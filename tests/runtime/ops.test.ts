// Every operator, forward and backward, against PyTorch's float64 results.
import { describe, expect, it } from 'vitest'
import { add, type Feeds, gradients, mul, sum, type Tensor } from '../../lib/runtime/index.ts'
import { expectClose, Golden, goldenJson } from '../support/golden.ts'
import { type OpCase, variantsOf } from '../support/golden-ops.ts'
import { runGraph } from '../support/run-graph.ts'

const cases = goldenJson<Record<string, OpCase>>('ops')
const golden = new Golden('ops')

// Float32 arithmetic on inputs that float32 holds; the rule of the project is 1e-4.
const LIMIT = 1e-5

it('covers every golden case', () => {
  expect(Object.keys(cases).length).toBeGreaterThan(80)
})

describe.each(Object.keys(cases))('%s', (name) => {
  const { op, attributes, inputs, outputs, differentiable } = cases[name]
  const suffix = (i: number): string => (outputs.length === 1 ? '' : String(i))
  it.each(variantsOf(op).map((variant) => [variant.name, variant] as const))('%s', async (_, variant) => {
    const feeds: Feeds = {}
    const integral = (i: number): boolean => op === 'embedding' && i === 0
    inputs.forEach((_, i) => {
      feeds[`in${i}`] = integral(i) ? golden.ids(`${name}.in${i}`) : golden.floats(`${name}.in${i}`)
    })
    const results = await runGraph(
      (graph) => {
        const fed = inputs.map((shape, i) => graph.input(`in${i}`, shape, integral(i) ? 'int64' : 'float32'))
        const made = variant.build(fed, attributes)
        const outs = Array.isArray(made) ? made : [made]
        expect(outs.map((out) => out.shape)).toEqual(outputs)
        const loss = outs
          .map((out, i) =>
            sum(mul(out, graph.floats(golden.floats(`${name}.grad_out${suffix(i)}`), out.shape))),
          )
          .reduce((a, b) => add(a, b))
        const back = gradients(
          loss,
          differentiable.map((i) => fed[i]),
        )
        const named: Record<string, Tensor> = {}
        outs.forEach((out, i) => {
          named[`out${suffix(i)}`] = out
        })
        differentiable.forEach((i, at) => {
          expect(back[at].shape).toEqual(inputs[i])
          named[`grad${i}`] = back[at]
        })
        return named
      },
      feeds,
      { training: true },
    )
    expectClose(results, (key) => golden.numbers(`${name}.${key}`), LIMIT)
  })
})
