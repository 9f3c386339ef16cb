import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { parseList } from '../../lib/prompts/parse-list.ts'

const wanted = ['A red cat sits.', 'Two dogs run', '3 kites fly']

describe('parseList', () => {
  it.each([
    ['numbers going on from 4', '4. A red cat sits.\n5. Two dogs run\n6. 3 kites fly'],
    ['numbers starting anew, brackets', '1) A red cat sits.\n2) Two dogs run\n3) 3 kites fly'],
    ['round brackets', '(1) A red cat sits.\n(2) Two dogs run\n(3) 3 kites fly'],
    ['square brackets', '[1] A red cat sits.\n[2] Two dogs run\n[3] 3 kites fly'],
    ['the same number for ever', '1. A red cat sits.\n1. Two dogs run\n1. 3 kites fly'],
    ['numbers without a space', '4.A red cat sits.\n5."Two dogs run"\n6. 3 kites fly'],
    ['colons', '4: A red cat sits.\n5: Two dogs run\n6: 3 kites fly'],
    ['dashes', '4 - A red cat sits.\n5 – Two dogs run\n6 — 3 kites fly'],
    ['hashes', '#4 A red cat sits.\n#5: Two dogs run\n#6. 3 kites fly'],
    ['bullets', '- A red cat sits.\n* Two dogs run\n• 3 kites fly'],
    ['check boxes', '- [ ] A red cat sits.\n- [x] Two dogs run\n- [ ] 3 kites fly'],
    ['letters', 'a) A red cat sits.\nb) Two dogs run\nc) 3 kites fly'],
    ['labels', 'Prompt 4: A red cat sits.\nprompt #5: Two dogs run\nPrompt 6. 3 kites fly'],
    ['bold numbers', '**4.** A red cat sits.\n**5.** Two dogs run\n**Prompt 6:** 3 kites fly'],
    ['bold texts', '4. **A red cat sits.**\n5. *Two dogs run*\n6. __3 kites fly__'],
    ['quotes', '4. "A red cat sits."\n5. “Two dogs run”\n6. `3 kites fly`'],
    ['quotes and commas', '"A red cat sits.",\n"Two dogs run",\n"3 kites fly"'],
    ['bare lines', 'A red cat sits.\nTwo dogs run\n3 kites fly'],
    ['bare lines with small talk', 'Sure! Here are 20 more:\n\nA red cat sits.\nTwo dogs run\n3 kites fly'],
    [
      'blank lines, CRLF, trailing blanks',
      '\r\n4. A red cat sits.  \r\n\r\n5. Two dogs run\r\n \r\n6. 3 kites fly\r\n',
    ],
    ['one line', '4. A red cat sits. 5. Two dogs run 6. 3 kites fly'],
    ['wrapped lines', '4. A red\n   cat sits.\n5. Two dogs\nrun\n6. 3 kites fly'],
    ['text below its number', '4.\nA red cat sits.\n5.\n\nTwo dogs run\n6.\n3 kites fly'],
    ['quoted block', '> 4. A red cat sits.\n> 5. Two dogs run\n> 6. 3 kites fly'],
    ['code fence', '```\n4. A red cat sits.\n5. Two dogs run\n6. 3 kites fly\n```'],
    [
      'table',
      '| # | Prompt |\n|---|---|\n| 4 | A red cat sits. |\n| 5 | Two dogs run |\n| 6 | 3 kites fly |',
    ],
    ['JSON object', '{"prompts": ["A red cat sits.", "Two dogs run", "3 kites fly"]}'],
    ['JSON array', '["4. A red cat sits.", "5. Two dogs run", "6. 3 kites fly"]'],
    [
      'JSON of objects',
      '[{"id": 1, "prompt": "A red cat sits."}, {"text": "Two dogs run"}, {"caption": "3 kites fly"}]',
    ],
    [
      'fenced JSON',
      'Here:\n```json\n{"prompts": ["A red cat sits.", "Two dogs run", "3 kites fly"]}\n```\nEnjoy!',
    ],
    ['JSON after talk', 'Here it is: {"prompts": ["A red cat sits.", "Two dogs run", "3 kites fly"]} Enjoy'],
    ['JSON cut off', '{"prompts": ["A red cat sits.", "Two dogs run", "3 kites fly", "a half fin'],
    ['JSON with a trailing comma', '{"prompts": ["A red cat sits.", "Two dogs run", "3 kites fly",]}'],
    ['invisible characters', '\ufeff4. A\u200b red cat\u0007 sits.\n5. Two\u202e dogs run\n6. 3\tkites fly'],
  ])('reads %s', (_, answer) => {
    expect(parseList(answer).candidates).toEqual(wanted)
  })

  it('says why it left lines out', () => {
    const answer = [
      'Here are more prompts:',
      '## Animals',
      '4. A red cat sits.',
      '**More:**',
      '5. ""',
      '6. ...',
      '7. [prompt]',
      "8. I'm sorry, I cannot do that",
      '9. 猫が座る',
      '---',
      'Let me know if you want more!',
    ].join('\n')
    const { candidates, rejected } = parseList(answer)
    expect(candidates).toEqual(['A red cat sits.'])
    expect(Object.fromEntries(rejected.map(({ line, reason }) => [line, reason]))).toEqual({
      'Here are more prompts:': 'not a list item',
      '## Animals': 'heading',
      '**More:**': 'heading',
      '5. ""': 'empty',
      '6. ...': 'no Latin words',
      '7. [prompt]': 'placeholder',
      "8. I'm sorry, I cannot do that": 'refusal',
      '9. 猫が座る': 'no Latin words',
      '---': 'heading',
      'Let me know if you want more!': 'not a list item',
    })
  })

  it('finds nothing in nothing', () => {
    for (const answer of ['', ' \n\n', '```\n```'])
      expect(parseList(answer)).toEqual({ candidates: [], rejected: [] })
    expect(parseList('I cannot help with that.').candidates).toEqual([])
    expect(parseList('{"answer": 42}').rejected).toEqual([
      { line: '{"answer": 42}', reason: 'JSON without a list' },
    ])
    expect(parseList('[7, null, "a cat"]').candidates.length).toBeLessThanOrEqual(1)
    expect(parseList('{"prompts": [7, null, {"x": 1}, "a cat"]}')).toEqual({
      candidates: ['a cat'],
      rejected: ['7', 'null', '{"x":1}'].map((line) => ({ line, reason: 'not text' })),
    })
  })

  it('drops the last prompt of an answer that was cut off, unless it closed itself', () => {
    const cut = parseList('4. A red cat sits.\n5. Two dogs ru', { truncated: true })
    expect(cut.candidates).toEqual(['A red cat sits.'])
    expect(cut.rejected).toEqual([{ line: 'Two dogs ru', reason: 'cut off at the token limit' }])
    expect(parseList('["a cat", "a dog"]', { truncated: true }).candidates).toEqual(['a cat', 'a dog'])
  })

  it('leaves numbers, hyphens and quotes inside a prompt alone', () => {
    const texts = [
      'A 2-story house at 12:30',
      'a sign that says "open" and "closed"',
      '3.5 inch disks',
      "a dog's bone",
    ]
    expect(parseList(texts.map((text, index) => `${index + 4}. ${text}`).join('\n')).candidates).toEqual(
      texts,
    )
  })

  it('takes any junk without throwing, and gives one-line texts back', () => {
    const random = new Random('junk')
    const bits = [
      '4. ',
      '\n',
      '{',
      '}',
      '[',
      ']',
      '"',
      '\\',
      '|',
      '**',
      '```',
      'a cat',
      '#',
      '- ',
      ':',
      '\u0000',
      '>',
      '(',
      ')',
      '💥',
      '___',
    ]
    for (let round = 0; round < 2000; round++) {
      const answer = Array.from({ length: random.int(0, 25) }, () => random.pick(bits)).join('')
      for (const text of parseList(answer).candidates) {
        expect(text).toMatch(/^\S(?:.*\S)?$/)
        expect(text).toMatch(/[a-z]{2}/)
      }
    }
  })

  it('does not choke on one very long line', () => {
    expect(parseList('"'.repeat(50_000)).candidates).toEqual([])
    expect(parseList(`4. ${'word '.repeat(20_000)}`).rejected[0].reason).toBe('far too long')
    expect(parseList(`{"prompts": ["${'\\"'.repeat(20_000)}`).candidates).toEqual([])
  })
})
