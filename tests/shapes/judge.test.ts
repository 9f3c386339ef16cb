import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { expectedAnswer, type Question } from '../../lib/data/question.ts'
import { answerQuestion, shapesJudge, shareRight, strictlyCorrect } from '../../lib/shapes/judge.ts'
import { addClutter, layout } from '../../lib/shapes/layout.ts'
import { parseCaption } from '../../lib/shapes/parse-caption.ts'
import { questionsFor } from '../../lib/shapes/questions.ts'
import { readPicture } from '../../lib/shapes/read-picture.ts'
import { render } from '../../lib/shapes/render.ts'
import { sampleScene } from '../../lib/shapes/sample-scene.ts'
import type { Scene } from '../../lib/shapes/scene.ts'
import { tifaQuestionsFor } from '../../lib/shapes/tifa-questions.ts'

const item = { itemId: 'item' }

/** Mean of an item's questions, a child counted only when its parents are right (DSG, direct). */
function dsg(questions: readonly Question[], answers: readonly string[]): number {
  const ok = (id: number) => answers[id - 1] === expectedAnswer(questions[id - 1])
  return (
    questions.filter(({ id, dependencies }) => ok(id) && dependencies.every(ok)).length / questions.length
  )
}

function draw(scene: Scene, seed: number | string) {
  const random = new Random(seed)
  const placed = layout(scene, random)
  return { placed, picture: render(placed), cluttered: render(addClutter(placed, random)) }
}

function answers(caption: string, shown: string): Record<string, string> {
  const reading = readPicture(draw(parseCaption(shown), shown).picture)
  return Object.fromEntries(
    questionsFor(parseCaption(caption), item).map((q) => [q.question, answerQuestion(q, reading)]),
  )
}

describe('questionsFor', () => {
  it('asks for everything a scene says, parents first', () => {
    const questions = questionsFor(
      parseCaption('a small red ring left of two blue squares on a black background'),
      item,
    )
    expect(questions.map(({ question, dependencies, tuple }) => [question, dependencies, tuple])).toEqual([
      ['Is there a ring?', [], 'entity - whole (ring)'],
      ['Is there a red ring?', [1], 'attribute - color (ring, red)'],
      ['Is there a square?', [], 'entity - whole (square)'],
      ['Is there a blue square?', [3], 'attribute - color (square, blue)'],
      ['Is there exactly one red ring?', [2], 'attribute - count (red ring, ==1)'],
      ['Is the red ring small?', [2], 'attribute - size (red ring, small)'],
      ['Are there exactly two blue squares?', [4], 'attribute - count (blue square, ==2)'],
      [
        'Is the red ring to the left of the blue squares?',
        [2, 4],
        'relation - spatial (red ring, blue squares, to the left of)',
      ],
      ['Is the background black?', [], 'global - background (background, black)'],
      [
        'Is there nothing else in the picture than one red ring and two blue squares?',
        [],
        'other - extra (nothing but one red ring and two blue squares)',
      ],
    ])
    expect(questions.map(({ id }) => id)).toEqual(questions.map((_, at) => at + 1))
  })

  it('tells twins apart by their size and asks no question twice', () => {
    const questions = questionsFor(parseCaption('a small red ring and a large red ring'), item)
    const texts = questions.map(({ question }) => question)
    expect(texts).toContain('Is there exactly one small red ring?')
    expect(texts).toContain('Is there a large red ring?')
    expect(new Set(texts).size).toBe(texts.length)
    const half = questionsFor(parseCaption('a small ring and a large red ring'), item)
    expect(half.map(({ question }) => question)).toContain('Is there exactly one small ring?')
  })
})

