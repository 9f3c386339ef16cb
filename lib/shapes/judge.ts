// Answers questions about a picture from what the scene reader saw. It reads the question's words, never
// the scene behind them, and never trusts a parent's answer: dependencies are the scorer's business.
import { fail } from '../base/errors.ts'
import { Random } from '../base/random.ts'
import { expectedAnswer, type Question } from '../data/question.ts'
import type { Picture } from '../formats/picture.ts'
import { sideDistance } from './layout.ts'
import { countWords, matches, readPhrase, type Wanted } from './phrases.ts'
import { readPicture, type SceneReading, type SeenObject } from './read-picture.ts'
import { type Direction, directions, type Group, mirrored, namedSizes, type Scene } from './scene.ts'
import { noneChoice } from './tifa-questions.ts'

/** How far apart, in pixels along the axis, centres must be for one to be beside the other. */
export const leastSideDistance = 4

const sidePattern = '(to the left of|to the right of|above|below)'
const sideOf = (words: string) => directions.find((direction) => words.includes(direction))!

function wantedOr(question: Question, phrase: string): Wanted {
  return (
    readPhrase(phrase) ??
    fail(
      'bad-input',
      `the shapes judge cannot answer ${JSON.stringify(question.question)}: it does not know ${JSON.stringify(phrase)}`,
      'use questionsFor or tifaQuestionsFor to write its questions',
    )
  )
}

function beside(kind: Direction, a: readonly SeenObject[], b: readonly SeenObject[]): boolean {
  if (a.length === 0 || b.length === 0) return false
  return a.every((one) =>
    b.every((other) => one === other || sideDistance(kind, one, other) >= leastSideDistance),
  )
}

/** Readings of one question form: its pattern, and the answer from the picture. */
type Form = readonly [RegExp, (found: string[], seen: SceneReading, question: Question) => string]

const yes = (holds: boolean) => (holds ? 'yes' : 'no')
const pick = ({ objects }: SceneReading, wanted: Wanted) =>
  objects.filter((object) => matches(object, wanted))

/** The value all of some objects share; `none` without objects, the commonest when they differ. */
function common(values: readonly string[]): string {
  if (values.length === 0) return noneChoice
  const count = (value: string) => values.filter((other) => other === value).length
  return values.reduce((best, value) => (count(value) > count(best) ? value : best), values[0])
}

const forms: readonly Form[] = [
  [
    /^is there nothing else in the picture than (.+)\?$/,
    ([list], seen, question) => {
      const wanted = list.split(/, | and /).map((part) => wantedOr(question, part.replace(/^\w+ /, '')))
      const extra = seen.objects.filter((object) => !wanted.some((one) => matches(object, one)))
      return yes(extra.length === 0 && seen.blobs.length === 0)
    },
  ],
  [
    /^(?:is|are) there exactly (\w+) (.+)\?$/,
    ([count, phrase], seen, question) =>
      yes(pick(seen, wantedOr(question, phrase)).length === countWords.indexOf(count as 'one')),
  ],
  [
    /^is there an? (.+?)(?: in the picture)?\?$/,
    ([phrase], seen, question) => yes(pick(seen, wantedOr(question, phrase)).length > 0),
  ],
  [/^is the background (\w+)\?$/, ([color], seen) => yes(seen.background === color)],
  [
    /^(?:is|are) the (.+) (to the left or to the right of|above or below) the (.+)\?$/,
    ([first, sides, second], seen, question) => {
      const [a, b] = [first, second].map((phrase) => pick(seen, wantedOr(question, phrase)))
      const kind: Direction = sides.includes('left') ? 'left' : 'above'
      return [kind, mirrored[kind]].find((direction) => beside(direction, a, b)) ?? 'neither'
    },
  ],
  [
    new RegExp(`^(?:is|are) the (.+) ${sidePattern} the (.+)\\?$`),
    ([first, side, second], seen, question) => {
      const [a, b] = [first, second].map((phrase) => pick(seen, wantedOr(question, phrase)))
      return yes(beside(sideOf(side), a, b))
    },
  ],
  [
    new RegExp(`^(is|are) the (.+) (${namedSizes.join('|')})\\?$`),
    ([verb, phrase, size], seen, question) => {
      const found = pick(seen, wantedOr(question, phrase))
      const right = found.filter((object) => object.size === size)
      return yes(right.length > 0 && (verb === 'is' || right.length === found.length))
    },
  ],
  [/^what color is the background\?$/, (_, seen) => seen.background],
  [
    /^what (color|size) (?:is|are) the (.+)\?$/,
    ([what, phrase], seen, question) =>
      common(
        pick(seen, wantedOr(question, phrase)).map((object) =>
          what === 'color' ? object.color : object.size,
        ),
      ),
  ],
  [
    /^how many (.+) are there\?$/,
    ([phrase], seen, question) => countWords[pick(seen, wantedOr(question, phrase)).length] ?? 'more',
  ],
]

