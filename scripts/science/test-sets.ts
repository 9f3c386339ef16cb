// The test sets that were registered in docs/science.md, by the digits of their questions' hash, in the order of
// their studies. Not a place for sets to try things on: each is scored for the condition it was registered with.
import { fail } from '../../lib/base/errors.ts'
import { type SuiteOptions, shapesSuite, suiteSkills } from '../../lib/shapes/suite.ts'

interface TestSet extends Pick<SuiteOptions, 'seed' | 'perSkill' | 'skills' | 'wordings'> {
  /** Test sets none of whose scenes are in this one: what an earlier study was scored on is no news. */
  without?: readonly string[]
}

const testSets: Readonly<Record<string, TestSet>> = {
  e7841cbe: { seed: 0 },
  cee8b85a: { seed: 1 },
  '3b553a15': { seed: 2, wordings: 'train', without: ['e7841cbe', 'cee8b85a'] },
  '386a58ac': { seed: 2, wordings: 'test', without: ['e7841cbe', 'cee8b85a'] },
  a8687701: {
    seed: 3,
    wordings: 'train',
    skills: ['color', 'count', 'spatial', 'size', 'background'],
    perSkill: 96,
    without: ['e7841cbe', 'cee8b85a', '3b553a15', '386a58ac'],
  },
}

export const testSetNames = Object.keys(testSets)

const registered = (name: string): TestSet =>
  testSets[name] ?? fail('bad-input', `--test-set ${name}`, `choose one of ${testSetNames.join(', ')}`)

/** A registered test set. @throws SelmaError on a name that is none */
export function testSet(name: string): ReturnType<typeof shapesSuite> {
  const { without = [], ...options } = registered(name)
  const items = without.flatMap((earlier) => testSet(earlier).items)
  return shapesSuite({ perSkill: 80, ...options, split: 'test', without: { items } })
}

/** The skills that a registered test set asks for. @throws SelmaError on a name that is none */
export const testSkills = (name: string): NonNullable<TestSet['skills']> =>
  registered(name).skills ?? suiteSkills
