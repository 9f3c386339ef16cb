import { describe, expect, it } from 'vitest'
import { SelmaError } from '../../lib/base/errors.ts'
import { RougePool } from '../../lib/prompts/rouge-l.ts'
import { embeddedSkills, getSkill, paperSkills, skillNames } from '../../lib/prompts/skills.ts'
import { parseCaption } from '../../lib/shapes/parse-caption.ts'
import { shapeSkills } from '../../lib/shapes/sample-scene.ts'
import type { Scene } from '../../lib/shapes/scene.ts'
import { splitOf } from '../../lib/shapes/split.ts'
import { captionTokens, captionWords } from '../../lib/shapes/wordings.ts'

describe('skills', () => {
  it("are the paper's five with its word limits, three seeds each", () => {
    expect(paperSkills.map(({ name, maxWords }) => [name, maxWords])).toEqual([
      ['coco', 30],
      ['localized-narratives', 50],
      ['diffusiondb', 50],
      ['countbench', 30],
      ['whoops', 30],
    ])
    for (const { seeds, rules } of paperSkills) {
      expect(seeds).toHaveLength(3)
      expect(rules.length).toBeGreaterThan(1)
    }
    const naming = paperSkills.filter(({ rules }) => rules.join(' ').includes('spatial relations'))
    expect(naming.map(({ name }) => name)).toEqual(['coco', 'localized-narratives', 'diffusiondb', 'whoops'])
  })

  it('are found by name, and an unknown name gets the list', () => {
    for (const name of skillNames()) expect(getSkill(name).name).toBe(name)
    expect(skillNames()).toHaveLength(11)
    const error = (() => {
      try {
        return getSkill('cocoo')
      } catch (thrown) {
        return thrown as SelmaError
      }
    })() as SelmaError
    expect(error).toBeInstanceOf(SelmaError)
    expect(error).toMatchObject({ code: 'not-found', message: 'unknown skill "cocoo"' })
    for (const name of skillNames()) expect(error.hint).toContain(name)
    expect(() => getSkill('constructor')).toThrow(/unknown skill/)
  })

  it('have seeds that pass their own diversity filter', () => {
    for (const { seeds } of [...paperSkills, ...embeddedSkills]) {
      const pool = new RougePool()
      for (const seed of seeds) {
        expect(pool.nearest(seed, 0.8)).toBeUndefined()
        pool.add(seed)
      }
    }
  })

  it('are those of the shapes world, under its names', () => {
    expect([...embeddedSkills.map(({ name }) => name), 'mixed'].sort()).toEqual([...shapeSkills].sort())
  })

  const shows: Record<string, (scene: Scene) => boolean> = {
    color: ({ groups }) => groups.every(({ color }) => color),
    count: ({ groups }) => groups.some(({ count }) => count > 1),
    spatial: ({ relation }) => relation !== undefined,
    size: ({ groups }) => groups.some(({ size }) => size),
    background: ({ background }) => background !== undefined,
    paragraph: ({ groups, background }) => groups.length > 1 && background !== undefined,
  }
  it.each(embeddedSkills.map((entry) => [entry.name, entry] as const))(
    'of the shapes world: %s shows what it teaches in captions of the grammar',
    (name, { seeds }) => {
      const vocabulary = captionWords()
      for (const seed of seeds) {
        const scene = parseCaption(seed)
        expect([seed, shows[name](scene), splitOf(scene)]).toEqual([seed, true, 'train'])
        for (const word of captionTokens(seed.toLowerCase())) expect(vocabulary).toContain(word)
      }
    },
  )
})
