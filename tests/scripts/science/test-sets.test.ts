import { expect, test } from 'vitest'
import { parseCaption } from '../../../lib/shapes/parse-caption.ts'
import { signature } from '../../../lib/shapes/scene.ts'
import { testSet, testSetNames, testSkills } from '../../../scripts/science/test-sets.ts'

const scenes = (name: string) => testSet(name).items.map(({ text }) => signature(parseCaption(text)))

test.each(testSetNames)('the test set %s is still the one that was registered', (name) => {
  expect(testSet(name).name).toBe(`shapes test ${name}`)
  expect(testSet(name).items).toHaveLength(480)
  expect(new Set(testSet(name).items.map(({ skill }) => skill))).toEqual(new Set(testSkills(name)))
})

test.each(['3b553a15', '386a58ac', 'a8687701'])('%s has no scene of an earlier study', (name) => {
  const earlier = name === 'a8687701' ? testSetNames.slice(0, -1) : ['e7841cbe', 'cee8b85a']
  const seen = new Set(earlier.flatMap(scenes))
  expect(scenes(name).filter((scene) => seen.has(scene))).toEqual([])
})

test('an unknown name is refused with the known ones', () => {
  expect(() => testSet('0badcafe')).toThrow(
    expect.objectContaining({ message: '--test-set 0badcafe', hint: expect.stringContaining('e7841cbe') }),
  )
})
