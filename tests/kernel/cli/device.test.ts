// --device: an unknown one is wrong usage; one that does not work here is an error with the fix, and nothing is made.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../support/temporary.ts'
import { selma } from './support.ts'

const draw = 'images --model shapes --prompt ring --steps 1 --out drawn'

describe('--device', () => {
  it.each(['images', 'train', 'evaluate', 'quickstart'])('is explained by selma %s --help', async (name) => {
    const { stdout } = await selma(`${name} --help`, await temporaryFolder())
    expect(stdout).toMatch(/--device <name>\s+what computes/)
  })

  it('of another name is wrong usage', async () => {
    const { code, stderr } = await selma(`${draw} --device gpu`, await temporaryFolder())
    expect([code, stderr]).toEqual([2, expect.stringMatching(/'gpu' is invalid.*cpu, cuda, webgpu, auto/)])
  })

  it.runIf(process.platform === 'linux')('that does not work is no other one', async () => {
    const folder = await temporaryFolder()
    const env = { VK_ICD_FILENAMES: join('nowhere', 'x.json'), VK_DRIVER_FILES: join('nowhere', 'x.json') }
    const { code, stderr } = await selma(`${draw} --device webgpu`, folder, env)
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/device 'webgpu' does not work here.*\n.*doctor/),
    ])
    expect(existsSync(join(folder, 'drawn'))).toBe(false)
    expect(existsSync(join(folder, '.selma', 'jobs'))).toBe(false)
  })
})
