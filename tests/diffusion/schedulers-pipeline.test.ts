// Samplers in the pipeline: each picture has its own noise, and a checkpoint's own scheduler is used.
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJson, writeJson } from '../../lib/base/files.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import type { SchedulerName } from '../../lib/diffusion/schedulers/scheduler.ts'
import { relativeError } from '../support/golden.ts'
import { folderForFile, writeTinyPipeline } from '../support/tiny-pipeline.ts'

const folder = join(await folderForFile(), 'tiny')
let pipeline: TextToImagePipeline
beforeAll(async () => {
  await writeTinyPipeline(folder)
  const path = join(folder, 'scheduler', 'scheduler_config.json')
  const config = (await readJson(path)) as object
  // As Stable Diffusion 1.x has it.
  await writeJson(path, { ...config, _class_name: 'PNDMScheduler', skip_prk_steps: true })
  pipeline = await TextToImagePipeline.load(folder)
})
afterAll(() => pipeline.release())

const prompts = ['a red square', 'two blue rings', 'a cross']
const options = { steps: 4, guidance: 2 }
const size = 256

describe('sampling', () => {
  it('goes by the checkpoint’s PNDM', async () => {
    const seeds = [1, 2, 3]
    const own = await pipeline.sample(prompts, { ...options, seeds })
    expect(own).toEqual(await pipeline.sample(prompts, { ...options, seeds, scheduler: 'pndm' }))
    expect(
      relativeError(own, await pipeline.sample(prompts, { ...options, seeds, scheduler: 'ddim' })),
    ).toBeGreaterThan(1e-4)
  })

  const choices: [SchedulerName, number][] = [
    ['pndm', 0],
    ['dpm++-2m', 0],
    ['ddpm', 0],
    ['euler-ancestral', 0],
    ['ddim', 1],
  ]
  it.each(choices)(
    'with %s, η %d, draws a picture from its seed, whatever is beside it',
    async (scheduler, eta) => {
      const draw = (texts: string[], seeds: number[]) =>
        pipeline.sample(texts, { ...options, scheduler, eta, seeds })
      const three = await draw(prompts, [5, 6, 7])
      expect(three.every(Number.isFinite)).toBe(true)
      expect(await draw(prompts, [5, 6, 7])).toEqual(three)
      const alone = await draw([prompts[1]], [6])
      expect(relativeError(three.subarray(size, 2 * size), alone)).toBeLessThanOrEqual(1e-5)
      // More pictures than fit a run: every run has a sampler of its own.
      const many = await draw(
        Array(40).fill(prompts[1]),
        Array.from({ length: 40 }, (_, i) => i - 33),
      )
      expect(relativeError(many.subarray(39 * size), alone)).toBeLessThanOrEqual(1e-5)
    },
  )

  it('adds other noise for another seed, from the same start', async () => {
    const noise = pipeline.initialNoise(1)
    const draw = (seed: number, scheduler: SchedulerName) =>
      pipeline.sample([prompts[0]], { ...options, noise, scheduler, seeds: [seed] })
    expect(await draw(1, 'euler-ancestral')).not.toEqual(await draw(2, 'euler-ancestral'))
    expect(await draw(1, 'euler')).toEqual(await draw(2, 'euler'))
  })

  it('refuses settings before anything is computed', async () => {
    const draw = (change: object) => pipeline.sample(['a ring'], { ...options, seeds: [1], ...change })
    await expect(draw({ eta: 0.5 })).rejects.toThrow('eta 0.5 with PNDMScheduler')
    await expect(draw({ scheduler: 'magic' })).rejects.toThrow('unknown scheduler "magic"')
  })
})
