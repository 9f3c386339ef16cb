// A model that a cell draws with: several pictures a prompt, their seeds, and what it says of prompts cut short.
import { describe, expect, it } from 'vitest'
import { T2I } from '../../lib/api/t2i.ts'
import { goldenPath } from '../support/golden.ts'

const prompt = 'a red ring'

describe('T2I.draw', () => {
  it('draws several pictures a prompt, each of which its own seed draws again, and says what was cut', async () => {
    const model = await T2I.load(goldenPath('tiny-sd15'))
    const settings = { steps: 2, width: 128, height: 64 }
    const four = await model.draw([prompt, 'a blue square'], { ...settings, seed: [10, 20], perPrompt: 2 })
    expect(four.captions).toEqual([prompt, prompt, 'a blue square', 'a blue square'])
    const again = await model.draw(['a blue square'], { ...settings, seed: 21 })
    expect(again.pictures[0].width).toBe(128)
    const [a, b] = [again.pictures[0].data, four.pictures[3].data]
    expect(a.filter((value, i) => Math.abs(value - b[i]) > 1)).toHaveLength(0)
    const said = async (text: string) => (await model.draw(text, settings)).grid().title
    expect(await said('red '.repeat(80))).toContain(
      '; cut to the 77 tokens of the text encoder: the prompt by 5 tokens',
    )
    expect(await said(prompt)).not.toContain('cut')
    await expect(model.draw(prompt, { perPrompt: 0 })).rejects.toThrow('perPrompt 0')
    await expect(model.draw(prompt, { seed: [1, 2] })).rejects.toThrow('1 prompts, but 2 seeds')
  })
})
