// Where a job computes is part of what it is, and the CPU is what it was before there was a choice.
import { describe, expect, it } from 'vitest'
import { imagesStage } from '../../lib/images/index.ts'
import { describeJob } from '../../lib/jobs/submit.ts'

const plain = { model: 'shapes', prompts: [{ text: 'a red ring' }] } as const
const idOf = async (more: object): Promise<string> =>
  (await describeJob(imagesStage, { ...plain, ...more } as never)).id

describe('the device of a job', () => {
  it('is hashed, but for the CPU', async () => {
    const id = await idOf({})
    expect(await idOf({ device: 'cpu' })).toBe(id)
    const others = await Promise.all(['cuda', 'webgpu'].map((device) => idOf({ device })))
    expect(new Set([id, ...others]).size).toBe(3)
  })

  it('is not how its weights are kept, which is hashed but for float32', async () => {
    const id = await idOf({})
    expect(await idOf({ dtype: 'float32' })).toBe(id)
    expect(await idOf({ dtype: 'float16' })).not.toBe(id)
    await expect(idOf({ dtype: 'bfloat16' })).rejects.toThrow(/dtype|"float32"\|"float16"/)
  })

  it('is a provider: auto is resolved before', async () => {
    await expect(idOf({ device: 'auto' })).rejects.toThrow(/device.*|"cpu"\|"cuda"\|"webgpu"/)
  })
})
