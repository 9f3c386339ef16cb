import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { QuestionSet } from '../../lib/data/question.ts'
import {
  readTifaPrompts,
  readTifaQuestions,
  readTifaResult,
  writeTifaPrompts,
  writeTifaQuestions,
  writeTifaResult,
} from '../../lib/data/tifa.ts'

let folder: string
const path = (name: string) => join(folder, name)
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tifa-'))
})
afterAll(() => rm(folder, { recursive: true }))

const entry = {
  id: 'coco_9',
  caption: 'two balls',
  question: 'how many balls are there?',
  choices: ['1', '2', '3'],
  answer: '2',
  element_type: 'counting',
  element: 'two',
  coco_val_id: '77',
}

async function stored(name: string, value: unknown): Promise<string> {
  await writeFile(path(name), JSON.stringify(value))
  return path(name)
}

describe('TIFA questions', () => {
  it('numbers the questions of a caption and keeps choices and answer', async () => {
    const second = { ...entry, question: 'are there balls?', choices: ['yes', 'no'], answer: 'yes' }
    const set = await readTifaQuestions(await stored('mine.json', [entry, second, { ...entry, id: 'own' }]))
    expect(set.name).toBe('mine')
    expect(set.items.map(({ id, skill, questions }) => [id, skill, questions.length])).toEqual([
      ['coco_9', 'coco', 2],
      ['own', undefined, 1],
    ])
    expect(set.items[0].questions[0]).toEqual({
      itemId: 'coco_9',
      id: 1,
      question: 'how many balls are there?',
      dependencies: [],
      category: 'counting',
      categoryDetailed: 'counting',
      tuple: 'two',
      choices: ['1', '2', '3'],
      answer: '2',
    })
    await writeTifaQuestions(path('again.json'), set)
    expect(await readTifaQuestions(path('again.json'), { name: 'mine' })).toEqual(set)
  })

  it.each([
    ['an answer outside the choices', [{ ...entry, answer: '4' }], /entry 1 \(coco_9\).*"4"/],
    ['two captions for one id', [entry, { ...entry, caption: 'one ball' }], /entry 2.*two captions/],
    ['a missing field', [{ id: 'a', caption: 'b' }], /0\.question/],
    ['something else', { a: 1 }, /not a list of TIFA questions/],
  ])('refuses %s', async (_, value, message) => {
    await expect(readTifaQuestions(await stored('bad.json', value))).rejects.toThrow(message)
  })

  it('does not write questions with parents', async () => {
    const set: QuestionSet = await readTifaQuestions(await stored('mine.json', [entry, entry]))
    set.items[0].questions[1].dependencies = [1]
    await expect(writeTifaQuestions(path('no.json'), set)).rejects.toThrow(/question 2 has parents/)
  })
})

describe('TIFA captions and results', () => {
  it('reads and writes captions', async () => {
    const prompts = [
      { id: 'coco_1', caption: ' a dog\n', coco_val_id: '5' },
      { id: 'drawbench_2', caption: 'a cat' },
    ]
    await writeTifaPrompts(path('prompts.json'), prompts)
    expect(await readTifaPrompts(path('prompts.json'))).toEqual(prompts)
    const twice = await stored('twice.json', [prompts[0], prompts[0]])
    await expect(readTifaPrompts(twice)).rejects.toThrow(/two captions have the id coco_1/)
  })

  it('reads and writes results', async () => {
    const result = {
      tifa_average: 1,
      tifa_stdev: 0,
      accuracy_by_type: { counting: 1 },
      question_details: {
        coco_9: {
          [entry.question]: { ...entry, free_form_vqa: 'two', multiple_choice_vqa: '2', scores: 1 },
        },
      },
      caption_scores: { coco_9: 1 },
    }
    await writeTifaResult(path('result.json'), result)
    expect(await readTifaResult(path('result.json'))).toEqual(result)
    await expect(readTifaResult(await stored('r.json', { tifa_average: 'x' }))).rejects.toThrow(
      /tifa_average/,
    )
  })
})
