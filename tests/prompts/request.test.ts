import { describe, expect, it } from 'vitest'
import { parseList } from '../../lib/prompts/parse-list.ts'
import { promptRequest } from '../../lib/prompts/request.ts'
import { skill } from '../../lib/prompts/skill.ts'

const count = skill('count', {
  teaches: 'counting objects',
  rules: ['Never more than three.'],
  seeds: ['three red squares', 'two blue rings', 'one dog'],
})

describe('promptRequest', () => {
  it('is this text', () => {
    expect(promptRequest(count, count.seeds)).toMatchInlineSnapshot(`
      "You write prompts for a text-to-image model. The prompts teach it counting objects.

      Rules:
      - Never more than three.
      - Use at most 30 words in each prompt.
      - Make each prompt clearly different from the examples and from the other prompts.
      - Write each prompt on a line of its own after its number: no headings, no comments, no quotation marks.

      Here are 3 examples. Write 20 more, numbered 4 to 23.

      1. three red squares
      2. two blue rings
      3. one dog
      "
    `)
  })

  it('takes the number and the word limit', () => {
    const text = promptRequest(count, count.seeds, { count: 5, maxWords: 9 })
    expect(text).toContain('Write 5 more, numbered 4 to 8.')
    expect(text).toContain('at most 9 words')
  })

  it('keeps each example on its line, whatever is in it', () => {
    const text = promptRequest(count, ['a\n4. b', 'c', 'd'])
    expect(text).toContain('\n1. a 4. b\n2. c\n3. d\n')
  })

  it('asks for a shape of answer that the parser reads', () => {
    const shown = promptRequest(count, count.seeds)
      .split('\n')
      .filter((line) => /^\d/.test(line))
    expect(parseList(shown.join('\n')).candidates).toEqual([...count.seeds])
  })

  it('refuses another number of examples', () => {
    expect(() => promptRequest(count, ['one'])).toThrow(/needs 3 examples, got 1/)
  })
})
