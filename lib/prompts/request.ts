// The text sent to the language model: skill, rules, three examples, and how many more to write.
// A pure function of its arguments, in our own words; the wording is not the paper's.
import { fail } from '../base/errors.ts'
import { examplesPerRequest, oneLine, type Skill } from './skill.ts'

export interface PromptRequestOptions {
  /** How many prompts to ask for. Default 20 (paper). */
  count?: number
  /** Longest prompt in words. Default the skill's. */
  maxWords?: number
}

/**
 * Writes one request with in-context examples numbered 1 to 3, asking for `count` more from 4 on.
 *
 * @param examples exactly three prompts, drawn from the pool
 * @throws SelmaError `bad-input` for another number of examples
 */
export function promptRequest(
  skill: Skill,
  examples: readonly string[],
  { count = 20, maxWords = skill.maxWords }: PromptRequestOptions = {},
): string {
  if (examples.length !== examplesPerRequest) {
    fail(
      'bad-input',
      `a request needs ${examplesPerRequest} examples, got ${examples.length}`,
      'give three prompts from the pool',
    )
  }
  const first = examples.length + 1
  const rules = [
    ...skill.rules,
    `Use at most ${maxWords} words in each prompt.`,
    'Make each prompt clearly different from the examples and from the other prompts.',
    'Write each prompt on a line of its own after its number: no headings, no comments, no quotation marks.',
  ]
  return [
    `You write prompts for a text-to-image model. The prompts teach it ${skill.teaches}.`,
    '',
    'Rules:',
    ...rules.map((rule) => `- ${rule}`),
    '',
    `Here are ${examples.length} examples. Write ${count} more, numbered ${first} to ${first + count - 1}.`,
    '',
    ...examples.map((example, index) => `${index + 1}. ${oneLine(example)}`),
    '',
  ].join('\n')
}
