// Says a scene in words, each time differently. What it writes, `parse-caption.ts` reads back as the
// same scene; the deliberately wrong captions of noisy pre-training are in `noisy-captions.ts`.
import type { Random } from '../base/random.ts'
import { distinct, type Group, mirrored, type Scene } from './scene.ts'
import {
  backgroundEndings,
  backgroundWords,
  captionTokens,
  colorWords,
  numberWords,
  openings,
  relationWords,
  shapeWords,
  sizeWords,
  variants,
  type Wordings,
} from './wordings.ts'

/** Most words of a caption. */
export const maxCaptionWords = 34
/** Most words and punctuation marks of a caption. */
export const maxCaptionTokens = 38

interface Context {
  random: Random
  wordings: Wordings
  /** Say everything the shortest way. */
  short: boolean
}

const noun = ({ count, shape }: Group) => shapeWords[shape][count === 1 ? 0 : 1]
const verb = ({ count }: Group) => (count === 1 ? 'is' : 'are')

function number({ count }: Group, next: string, { random, short }: Context): string {
  const article = /^[aeiou]/.test(next) ? 'an' : 'a'
  if (count === 1 && (short || random.chance(0.75))) return article
  return short ? numberWords[count][0] : random.pick(numberWords[count])
}

/** "two small red squares"; in test wordings sometimes "two small squares in red". */
function indefinite(group: Group, context: Context, withSize = true): string {
  const { random, wordings, short } = context
  const size = group.size && withSize ? random.pick(sizeWords[group.size]) : undefined
  const color = group.color && random.pick(colorWords[group.color])
  const colorLast = color && wordings !== 'train' && !short && random.chance(0.25)
  const words = [size, colorLast ? undefined : color, noun(group), colorLast ? `in ${color}` : undefined]
  const text = words.filter(Boolean).join(' ')
  return `${number(group, text, context)} ${text}`
}

/** "the red square": enough to tell the group from the others. */
function definite(group: Group, others: readonly Group[], withSize = true): string {
  const bare = others.every(
    (other) => other === group || distinct({ ...other, size: undefined }, { ...group, size: undefined }),
  )
  const size = group.size && withSize && !bare ? sizeWords[group.size][0] : undefined
  return ['the', size, group.color, noun(group)].filter(Boolean).join(' ')
}

function list(parts: readonly string[], { random, wordings, short }: Context): string {
  if (parts.length === 1) return parts[0]
  if (parts.length === 2) return parts.join(short ? ' and ' : random.pick([' and ', ' and ', ' with ', ', ']))
  const [a, b, c] = parts
  const train = [`${a}, ${b} and ${c}`, `${a}, ${b}, ${c}`]
  const test = [`${a} and ${b} and ${c}`, `${a} with ${b} and ${c}`]
  return random.pick(wordings === 'train' || short ? train : wordings === 'test' ? test : [...train, ...test])
}

function opening(first: Group, { random, wordings, short }: Context): string {
  const text = short ? '' : random.pick(variants(openings, wordings))
  return first.count === 1 ? text : text.replace(/there is $/, 'there are ')
}

/** The related pair in the order it is said: half the time from the other side. */
function said({ groups, relation }: Scene, random: Random) {
  if (!relation) return undefined
  const swap = random.chance(0.5)
  const [first, second] = swap ? [groups[1], groups[0]] : [groups[0], groups[1]]
  return { first, second, kind: swap ? mirrored[relation.kind] : relation.kind }
}

/** Everything in one sentence, but for a third group beside a relation. */
function oneSentence(scene: Scene, context: Context): string {
  const { random, wordings, short } = context
  const { groups, background } = scene
  const pair = said(scene, random)
  const color = background && (short ? background : random.pick(backgroundWords[background]))
  const ending = color
    ? (short ? ' on *' : random.pick(variants(backgroundEndings, wordings))).replace('*', color)
    : ''
  if (!pair) {
    const order = random.shuffle(groups)
    const things = list(
      order.map((group) => indefinite(group, context)),
      context,
    )
    const inFront = ending && wordings !== 'train' && !short && random.chance(0.4)
    if (inFront) {
      const there = random.chance(0.5) ? `there ${verb(order[0])} ` : ''
      return `${ending.trim()}, ${there}${things}`.replace(/^with/, 'on')
    }
    return opening(order[0], context) + things + ending
  }
  const first = indefinite(pair.first, context)
  const second = indefinite(pair.second, context)
  const is = verb(pair.first)
  let text = `${first} ${pair.kind}${/left|right/.test(pair.kind) ? ' of' : ''} ${second}`
  if (!short) {
    const where = `${random.pick(variants(relationWords[pair.kind], wordings))} ${second}`
    const start = opening(pair.first, context)
    if (wordings !== 'train' && random.chance(0.4))
      text = random.chance(0.5) ? `${where}, there ${is} ${first}` : `${where} ${is} ${first}`
    else text = `${start}${first} ${start === '' && random.chance(0.5) ? `${is} ` : ''}${where}`
  }
  const third = groups[2] && `there ${verb(groups[2])} also ${indefinite(groups[2], context)}`
  if (third) return `${text}${ending}. ${third}.`
  return text + ending
}

/** One thing a sentence: first what there is, then where, how big, and on what. */
function sentences(scene: Scene, context: Context): string {
  const { random, wordings } = context
  const { groups, background } = scene
  const order = random.shuffle(groups)
  // A size may be said later, of a group that can be named without it.
  const later = order.filter((group) => {
    const others = groups.filter((other) => other !== group)
    return (
      group.size &&
      random.chance(0.5) &&
      others.every((other) => distinct({ ...group, size: undefined }, other))
    )
  })
  const things = list(
    order.map((group) => indefinite(group, context, !later.includes(group))),
    context,
  )
  const parts = [opening(order[0], context) + things]
  const pair = said(scene, random)
  if (pair) {
    const words = random.pick(variants(relationWords[pair.kind], wordings))
    const [a, b] = [definite(pair.first, groups), definite(pair.second, groups)]
    parts.push(`${a} ${verb(pair.first)} ${words} ${b}`)
  }
  for (const group of later)
    parts.push(`${definite(group, groups, false)} ${verb(group)} ${random.pick(sizeWords[group.size!])}`)
  if (background) {
    const color = random.pick(backgroundWords[background])
    if (wordings !== 'train' && random.chance(0.5)) parts.push(`there is a ${color} background`)
    else parts.push(`the background is ${color}`)
  }
  return `${parts.join('. ')}.`
}

function fits(caption: string): boolean {
  const tokens = captionTokens(caption)
  return (
    tokens.length <= maxCaptionTokens && tokens.filter((token) => /\w/.test(token)).length <= maxCaptionWords
  )
}

/**
 * Says a scene: lower case, at most 34 words and 38 tokens, words of `captionWords()` only.
 *
 * @param options.wordings `train` (default), `test` (sentences never used in training), or `all`
 */
export function caption(scene: Scene, random: Random, options: { wordings?: Wordings } = {}): string {
  const { wordings = 'train' } = options
  const context: Context = { random, wordings, short: false }
  const rich = scene.groups.length > 2 || (scene.relation && scene.background)
  for (let tries = 0; tries < 6; tries++) {
    const text = random.chance(rich ? 0.5 : 0.2) ? sentences(scene, context) : oneSentence(scene, context)
    if (fits(text)) return text
  }
  return oneSentence(scene, { ...context, short: true })
}