describe('answerQuestion', () => {
  it('finds each mistake, and only that', () => {
    const asked = 'two small red rings left of a blue square on a white background'
    const no = (shown: string) =>
      Object.entries(answers(asked, shown))
        .filter(([, answer]) => answer === 'no')
        .map(([question]) => question)
    expect(no(asked)).toEqual([])
    expect(no(asked.replace('two', 'three'))).toEqual(['Are there exactly two red rings?'])
    expect(no(asked.replace('small', 'large'))).toEqual(['Are the red rings small?'])
    expect(no(asked.replace('left', 'right'))).toEqual(['Are the red rings to the left of the blue square?'])
    expect(no(asked.replace('white', 'black'))).toEqual(['Is the background white?'])
    expect(no(`${asked}. there is also a green cross.`)).toEqual([
      'Is there nothing else in the picture than two red rings and one blue square?',
    ])
    expect(no(asked.replace('blue', 'green'))).toEqual([
      'Is there a blue square?',
      'Is there exactly one blue square?',
      'Are the red rings to the left of the blue square?',
      'Is there nothing else in the picture than two red rings and one blue square?',
    ])
  })

  it('gives choices to multiple-choice questions', () => {
    const reading = readPicture(
      draw(parseCaption('two small red rings above a blue square on white'), 3).picture,
    )
    const ask = (question: string) => answerQuestion({ question } as Question, reading)
    expect(ask('What color are the rings?')).toBe('red')
    expect(ask('What color is the cross?')).toBe('none')
    expect(ask('How many rings are there?')).toBe('two')
    expect(ask('How many green rings are there?')).toBe('zero')
    expect(ask('What size are the red rings?')).toBe('small')
    expect(ask('Are the rings above or below the square?')).toBe('above')
    expect(ask('Is the square above or below the rings?')).toBe('below')
    expect(ask('Is the cross above or below the rings?')).toBe('neither')
    expect(ask('What color is the background?')).toBe('white')
    expect(() => ask('Is the cat happy?')).toThrow(/cat happy/)
    expect(() => ask('Is there a red cat?')).toThrow(/red cat/)
  })
})

describe('shapesJudge', () => {
  const judge = shapesJudge()

  it('says yes to true pictures, less to cluttered ones, little to others: ceiling, control, floor', () => {
    const random = new Random('judge')
    const scores = { clutter: 0, floor: 0 }
    const n = 300
    let other = draw(sampleScene(random), 'first').picture
    for (let i = 0; i < n; i++) {
      const scene = sampleScene(random)
      const { picture, cluttered } = draw(scene, i)
      const questions = questionsFor(scene, item)
      const tifa = tifaQuestionsFor(scene, item)
      expect(dsg(questions, judge.answer(picture, questions, 'true'))).toBe(1)
      expect(shareRight(tifa, judge.answer(picture, tifa, 'true'))).toBe(1)
      expect(strictlyCorrect(scene, readPicture(picture))).toBe(true)
      expect(strictlyCorrect(scene, readPicture(cluttered))).toBe(false)
      for (const { choices, answer } of tifa) expect(choices).toContain(answer)
      scores.clutter += dsg(questions, judge.answer(cluttered, questions, 'clutter')) / n
      scores.floor += dsg(questions, judge.answer(other, questions, 'floor')) / n
      other = picture
    }
    expect(scores.clutter).toBeLessThan(0.92)
    expect(scores.clutter).toBeGreaterThan(0.6)
    expect(scores.floor).toBeGreaterThan(0.08)
    expect(scores.floor).toBeLessThan(0.4)
  })

  it('is wrong as often as told, always in the same places', () => {
    const weak = shapesJudge({ errorRate: 0.2, seed: 5 })
    const random = new Random('weak')
    let flipped = 0
    let asked = 0
    for (let i = 0; i < 250; i++) {
      const scene = sampleScene(random)
      const { picture } = draw(scene, i)
      const questions = [...questionsFor(scene, item), ...tifaQuestionsFor(scene, item)]
      const given = weak.answer(picture, questions, `picture ${i}`)
      if (i < 20) expect(weak.answer(picture, questions, `picture ${i}`)).toEqual(given)
      questions.forEach((question, at) => {
        if (given[at] !== expectedAnswer(question)) flipped++
        if (question.choices) expect(question.choices).toContain(given[at])
      })
      asked += questions.length
    }
    expect(flipped / asked).toBeGreaterThan(0.17)
    expect(flipped / asked).toBeLessThan(0.23)
    expect(weak.name).toContain('20 %')
    expect(() => shapesJudge({ errorRate: 2 })).toThrow(/errorRate is 2/)
  })
})
