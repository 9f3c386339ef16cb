// The questions a scene asks of its picture, as DSG writes them (one fact each, with dependencies) plus
// the two that templates forget: the exact count also for "a", and whether there is anything else.
// TIFA's multiple-choice questions are in `tifa-questions.ts`, answers in `judge.ts`.
import type { Question } from '../data/question.ts'
import { counted, countWords, phraseOf, withArticle } from './phrases.ts'
import { type Direction, distinct, type Group, type Scene } from './scene.ts'

/** A direction as questions say it. */
export const sideWords: Record<Direction, string> = {
  left: 'to the left of',
  right: 'to the right of',
  above: 'above',
  below: 'below',
}

/** Just enough of a group to tell it from the others, size left out where it can be. */
export function shortName(group: Group, others: readonly Group[]): Group {
  const { size: _, ...bare } = group
  const twin = others.some((other) => other !== group && !distinct({ ...other, size: undefined }, bare))
  return twin ? group : bare
}

/** "two small red squares, one blue ring": the groups as the question about anything else lists them. */
function inventory(groups: readonly Group[]): string {
  // A thing of the wrong size is not something else: its size has a question of its own.
  const names = groups.map((group) => counted(shortName(group, groups)))
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/**
 * The DSG questions of a scene, in an order in which parents come first. All expect "yes".
 *
 * Existence of a shape is a root; its colour hangs on that, count and size of the group on its colour (or
 * existence), the relation on both groups; background and "nothing else" are roots.
 */
export function questionsFor(scene: Scene, options: { itemId: string }): Question[] {
  const { itemId } = options
  const { groups, relation, background } = scene
  const questions: Question[] = []
  const ask = (
    question: string,
    dependencies: number[],
    [category, categoryDetailed]: readonly [string, string],
    facts: string,
  ): number => {
    const tuple = `${category} - ${categoryDetailed} (${facts})`
    // Two groups of one shape share the question whether that shape is there.
    const known = questions.find((other) => other.question === question)
    if (known) return known.id
    const id = questions.length + 1
    questions.push({ itemId, id, question, dependencies, category, categoryDetailed, tuple })
    return id
  }
  const roots = groups.map((group) => {
    const { shape, color } = group
    const exists = ask(`Is there ${withArticle(shape)}?`, [], ['entity', 'whole'], shape)
    if (!color) return exists
    const colored = phraseOf({ shape, color })
    return ask(`Is there ${withArticle(colored)}?`, [exists], ['attribute', 'color'], `${shape}, ${color}`)
  })
  groups.forEach((group, index) => {
    const name = shortName(group, groups)
    const plural = group.count > 1
    const is = plural ? 'Are' : 'Is'
    const count = countWords[group.count]
    const exact = `${is} there exactly ${count} ${phraseOf(name, plural)}?`
    ask(exact, [roots[index]], ['attribute', 'count'], `${phraseOf(name)}, ==${group.count}`)
    if (!group.size) return
    const { size: _, ...bare } = name
    const facts = `${phraseOf(bare)}, ${group.size}`
    const sized = name.size
      ? `Is there ${withArticle(phraseOf(group))}?`
      : `${is} the ${phraseOf(bare, plural)} ${group.size}?`
    ask(sized, [roots[index]], ['attribute', 'size'], facts)
  })
  if (relation) {
    const [a, b] = [groups[relation.of], groups[relation.to]]
    const [first, second] = [a, b].map((group) => phraseOf(shortName(group, groups), group.count > 1))
    const where = sideWords[relation.kind]
    const parents = [...new Set([roots[relation.of], roots[relation.to]])]
    const text = `${a.count > 1 ? 'Are' : 'Is'} the ${first} ${where} the ${second}?`
    ask(text, parents, ['relation', 'spatial'], `${first}, ${second}, ${where}`)
  }
  if (background)
    ask(`Is the background ${background}?`, [], ['global', 'background'], `background, ${background}`)
  const all = inventory(groups)
  ask(`Is there nothing else in the picture than ${all}?`, [], ['other', 'extra'], `nothing but ${all}`)
  return questions
}
