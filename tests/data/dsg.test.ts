import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { dsgSource, formatDsg, parseDsg, readDsg, writeDsg } from '../../lib/data/dsg.ts'
import { parseDsgAnswers } from '../../lib/data/dsg-answers.ts'
import { countRepairs, expectedAnswer } from '../../lib/data/question.ts'

const header =
  'item_id,text,keywords,proposition_id,dependency,category_broad,category_detailed,tuple,question_natural_language'
const row = (item: string, id: string | number, dependency: string, text = 'a cube') =>
  `${item},${text},cube,${id},${dependency},entity,whole,entity - whole (cube),Is there a cube?`
const file = (...rows: string[]) => [header, ...rows, ''].join('\n')

describe('reading DSG questions', () => {
  it('groups questions by item and keeps file order, categories and parents', () => {
    const set = parseDsg(
      file(
        row('own_1', 1, '0', '"a cube, red"'),
        'own_1,"a cube, red","cube, red",2,1,attribute,color,"attribute - color (cube, red)",Is the cube red?',
        row('other_7', 1, '0'),
      ),
      { source: 'somewhere/questions.csv' },
    )
    expect(set.name).toBe('questions')
    expect(set.repairs).toEqual([])
    expect(set.items.map(({ id, text, skill }) => [id, text, skill])).toEqual([
      ['own_1', 'a cube, red', 'own'],
      ['other_7', 'a cube', 'other'],
    ])
    expect(set.items[0].questions[1]).toEqual({
      itemId: 'own_1',
      id: 2,
      question: 'Is the cube red?',
      dependencies: [1],
      category: 'attribute',
      categoryDetailed: 'color',
      tuple: 'attribute - color (cube, red)',
    })
    expect(expectedAnswer(set.items[0].questions[1])).toBe('yes')
  })

  it('mends what the published file has wrong, and says what and where', () => {
    const set = parseDsg(
      file(
        row('a_1', 1, '0'),
        row('a_1', ' 2', '"1, right"'),
        row('a_1', 3, '"1, 2"'),
        row('a_1', 4, '4'),
        row('a_1', 5, '"6,1,1"'),
        row('a_1', 6, '9'),
      ),
    )
    expect(set.items[0].questions.map(({ dependencies }) => dependencies)).toEqual([
      [],
      [1],
      [1, 2],
      [],
      [6, 1],
      [],
    ])
    expect(countRepairs(set)).toEqual({
      spaces: 2,
      'not-a-number': 1,
      'self-reference': 1,
      'duplicate-parent': 1,
      'missing-parent': 1,
    })
    expect(set.repairs.find(({ kind }) => kind === 'not-a-number')).toEqual({
      kind: 'not-a-number',
      row: 3,
      itemId: 'a_1',
      questionId: 2,
      found: '1, right',
    })
    expect(set.repairs.find(({ kind }) => kind === 'missing-parent')?.row).toBe(7)
  })

  it('leaves out blank questions and renumbers an id used twice, as the development file needs', () => {
    const blank = 'a_1,a cube,cube,2,1,entity,whole,t, '
    const set = parseDsg(file(row('a_1', 1, '0'), blank, row('a_1', 3, '"1,2"'), row('a_1', 3, '3')))
    expect(set.items[0].questions.map(({ id, dependencies }) => [id, dependencies])).toEqual([
      [1, []],
      [3, [1]],
      [4, [3]],
    ])
    expect(set.repairs.map(({ kind, row, questionId, found }) => [kind, row, questionId, found])).toEqual([
      ['no-question', 3, 2, ' '],
      ['missing-parent', 4, 3, '1,2'],
      ['duplicate-id', 5, 4, '3'],
    ])
  })

  it.each([
    ['a word for an id', file(row('a_1', 'one', '0')), /row 2.*"one"/],
    ['id zero', file(row('a_1', 0, '0')), /row 2/],
    ['no item id', file(row(' ', 1, '0')), /row 2.*item_id/],
    ['a dependency without a number', file(row('a_1', 1, 'right')), /row 2.*"right"/],
    ['an empty dependency', file(row('a_1', 1, '')), /row 2/],
    ['two texts', file(row('a_1', 1, '0'), row('a_1', 2, '0', 'a ball')), /row 3.*two texts/],
    ['a short row', file(row('a_1', 1, '0'), 'a_1,a cube'), /row 3: 2 cells under 9/],
    ['another header', 'id,text\n1,a\n', /no column item_id/],
    ['an open quote', `${header}\na_1,"open,cube,1,0,e,w,t,q\n`, /[Qq]uote/],
    ['an item without questions', file('a_1,a cube,cube,1,0,entity,whole,t, '), /item a_1 has no question/],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseDsg(text)).toThrow(message)
  })

  it('names items by another rule when asked', () => {
    expect(parseDsg(file(row('a_1', 1, '0')), { skill: () => 'mine' }).items[0].skill).toBe('mine')
    expect(dsgSource('localized_narratives_95')).toBe('localized_narratives')
    expect(dsgSource('plain')).toBeUndefined()
  })
})

describe('writing DSG questions', () => {
  it('writes the published columns only when that is enough', () => {
    const text = file(row('a_1', 1, '0'), row('a_1', 2, '1'))
    expect(formatDsg(parseDsg(text))).toBe(text)
  })

  it('comes back the same with skills, answers, choices and awkward text', async () => {
    const set = parseDsg(file(row('a_1', 1, '0', '"say ""hi"",\nthen go"'), row('b', 1, '0')))
    set.items[1].skill = 'count'
    set.items[0].questions[0].answer = 'no'
    set.items[1].questions[0].choices = ['yes', 'no, not "that"']
    const folder = await mkdtemp(join(tmpdir(), 'dsg-'))
    try {
      const path = join(folder, 'DSG questions.csv')
      await writeDsg(path, set)
      expect(await readdir(folder)).toEqual(['DSG questions.csv'])
      expect(await readDsg(path)).toEqual(set)
      await expect(readDsg(join(folder, 'none.csv'))).rejects.toMatchObject({ code: 'not-found' })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('refuses choices that are no list', () => {
    expect(() => parseDsg(`${header},choices\n${row('a_1', 1, '0')},red\n`)).toThrow(/row 2: choices "red"/)
  })
})

describe('released answers', () => {
  const columns = 'dsg_prompt_split,qg_model,t2i_model,item_id,question,question_id,dependency_id,answer'
  it('reads one row an answer', () => {
    expect(
      parseDsgAnswers(`${columns}\nown,dsg,sd2dot1,own_1,Is there a cube?,2,"1, air",no cube\n`),
    ).toEqual([
      {
        split: 'own',
        questionModel: 'dsg',
        imageModel: 'sd2dot1',
        itemId: 'own_1',
        questionId: 2,
        question: 'Is there a cube?',
        answer: 'no cube',
      },
    ])
  })
  it('refuses a row without a question id', () => {
    expect(() => parseDsgAnswers(`${columns}\nown,dsg,m,own_1,Q?,x,0,no\n`)).toThrow(/row 2: question_id "x"/)
  })
})
