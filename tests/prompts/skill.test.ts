import { describe, expect, it } from 'vitest'
import { SelmaError } from '../../lib/base/errors.ts'
import { countWords, skill } from '../../lib/prompts/skill.ts'

const seeds = ['three red squares', 'two blue rings', 'four green circles']

function errorOf(make: () => unknown): SelmaError {
  try {
    make()
  } catch (error) {
    expect(error).toBeInstanceOf(SelmaError)
    return error as SelmaError
  }
  throw new Error('nothing was thrown')
}

describe('skill', () => {
  it('is plain data with the defaults filled in', () => {
    const made = skill('count', { teaches: 'counting', seeds })
    expect(made).toEqual({ name: 'count', teaches: 'counting', seeds, rules: [], maxWords: 30 })
    expect(JSON.parse(JSON.stringify(made))).toEqual(made)
  })

  it('brings texts onto one line', () => {
    const made = skill('x', { teaches: ' a\n b ', seeds: ['one\n two', 'three', 'four'], rules: ['r\ts'] })
    expect([made.teaches, made.seeds[0], made.rules[0]]).toEqual(['a b', 'one two', 'r s'])
  })

  it.each(['', 'Count', 'a b', '../x', '-x', 'é', 'x'.repeat(65)])('refuses the name %j', (name) => {
    const error = errorOf(() => skill(name, { teaches: 'x', seeds }))
    expect(error.code).toBe('bad-input')
    expect(error.message).toContain(JSON.stringify(name))
    expect(error.hint).toContain('a-z')
  })

  it.each([
    [{ seeds: seeds.slice(1) }, 'has 2 seed prompts'],
    [{ seeds: ['a cat', '  ', 'a dog'] }, 'seeds[1]'],
    [{ seeds: ['a cat', 'A cat', 'a dog'] }, 'given twice'],
    [{ teaches: '' }, 'teaches'],
    [{ rules: [''] }, 'rules[0]'],
    [{ maxWords: 2 }, 'maxWords is 2'],
    [{ maxWords: 3, seeds: [...seeds, 'one two three four'] }, 'has 4 words'],
  ])('refuses %j', (change, message) => {
    const error = errorOf(() => skill('count', { teaches: 'counting', seeds, ...change }))
    expect(error.code).toBe('bad-input')
    expect(error.message).toContain(message)
  })

  it('refuses missing options with an error, not a crash', () => {
    expect(errorOf(() => skill('count', undefined as never)).message).toContain('teaches')
    expect(errorOf(() => skill('count', { teaches: 'x' } as never)).message).toContain('0 seed prompts')
  })

  it('counts words between white space', () => {
    expect(countWords('  a red-ish\tcat\nsits ')).toBe(4)
    expect(countWords('')).toBe(0)
  })
})
