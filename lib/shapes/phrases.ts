// Names groups in questions and reads those names back. The judge knows a question only by its text, so
// both directions live here.
import type { SeenObject } from './read-picture.ts'
import { type Color, colors, type Group, type Shape, type Size, shapes } from './scene.ts'
import { shapeWords } from './wordings.ts'

/** What a phrase asks of an object; what is undefined does not matter. */
export interface Wanted {
  size?: Size
  color?: Color
  shape?: Shape
}

const sizes: readonly Size[] = ['small', 'medium', 'large']
export const countWords = ['zero', 'one', 'two', 'three', 'four'] as const

/** "small red square", or the plural. */
export function phraseOf({ size, color, shape }: Wanted & { shape: Shape }, plural = false): string {
  return [size, color, shapeWords[shape][plural ? 1 : 0]].filter(Boolean).join(' ')
}

/** "a small red square", "an orange ring". */
export function withArticle(phrase: string): string {
  return `${/^[aeiou]/.test(phrase) ? 'an' : 'a'} ${phrase}`
}

/** "one small red square", "two orange rings". */
export function counted(group: Group): string {
  return `${countWords[group.count]} ${phraseOf(group, group.count > 1)}`
}

/** Reads "small red squares"; undefined when a word is none of this world's. */
export function readPhrase(phrase: string): Wanted | undefined {
  const wanted: Wanted = {}
  for (const word of phrase.trim().split(/\s+/)) {
    const size = sizes.find((name) => name === word)
    const color = colors.find((name) => name === word)
    const shape = shapes.find((name) => shapeWords[name].includes(word))
    if (size) wanted.size = size
    else if (color) wanted.color = color
    else if (shape) wanted.shape = shape
    else if (word !== 'object' && word !== 'objects') return undefined
  }
  return wanted
}

/** Whether an object is what a phrase asks for. */
export function matches(object: Pick<SeenObject, 'size' | 'color' | 'shape'>, wanted: Wanted): boolean {
  return (
    (!wanted.shape || object.shape === wanted.shape) &&
    (!wanted.color || object.color === wanted.color) &&
    (!wanted.size || object.size === wanted.size)
  )
}
