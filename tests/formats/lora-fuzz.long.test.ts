import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { goldenPath } from '../support/golden.ts'
import { temporaryFolder } from '../support/temporary.ts'
import { mutateLoras } from './lora-fuzz.ts'

it('survives 10,000 damaged LoRA files and configs', async () => {
  const model = readFileSync(goldenPath('tiny-sd15', 'unet', 'config.json'), 'utf8')
  const { refused, accepted } = await mutateLoras(10000, 2, { folder: await temporaryFolder(), model })
  expect(refused).toBeGreaterThan(2500)
  expect(accepted).toBeGreaterThan(100)
})
