// What an editor of prompts needs of generatePrompts: a beginning chosen by hand, and candidates nobody judged.
import { describe, expect, it } from 'vitest'
import { collectPrompts, type GenerateOptions, type PromptEvent } from '../../lib/prompts/generate.ts'
import { skill } from '../../lib/prompts/skill.ts'
import { wordsmith } from './support.ts'

async function run(options: GenerateOptions) {
  const odd = skill('odd', {
    teaches: 'odd scenes',
    seeds: ['a cow reads the news', 'two clouds knit a scarf', 'a lamp rests in the attic'],
  })
  const events: PromptEvent[] = []
  const set = await collectPrompts(odd, { ...options, onEvent: (event) => events.push(event) })
  return { set, events, texts: set.prompts.map(({ text }) => text) }
}

describe('generatePrompts', () => {
  it('begins with prompts chosen before, as if it had written them', async () => {
    const options = { llm: wordsmith(), n: 70, seed: 7 }
    const whole = await run(options)
    const { state } = whole.events.filter((event) => event.type === 'round')[1]
    const { prompts, requests, emptyRounds } = state
    const begun = await run({ ...options, begin: { prompts, requests, emptyRounds } })
    expect(begun.set.prompts).toEqual(whole.set.prompts)
    const other = await run({ ...options, threshold: 0.5, begin: { prompts: prompts.slice(3), requests } })
    expect(other.texts.slice(0, prompts.length - 3)).toEqual(prompts.slice(3).map(({ text }) => text))
    expect(other.events[0]).toMatchObject({ type: 'request', request: requests })
    expect(prompts).toEqual(whole.set.prompts.slice(0, prompts.length)) // what was passed in is left alone
    await expect(run({ ...options, resumeFrom: state, begin: { prompts, requests } })).rejects.toThrow(/both/)
  })

  it('tells of what it leaves unjudged', async () => {
    const { set, events } = await run({ llm: wordsmith(), n: 5 })
    const surplus = events.flatMap((event) => (event.type === 'surplus' ? [event.text] : []))
    expect(surplus.length).toBeGreaterThan(0)
    expect(surplus).toHaveLength(set.stats.surplus)
  })
})
