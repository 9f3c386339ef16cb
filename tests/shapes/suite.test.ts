import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { writeJson } from '../../lib/base/files.ts'
import { Random } from '../../lib/base/random.ts'
import {
  answerQuestion,
  layout,
  parseCaption,
  readPicture,
  render,
  signature,
  splitOf,
} from '../../lib/shapes/index.ts'
import { inspectPicture } from '../../lib/shapes/inspect.ts'
import { embeddedModels, locateModel } from '../../lib/shapes/models.ts'
import { shapesSuite, suiteSkills } from '../../lib/shapes/suite.ts'
import { temporaryFolder } from '../support/temporary.ts'

describe.each(['validation', 'test'] as const)('the %s suite', (split) => {
  const suite = shapesSuite({ split })

  it('holds scenes of its split only, as many of each skill', () => {
    expect(suite.items).toHaveLength(240)
    for (const skill of suiteSkills)
      expect(suite.items.filter((item) => item.skill === skill)).toHaveLength(40)
    for (const { text } of suite.items) expect(splitOf(parseCaption(text)), text).toBe(split)
  })

  it('names every item and question once, and repeats few scenes', () => {
    expect(new Set(suite.items.map(({ id }) => id)).size).toBe(240)
    expect(new Set(suite.items.map(({ text }) => signature(parseCaption(text)))).size).toBeGreaterThan(235)
    for (const { id, questions } of suite.items) {
      expect(questions.length, id).toBeGreaterThan(0)
      expect(new Set(questions.map((question) => question.id)).size, id).toBe(questions.length)
      for (const { itemId, dependencies } of questions) {
        expect(itemId).toBe(id)
        for (const parent of dependencies)
          expect(parent === 0 || questions.some((question) => question.id === parent)).toBe(true)
      }
    }
  })

  it('asks what the judge answers yes to about a true picture', () => {
    for (const item of suite.items.filter((_, i) => i % 12 === 0)) {
      const picture = render(layout(parseCaption(item.text), new Random(item.id)))
      const reading = readPicture(picture)
      for (const question of item.questions)
        expect(answerQuestion(question, reading), `${item.text} ${question.question}`).toBe('yes')
      const seen = inspectPicture(picture, item)
      expect([seen.objects, seen.unreadable]).toEqual([seen.objectsAsked, false])
      expect(seen.layout.split('; ')).toHaveLength(seen.objects)
    }
  })
})

describe('shapesSuite', () => {
  it('says test scenes as training does, or never so, or in both ways', () => {
    // Endings and openings of which each occurs in one kind of caption alone.
    const trained = /^(a picture|an image of|a drawing of|there is|there are|this picture)/
    const unseen =
      /^(this (image|drawing)|an image showing|a drawing showing|in this image|on a|on the)| in (red|green|blue|yellow|purple|orange)\b/
    const counts = (['train', 'test', 'all'] as const).map((wordings) => {
      const { items } = shapesSuite({ perSkill: 20, wordings })
      for (const { text } of items) expect(splitOf(parseCaption(text)), text).toBe('test')
      return [trained, unseen].map((form) => items.filter(({ text }) => form.test(text)).length)
    })
    const [train, test, all] = counts
    expect(train[0]).toBeGreaterThan(40)
    expect(train[1]).toBe(0)
    expect(test[1]).toBeGreaterThan(all[1])
    expect(all[0]).toBeGreaterThan(test[0])
    expect(all[1]).toBeGreaterThan(0)
    expect(shapesSuite({ wordings: 'all' }).name).toBe(shapesSuite().name)
  })

  it('leaves out the scenes of another suite', () => {
    const scenes = (suite: ReturnType<typeof shapesSuite>) =>
      suite.items.map(({ text }) => signature(parseCaption(text)))
    const other = shapesSuite({ split: 'validation', perSkill: 10, seed: 2 })
    const known = new Set(scenes(other))
    const options = { split: 'validation', perSkill: 20, seed: 1 } as const
    expect(scenes(shapesSuite(options)).some((scene) => known.has(scene))).toBe(true)
    expect(scenes(shapesSuite({ ...options, without: other })).some((scene) => known.has(scene))).toBe(false)
  })

  it('is the same each time, and named by its content', () => {
    const small = { perSkill: 3, skills: ['color', 'count'] } as const
    expect(shapesSuite(small)).toEqual(shapesSuite(small))
    expect(shapesSuite(small).name).toMatch(/^shapes test [0-9a-f]{8}$/)
    const names = [small, { ...small, seed: 1 }, { ...small, perSkill: 4 }, { ...small, split: 'validation' }]
    expect(new Set(names.map((options) => shapesSuite(options as typeof small).name)).size).toBe(4)
    // A skill's prompts do not hang on which other skills are asked for.
    expect(shapesSuite({ perSkill: 3, skills: ['color'] }).items).toEqual(
      shapesSuite(small).items.slice(0, 3),
    )
  })

  it('shares no scene between validation and test', () => {
    const scenes = (split: 'validation' | 'test') =>
      new Set(shapesSuite({ split }).items.map(({ text }) => signature(parseCaption(text))))
    const test = scenes('test')
    expect([...scenes('validation')].filter((scene) => test.has(scene))).toEqual([])
  })
})

describe('inspectPicture', () => {
  it('counts what is there beside what was asked for', () => {
    const scene = parseCaption('two red squares')
    const picture = render(layout(scene, new Random(0)))
    const seen = inspectPicture(picture, { text: 'three blue rings and a red square' })
    expect(seen).toMatchObject({ objects: 2, objectsAsked: 4, unreadable: false })
    expect(seen.layout).toMatch(/^red square \d,\d; red square \d,\d$/)
    const other = render(layout(scene, new Random(1)))
    expect(inspectPicture(other, { text: 'two red squares' }).layout).not.toBe(seen.layout)
  })
})

describe('locateModel', () => {
  it('knows the embedded models and pipeline folders, and names both otherwise', async () => {
    for (const name of embeddedModels) expect(locateModel(name)).toMatchObject({ name })
    const folder = join(await temporaryFolder(), 'mine')
    expect(() => locateModel(folder)).toThrowError(
      expect.objectContaining({ code: 'not-found', hint: expect.stringContaining('shapes') }),
    )
    await writeJson(join(folder, 'model_index.json'), {})
    expect(locateModel(folder)).toEqual({ name: 'mine', folder })
  })
})
