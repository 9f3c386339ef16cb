// What the tests of the prompt studio's kernel side share: a page's view of it, a skill and a writer.
import type { PromptStudio } from '../../../../kernel/widgets/index.ts'
import { Random } from '../../../../lib/base/random.ts'
import {
  type CandidateRow,
  candidateRow,
  promptStudioState,
} from '../../../../lib/messages/views/prompt-studio.ts'
import { type LanguageModel, skill } from '../../../../lib/prompts/index.ts'
import type { Sent } from '../page.ts'

export const custom = (content: object) => ({ method: 'custom', content: { version: 1, ...content } })
export const kinds = (sent: readonly Sent[], kind: string) =>
  sent.filter(({ data }) => data.content?.kind === kind)
export const stateOf = (studio: PromptStudio) => promptStudioState.parse(studio.modelState().state)

/** Rows as a page that was there from the beginning has them. */
export function rowsOf(sent: readonly Sent[]): CandidateRow[] {
  let rows: CandidateRow[] = []
  for (const { data } of kinds(sent, 'rows')) {
    rows = rows.slice(0, data.content.total)
    for (const row of candidateRow.array().parse(data.content.rows)) rows[row.at] = row
  }
  return rows
}

export const odd = skill('odd', {
  teaches: 'odd scenes',
  seeds: ['a cow reads the news', 'two clouds knit a scarf', 'a lamp rests in the attic'],
})

/** Writes the same lists, one after the other, whatever it is asked with: near copies, long ones, rubbish. */
export function scripted(): LanguageModel {
  let request = 0
  const things = 'lamp kite boat drum clock ladder piano teapot'.split(' ')
  const places = 'attic harbor desert forest kitchen valley'.split(' ')
  return {
    name: 'scripted',
    kind: 'llm',
    async complete() {
      const random = new Random(request++)
      const lines = Array.from({ length: 20 }, (_, at) => {
        const words = Array.from(
          { length: 3 },
          () => `${random.pick(things)} near the ${random.pick(places)}`,
        )
        const text = `a ${words.join(' and a ')}`
        if (random.chance(0.1)) return `${at + 4}. ${text} ${'and more '.repeat(12)}`
        return random.chance(0.1) ? 'Sure, here are more:' : `${at + 4}. ${text}`
      })
      return { text: lines.join('\n'), promptTokens: 100, completionTokens: 300 }
    },
  }
}
