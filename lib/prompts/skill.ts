// What a skill is: a name, what it teaches, the rules its prompts keep and a few seed prompts.
// Plain data, safe to put into a job file. Not the list of known skills: see skills.ts.
import { fail } from '../base/errors.ts'

/** A skill that prompts are written for (paper, section 3.1). JSON-serialisable. */
export interface Skill {
  /** Lower-case letters, digits, `-` and `_`; begins prompt ids and file names. */
  readonly name: string
  /** What the prompts teach, completing "the prompts teach it …". */
  readonly teaches: string
  /** At least three example prompts; the first pool that in-context examples are drawn from. */
  readonly seeds: readonly string[]
  /** Sentences that every prompt has to keep to, shown to the language model. */
  readonly rules: readonly string[]
  /** Longest prompt in words, included. The paper says "under 30" or "under 50". */
  readonly maxWords: number
}

export interface SkillOptions {
  teaches: string
  seeds: readonly string[]
  /** Default none. */
  rules?: readonly string[]
  /** Default 30, at least 3. */
  maxWords?: number
}

/** How many examples a request shows, and so the least number of seeds (paper: three). */
export const examplesPerRequest = 3

/** Collapses white space, so that a text is one line of a numbered list. */
export function oneLine(text: string): string {
  return text.replace(/\s+/gu, ' ').trim()
}

/** Words as people count them: parts between white space. */
export function countWords(text: string): number {
  return text.split(/\s+/u).filter((word) => word !== '').length
}

/**
 * Describes a skill of your own.
 *
 * @example
 * const count = skill('count', {
 *   teaches: 'counting objects',
 *   seeds: ['three red squares', 'two green rings', 'four blue stars'],
 * })
 * @throws SelmaError `bad-input` for a bad name, fewer than three seeds, repeated or over-long seeds
 */
export function skill(name: string, options: SkillOptions): Skill {
  if (typeof name !== 'string' || !/^[a-z0-9][a-z0-9_-]{0,63}$/.test(name)) {
    fail(
      'bad-input',
      `bad skill name ${JSON.stringify(name)}`,
      'use 1 to 64 of a-z, 0-9, - and _, starting with a letter or digit, e.g. "count"',
    )
  }
  const { rules = [], maxWords = 30 } = options ?? {}
  const teaches = words(name, 'teaches', options?.teaches)
  if (!Number.isInteger(maxWords) || maxWords < 3) {
    fail('bad-input', `skill "${name}": maxWords is ${maxWords}`, 'give a whole number of at least 3')
  }
  if (!Array.isArray(options.seeds) || options.seeds.length < examplesPerRequest) {
    const got = Array.isArray(options.seeds) ? options.seeds.length : 0
    fail(
      'bad-input',
      `skill "${name}" has ${got} seed prompts`,
      `give at least ${examplesPerRequest}: each request shows that many examples`,
    )
  }
  const seeds = options.seeds.map((seed, index) => words(name, `seeds[${index}]`, seed))
  const seen = new Set<string>()
  for (const seed of seeds) {
    const key = seed.toLowerCase()
    if (seen.has(key)) fail('bad-input', `skill "${name}": the seed "${seed}" is given twice`)
    seen.add(key)
    const length = countWords(seed)
    if (length > maxWords) {
      fail(
        'bad-input',
        `skill "${name}": the seed "${seed}" has ${length} words, more than maxWords ${maxWords}`,
        'shorten the seed or raise maxWords',
      )
    }
  }
  return {
    name,
    teaches,
    seeds,
    rules: rules.map((rule, index) => words(name, `rules[${index}]`, rule)),
    maxWords,
  }
}

function words(name: string, field: string, value: unknown): string {
  const text = typeof value === 'string' ? oneLine(value) : ''
  if (!/[\p{L}\p{N}]/u.test(text)) {
    fail('bad-input', `skill "${name}": ${field} is ${JSON.stringify(value) ?? 'missing'}`, 'give some text')
  }
  return text
}