/**
 * Answers one question of `questionsFor` or `tifaQuestionsFor` from what was seen: `yes`, `no`, or one of
 * the choices (`unreadable` for a background that could not be read).
 *
 * Objects are counted by the attributes the question names. "Is the … small?" holds if one is, "Are the …
 * small?" if all are; a relation if it holds between all objects named.
 *
 * @throws SelmaError `bad-input` for a question of another form
 */
export function answerQuestion(question: Question, reading: SceneReading): string {
  const text = question.question.trim().toLowerCase()
  for (const [pattern, answer] of forms) {
    const found = pattern.exec(text)
    if (found) return answer(found.slice(1), reading, question)
  }
  return fail(
    'bad-input',
    `the shapes judge cannot answer ${JSON.stringify(question.question)}`,
    'it answers the questions that questionsFor and tifaQuestionsFor write',
  )
}

/**
 * Whether a picture shows a scene exactly: every group in its number, attributes, relation and background
 * right, nothing else, and everything readable.
 */
export function strictlyCorrect(scene: Scene, reading: SceneReading): boolean {
  const { groups, relation, background } = scene
  if (reading.unreadable || (background && reading.background !== background)) return false
  const found = groups.map((group: Group) => pick(reading, group))
  if (found.some((objects, index) => objects.length !== groups[index].count)) return false
  if (found.flat().length !== reading.objects.length) return false
  return !relation || beside(relation.kind, found[relation.of], found[relation.to])
}

/** Something that answers questions about pictures. */
export interface ShapesJudge {
  /** Printed beside every score. */
  readonly name: string
  /** Share of answers made wrong on purpose. */
  readonly errorRate: number
  /** Answers in the order of the questions. `key` names the picture; it decides which answers are wrong. */
  answer(picture: Picture, questions: readonly Question[], key: string): string[]
}

function wrong(question: Question, answer: string, random: Random): string {
  if (!question.choices) return answer === 'yes' ? 'no' : 'yes'
  const others = question.choices.filter((choice) => choice !== answer)
  return others.length > 0 ? random.pick(others) : answer
}

/**
 * The judge of the embedded world, by its scene reader.
 *
 * @param options.errorRate share of answers to get wrong, default 0: a weaker judge of known quality
 * @param options.seed which answers those are, default 0
 */
export function shapesJudge(options: { errorRate?: number; seed?: number } = {}): ShapesJudge {
  const { errorRate = 0, seed = 0 } = options
  if (!(errorRate >= 0 && errorRate <= 1))
    fail('bad-input', `errorRate is ${errorRate}`, 'give a share between 0 and 1')
  const root = new Random(seed).derive('judge')
  return {
    name:
      errorRate === 0
        ? 'shapes scene reader'
        : `shapes scene reader, ${errorRate * 100} % wrong, seed ${seed}`,
    errorRate,
    answer(picture, questions, key) {
      const reading = readPicture(picture)
      return questions.map((question) => {
        const answer = answerQuestion(question, reading)
        if (errorRate === 0) return answer
        const random = root.derive(key, question.question)
        return random.chance(errorRate) ? wrong(question, answer, random) : answer
      })
    },
  }
}

/** The share of answers that are the expected ones. */
export function shareRight(questions: readonly Question[], answers: readonly string[]): number {
  return (
    questions.filter((question, at) => answers[at] === expectedAnswer(question)).length / questions.length
  )
}
