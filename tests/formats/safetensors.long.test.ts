import { expect, it } from 'vitest'
import { mutateHeaders } from './safetensors-fuzz.ts'

it('survives 10,000 damaged headers', () => {
  const { refused, accepted } = mutateHeaders(10_000, 2)
  expect(refused).toBeGreaterThan(5000)
  expect(accepted).toBeGreaterThan(100)
})
