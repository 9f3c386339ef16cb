import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import * as w from '../../../kernel/widgets/index.ts'
import { generate } from '../../../scripts/generate-widgets.ts'

const models = createRequire(import.meta.url)('@jupyter-widgets/schema/jupyterwidgetmodels.latest.json') as {
  model: { name: string }
  attributes: { name: string }[]
}[]

describe('the generated widgets', () => {
  it('are what the schema gives today', () => {
    const file = readFileSync(new URL('../../../kernel/widgets/generated.ts', import.meta.url), 'utf8')
    expect(file === generate()).toBe(true)
  })

  it('are all of them, with every attribute', () => {
    const classes = new Map(
      Object.values(w)
        .filter((one) => typeof one === 'function' && Object.hasOwn(one, 'spec'))
        .map((one) => (one as unknown as { spec: { model: string[]; traits: object } }).spec)
        .map((spec) => [spec.model[2], spec]),
    )
    expect(models).toHaveLength(69)
    for (const { model, attributes } of models) {
      const spec = classes.get(model.name)
      const names = attributes.map(({ name }) => name).filter((name) => !/^_(model|view)_/.test(name))
      expect(Object.keys(spec?.traits ?? {})).toEqual(expect.arrayContaining(names))
    }
  })
})
