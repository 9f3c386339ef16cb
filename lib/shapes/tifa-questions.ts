// Multiple-choice questions as TIFA asks them: what colour, how many, where. Every one can be answered
// from the picture alone; `none` is a choice where the thing asked about may be missing.
import type { Question } from '../data/question.ts'
import { countWords, phraseOf, withArticle } from './phrases.ts'
import { shortName } from './questions.ts'
import { backgrounds, colors, type Scene } from './scene.ts'

/** The choice for "what you ask about is not in the picture". */
export const noneChoice = 'none'

/**
 * TIFA-style questions of a scene, with `choices` and the right `answer`. `category` is TIFA's element
 * type: object, color, counting, attribute (size), spatial, location (background). No dependencies.
 */
export function tifaQuestionsFor(scene: Scene, options: { itemId: string }): Question[] {
  const { itemId } = options
  const { groups, relation, background } = scene
  const questions: Question[] = []
  const ask = (
    category: string,
    tuple: string,
    question: string,
    choices: readonly string[],
    answer: string,
  ) => {
    if (questions.some((other) => other.question === question)) return
    questions.push({
      itemId,
      id: questions.length + 1,
      question,
      dependencies: [],
      category,
      categoryDetailed: category,
      tuple,
      choices: [...choices],
      answer,
    })
  }
  for (const group of groups) {
    const { shape, color, size, count } = group
    const name = shortName(group, groups)
    const aloneInShape = groups.every((other) => other === group || other.shape !== shape)
    ask('object', shape, `Is there ${withArticle(shape)} in the picture?`, ['yes', 'no'], 'yes')
    if (color && aloneInShape) {
      const what = phraseOf({ shape }, count > 1)
      ask(
        'color',
        color,
        `What color ${count > 1 ? 'are' : 'is'} the ${what}?`,
        [...colors, noneChoice],
        color,
      )
    } else if (color) {
      const what = phraseOf({ shape, color })
      ask('color', color, `Is there ${withArticle(what)} in the picture?`, ['yes', 'no'], 'yes')
    }
    ask(
      'counting',
      countWords[count],
      `How many ${phraseOf(name, true)} are there?`,
      [...countWords, 'more'],
      countWords[count],
    )
    if (size && !name.size) {
      const what = phraseOf(name, count > 1)
      const choices = ['small', 'medium', 'large', noneChoice]
      ask('attribute', size, `What size ${count > 1 ? 'are' : 'is'} the ${what}?`, choices, size)
    }
  }
  if (relation) {
    const [first, second] = [groups[0], groups[1]].map((group) =>
      phraseOf(shortName(group, groups), group.count > 1),
    )
    const level = relation.kind === 'left' || relation.kind === 'right'
    const sides = level ? 'to the left or to the right of' : 'above or below'
    const is = groups[0].count > 1 ? 'Are' : 'Is'
    const choices = level ? ['left', 'right', 'neither'] : ['above', 'below', 'neither']
    ask('spatial', relation.kind, `${is} the ${first} ${sides} the ${second}?`, choices, relation.kind)
  }
  if (background) ask('location', background, 'What color is the background?', backgrounds, background)
  return questions
}
