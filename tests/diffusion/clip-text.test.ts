// The text encoder against transformers: quick_gelu and gelu, both ways of naming weights, pooling.
import { describe, expect, it } from 'vitest'
import { clipText, pooledPosition } from '../../lib/diffusion/clip-text.ts'
import { expectClose, Golden } from '../support/golden.ts'
import { runGraph } from '../support/run-graph.ts'
import { frozen, tinyGeluText, tinyText } from '../support/tiny-models.ts'

const golden = new Golden('clip')
const models = [
  { name: 'quick-gelu', folder: 'tiny-sd/text_encoder', config: tinyText },
  { name: 'gelu', folder: 'tiny-clip-gelu', config: tinyGeluText },
]

describe.each(models)('$name', ({ name, folder, config }) => {
  const shape = golden.shape(`${name}.ids`)
  const [rows, tokens] = shape
  const run = () =>
    runGraph(
      (graph) => {
        const b = frozen(graph, folder)
        const states = clipText(b, config, graph.input('ids', shape, 'int64'))
        return {
          last_hidden_state: states.lastHiddenState(),
          penultimate: states.hidden.at(-2)!,
          penultimate_normed: states.lastHiddenState(1),
        }
      },
      { ids: golden.ids(`${name}.ids`) },
    )

  it('gives the states of transformers', async () => {
    expectClose(await run(), (key) => golden.numbers(`${name}.${key}`), 1e-5)
  })

  it('pools at the end token', async () => {
    const { last_hidden_state: states } = await run()
    const ids = golden.numbers(`${name}.ids`)
    const pooled = Array.from({ length: rows }, (_, row) => {
      const at =
        row * tokens + pooledPosition(ids.slice(row * tokens, (row + 1) * tokens), config.eos_token_id)
      return [...states.subarray(at * 32, (at + 1) * 32)]
    })
    expectClose({ pooled: pooled.flat() }, () => golden.numbers(`${name}.pooled`), 1e-5)
  })
})

describe('pooledPosition', () => {
  it('takes the highest id where eos_token_id is the early mistake 2, else the first end token', () => {
    expect(pooledPosition([7, 2, 9, 5, 9], 2)).toBe(2)
    expect(pooledPosition([7, 9, 5, 5], 5)).toBe(2)
    expect(pooledPosition([7, 9, 8], 5)).toBe(0)
  })
})

describe('what does not fit', () => {
  const build = (folder: string, tokens: number, prefix?: string) =>
    runGraph((graph) => {
      const ids = graph.input('ids', [1, tokens], 'int64')
      return { last: clipText(frozen(graph, folder), tinyGeluText, ids, prefix).lastHiddenState() }
    }, {})

  it.each([
    ['tiny-clip-gelu', 'text_model.'],
    ['tiny-sd/text_encoder', ''],
  ])('%s under names that begin with "%s"', async (folder, prefix) => {
    await expect(build(folder, 24, prefix)).rejects.toEqual(
      expect.objectContaining({
        code: 'mismatch',
        message: expect.stringContaining(`has no weight ${prefix}embeddings.token_embedding.weight`),
      }),
    )
  })

  it('more tokens than positions', async () => {
    await expect(build('tiny-clip-gelu', 25)).rejects.toThrow('slice 0:25')
  })
})
