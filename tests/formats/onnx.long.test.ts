import { expect, it } from 'vitest'
import { mutateModels } from './onnx-fuzz.ts'

it('survives 10,000 damaged models', () => {
  const { refused, accepted } = mutateModels(10_000, 2)
  expect(refused).toBeGreaterThan(2000)
  expect(accepted).toBeGreaterThan(1000)
})
