// The words of the world, in one table that captions are written from and read by. Every word of a
// test-only wording also occurs in training wordings: the test is of new sentences, not of new words.
import type { Background, Color, Direction, NamedSize, Shape } from './scene.ts'

/** Which wordings to use: `train` ones, only `test` ones where there are such, or `all`. */
export type Wordings = 'train' | 'test' | 'all'

/** Some ways to say one thing. */
export interface Choice {
  train: readonly string[]
  test?: readonly string[]
}

/** The variants of a choice that `wordings` allows. */
export function variants(choice: Choice, wordings: Wordings): readonly string[] {
  if (wordings === 'train' || !choice.test) return choice.train
  return wordings === 'test' ? choice.test : [...choice.train, ...choice.test]
}

/** Number words; "a" (or "an") is said for one more often than these. */
export const numberWords: Record<number, readonly string[]> = {
  1: ['one', 'a single'],
  2: ['two', '2', 'a pair of'],
  3: ['three', '3'],
  4: ['four', '4'],
}

export const sizeWords: Record<NamedSize, readonly string[]> = {
  small: ['small', 'tiny', 'little'],
  large: ['large', 'big', 'huge'],
}

export const colorWords: Record<Color, readonly string[]> = {
  red: ['red'],
  green: ['green'],
  blue: ['blue'],
  yellow: ['yellow'],
  purple: ['purple'],
  orange: ['orange'],
}

export const backgroundWords: Record<Background, readonly string[]> = {
  white: ['white'],
  gray: ['gray', 'grey'],
  black: ['black'],
}

/** Singular and plural. */
export const shapeWords: Record<Shape, readonly [string, string]> = {
  square: ['square', 'squares'],
  triangle: ['triangle', 'triangles'],
  cross: ['cross', 'crosses'],
  ring: ['ring', 'rings'],
}

/** `A … B` within one noun phrase ("a red ring left of a blue square"). */
export const relationWords: Record<Direction, Choice> = {
  left: {
    train: ['left of', 'to the left of', 'on the left side of'],
    test: ['on the left of', 'to the left side of'],
  },
  right: {
    train: ['right of', 'to the right of', 'on the right side of'],
    test: ['on the right of', 'to the right side of'],
  },
  above: { train: ['above', 'over', 'higher than'] },
  below: { train: ['below', 'under', 'beneath', 'lower than'] },
}

/** What stands before a list of groups; `is` becomes `are` when the first group has several. */
export const openings: Choice = {
  train: [
    '',
    '',
    'a picture of ',
    'an image of ',
    'a drawing of ',
    'there is ',
    'this picture shows ',
    'a picture showing ',
    'in this picture there is ',
  ],
  test: [
    'this image shows ',
    'an image showing ',
    'this drawing shows ',
    'a drawing showing ',
    'in this image there is ',
  ],
}

/** The background after a list of groups, `*` its colour. */
export const backgroundEndings: Choice = {
  train: [' on a * background', ' on a * background', ' against a * background', ' on *', ' against *'],
  test: [' with a * background', ' on the * background'],
}

/** Words and marks outside the tables above that captions use. */
const otherWords = [
  'a',
  'an',
  'the',
  'of',
  'and',
  'with',
  'is',
  'are',
  'there',
  'also',
  'background',
  ',',
  '.',
]

const split = (text: string) => text.match(/[a-z]+|\d+|[.,]/g) ?? []

/**
 * Every word and punctuation mark captions use, sorted: the closed vocabulary a tokenizer is built from.
 */
export function captionWords(): string[] {
  const choices = [...Object.values(relationWords), openings, backgroundEndings]
  const texts = [
    ...Object.values(numberWords).flat(),
    ...[sizeWords, colorWords, backgroundWords, shapeWords].flatMap((table) => Object.values(table).flat()),
    ...choices.flatMap((choice) => variants(choice, 'all')),
    ...otherWords,
  ]
  return [...new Set(texts.flatMap(split))].sort()
}

/** A caption's words and punctuation marks, as a tokenizer counts them. */
export function captionTokens(caption: string): string[] {
  return split(caption.toLowerCase())
}
