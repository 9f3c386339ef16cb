import { describe, expect, it } from 'vitest'
import { scoreDsg } from '../../lib/metrics/dsg.ts'
import { evaluatePictures, judgePictures, type PictureToJudge } from '../../lib/metrics/evaluate.ts'
import type { Judge } from '../../lib/metrics/judge.ts'
import { chains } from './sets.ts'

/** Reads its answers off the picture: the n-th byte is the n-th answer. */
const reader: Judge = {
  name: 'byte reader',
  answer: ({ data }, questions) => questions.map((_, at) => (data[at] === 1 ? 'yes' : 'no')),
}
const picture = (itemId: string, seed: number, letters: string): PictureToJudge => ({
  itemId,
  seed,
  picture: {
    width: 4,
    height: 1,
    data: Uint8Array.from({ length: 12 }, (_, at) => Number(letters[at] === 'y')),
  },
})
const all = [picture('a', 0, 'nyyy'), picture('b', 0, 'yyy')]
const options = { pictures: all, questions: chains, judge: reader, model: 'base' }

describe('evaluatePictures', () => {
  it('gives a row for every question and every picture', async () => {
    const result = await evaluatePictures({ ...options, guidance: 5, trainingSeed: 2 })
    expect(result.answers.length).toBe(7)
    expect(result.answers[0]).toEqual({
      model: 'base',
      judge: 'byte reader',
      seed: 0,
      trainingSeed: 2,
      guidance: 5,
      itemId: 'a',
      skill: 'long',
      questionId: 1,
      answer: 'no',
      expected: 'yes',
    })
    expect(result.pictures.map(({ itemId, dsg, strict }) => [itemId, dsg, strict])).toEqual([
      ['a', 0.5, false],
      ['b', 1, true],
    ])
    expect(scoreDsg(result.answers, chains).score).toBe(0.75)
    const cascade = await evaluatePictures({ ...options, dependency: 'cascade' })
    expect(cascade.pictures[0].dsg).toBe(0.25)
  })

  it('takes pictures as they come, and an asynchronous judge and inspection', async () => {
    async function* stream() {
      yield* all
    }
    const keys: string[] = []
    const judge: Judge = {
      name: 'slow',
      answer: async (_, questions, key) => {
        keys.push(key)
        return questions.map(() => 'Yes.')
      },
    }
    const inspect = async () => ({ objects: 2, objectsAsked: 3, unreadable: false, layout: 'row' })
    const result = await evaluatePictures({ ...options, pictures: stream(), judge, inspect })
    expect(result.pictures[1]).toMatchObject({
      objects: 2,
      objectsAsked: 3,
      unreadable: false,
      layout: 'row',
    })
    expect(result.pictures.every(({ strict }) => strict)).toBe(true)
    expect(new Set(keys).size).toBe(2)
  })

  it('names missing pictures', async () => {
    const some = { ...options, pictures: [...all, picture('a', 1, 'yyyy')] }
    await expect(evaluatePictures(some)).rejects.toThrow(/1 pictures are missing: b \(seed 1\)/)
    const result = await evaluatePictures({ ...some, missing: 'report' })
    expect(result.missing).toEqual([{ itemId: 'b', seed: 1 }])
    expect(result.pictures.length).toBe(3)
    await expect(evaluatePictures({ ...options, seeds: [0, 3] })).rejects.toThrow(
      /a \(seed 3\), b \(seed 3\)/,
    )
  })

  it('gives each picture as soon as it is judged', async () => {
    let made = 0
    function* stream() {
      for (const each of all) {
        made++
        yield each
      }
    }
    for await (const { picture } of judgePictures({ ...options, pictures: stream() })) {
      expect(picture.itemId).toBe('a')
      expect(made).toBe(1)
      break
    }
  })

  it.each([
    ['an unknown item', { pictures: [picture('z', 0, 'y')] }, /a picture is of z/],
    ['a picture twice', { pictures: [all[0], all[0]] }, /two pictures of a with seed 0/],
    ['nothing', { pictures: [] }, /no pictures/],
    [
      'a judge of few words',
      { judge: { name: 'short', answer: () => ['yes'] } },
      /short gave 1 answers to 4/,
    ],
    [
      'an item without questions',
      { questions: { ...chains, items: [{ id: 'a', text: 'a', questions: [] }] } },
      /a of chains has no questions/,
    ],
  ])('refuses %s', async (_, change, message) => {
    await expect(evaluatePictures({ ...options, ...change })).rejects.toThrow(message)
  })
})
