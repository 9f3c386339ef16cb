// Reads a caption back into a scene: every wording of the grammar, and a good deal of what a person
// writes by hand. Not a language model: what it does not understand it names and refuses.
import { fail } from '../base/errors.ts'
import {
  type Background,
  backgrounds,
  type Color,
  colors,
  type Direction,
  type Group,
  mirrored,
  type NamedSize,
  namedSizes,
  type Scene,
  type Shape,
  sceneProblem,
  shapes,
} from './scene.ts'
import { backgroundWords, captionWords, colorWords, numberWords, shapeWords, sizeWords } from './wordings.ts'

function lookup<Key extends string>(table: Record<Key, readonly string[]>): Map<string, Key> {
  return new Map(
    (Object.keys(table) as Key[]).flatMap((key) => table[key].map((word) => [word, key] as const)),
  )
}
const shapeOf = lookup<Shape>(shapeWords)
const sizeOf = lookup<NamedSize>(sizeWords)
const colorOf = lookup<Color>(colorWords)
const backgroundOf = lookup<Background>(backgroundWords)
const countOf = new Map(
  Object.entries(numberWords).flatMap(([count, words]) =>
    words.map((word) => [word, Number(count)] as const),
  ),
)
const directionOf = new Map<string, Direction>([
  ...(['left', 'right', 'above', 'below'] as const).map((word) => [word, word] as const),
  ...(['over', 'higher'] as const).map((word) => [word, 'above'] as const),
  ...(['under', 'beneath', 'lower', 'underneath'] as const).map((word) => [word, 'below'] as const),
])
for (const [word, count] of [
  ['1', 1],
  ['pair', 2],
  ['single', 1],
] as const)
  countOf.set(word, count)

// Words that carry nothing here. Those after the captions' own are ones people write.
const fillers = new Set([
  ...captionWords().filter((word) => /[a-z]/.test(word)),
  ...[
    'photo',
    'photos',
    'it',
    'has',
    'have',
    'contains',
    'that',
    'which',
    'exactly',
    'only',
    'just',
    'at',
    'hand',
    'backdrop',
  ],
])
const mediaWords = new Set(['picture', 'image', 'drawing', 'photo'])
const groundWords = new Set(['background', 'backdrop'])

const understood =
  `shapes ${shapes.join(', ')}; colors ${colors.join(', ')}; sizes ${namedSizes.join(', ')}; counts one to four; ` +
  `left of, right of, above, below; on a ${backgrounds.join(', ')} background`

function problem(message: string): never {
  return fail('bad-input', message, `a caption can use: ${understood}`)
}

/** What a noun phrase says. `definite` refers back ("the red square"). */
interface Phrase {
  definite: boolean
  count?: number
  size?: NamedSize
  color?: Color
  ground?: Background
}

class Reader {
  readonly #tokens: string[]
  #at = 0
  readonly #groups: Group[] = []
  #background: Background | undefined
  #relation: { kind: Direction; first: Group; second: Group } | undefined
  // Within one sentence: the group named last, and a direction that waits for its groups.
  #last: Group | undefined
  #waiting: { kind: Direction; first?: Group; second?: Group } | undefined

  constructor(tokens: string[]) {
    this.#tokens = tokens
  }

  read(): Scene {
    while (this.#at < this.#tokens.length) this.#step()
    this.#endSentence()
    if (this.#groups.length === 0) problem('the caption names no shape')
    return this.#scene()
  }

  #step(): void {
    const token = this.#tokens[this.#at]
    const direction = directionOf.get(token)
    if (/^[.;!?]$/.test(token)) {
      this.#at++
      this.#endSentence()
    } else if (direction) {
      this.#at++
      if (this.#waiting) problem(`two directions in a row at ${JSON.stringify(token)}`)
      this.#waiting = { kind: direction, first: this.#last }
    } else if (this.#startsPhrase(token)) this.#phrase()
    else if (groundWords.has(token)) {
      // "the background is white"
      this.#at++
      while (this.#is('is') || this.#is('colored')) this.#at++
      const ground = backgroundOf.get(this.#tokens[this.#at])
      if (!ground)
        problem(`the background is ${JSON.stringify(this.#tokens[this.#at] ?? '')}, which is not one of them`)
      this.#setBackground(ground)
      this.#at++
    } else if (/^[,:]$/.test(token) || fillers.has(token)) this.#at++
    else problem(`cannot understand ${JSON.stringify(token)}`)
  }

  #is(word: string): boolean {
    return this.#tokens[this.#at] === word
  }

  #startsPhrase(token: string): boolean {
    if (/^(a|an|the)$/.test(token)) return true
    return [countOf, sizeOf, colorOf, backgroundOf, shapeOf].some((table) => table.has(token))
  }

  #phrase(): void {
    const phrase: Phrase = { definite: false }
    for (; ; this.#at++) {
      const token = this.#tokens[this.#at] ?? ''
      if (/^(a|an)$/.test(token)) phrase.count ??= 1
      else if (token === 'the') phrase.definite = true
      else if (token === 'of' && this.#tokens[this.#at - 1] === 'pair') continue
      else if (countOf.has(token)) phrase.count = countOf.get(token)
      else if (sizeOf.has(token)) phrase.size = sizeOf.get(token)
      else if (colorOf.has(token)) phrase.color = colorOf.get(token)
      else if (backgroundOf.has(token)) phrase.ground = backgroundOf.get(token)
      else break
    }
    const noun = this.#tokens[this.#at] ?? ''
    const shape = shapeOf.get(noun)
    if (shape) {
      this.#at++
      this.#mention(phrase, shape, noun)
    } else if (phrase.ground && !phrase.size && !phrase.color) this.#setBackground(phrase.ground)
    else if (phrase.size || phrase.color) this.#predicate(phrase)
    else if (!fillers.has(noun) && !mediaWords.has(noun))
      problem(noun ? `cannot understand ${JSON.stringify(noun)}` : 'the caption ends in the middle')
    if (phrase.ground && groundWords.has(noun)) this.#at++
  }

  /** "is small", "are red": said of the group named last. */
  #predicate({ size, color, count }: Phrase): void {
    const group = this.#last
    const next = this.#tokens[this.#at]
    if (!group || count) {
      problem(
        next && !fillers.has(next)
          ? `cannot understand ${JSON.stringify(next)}`
          : `${JSON.stringify(size ?? color)} is said of no shape`,
      )
    }
    this.#describe(group, size, color)
  }

  #describe(group: Group, size?: NamedSize, color?: Color): void {
    if ((size && group.size && group.size !== size) || (color && group.color && group.color !== color))
      problem(`the ${group.shape} is said to be both ${group.size ?? group.color} and ${size ?? color}`)
    group.size ??= size
    group.color ??= color
  }

  #mention(phrase: Phrase, shape: Shape, noun: string): void {
    if (phrase.ground)
      problem(
        `${JSON.stringify(phrase.ground)} is a background color, but a ${noun} is said to be ${phrase.ground}`,
      )
    const inColor = this.#is('in') ? colorOf.get(this.#tokens[this.#at + 1]) : undefined
    if (inColor) {
      phrase.color ??= inColor
      this.#at += 2
    }
    let group = phrase.definite ? this.#known(phrase, shape) : undefined
    if (!group) {
      const plural = noun === shapeWords[shape][1]
      if (phrase.count === undefined && plural) problem(`${JSON.stringify(noun)} without a number`)
      if (phrase.count !== undefined && plural !== phrase.count > 1)
        problem(`${phrase.count} and ${JSON.stringify(noun)} do not fit together`)
      group = { count: phrase.count ?? 1, size: phrase.size, color: phrase.color, shape }
      this.#groups.push(group)
    }
    this.#last = group
    this.#relate(group)
  }

  /** The group a "the …" refers back to. */
  #known({ size, color, count }: Phrase, shape: Shape): Group | undefined {
    return this.#groups.find(
      (group) =>
        group.shape === shape &&
        (!color || group.color === color) &&
        (!size || group.size === size) &&
        (count === undefined || count === group.count),
    )
  }

  #relate(group: Group): void {
    const { kind, first, second } = this.#waiting ?? {}
    if (!kind) return
    if (!first && !second) {
      // "left of the ring …": what stands there comes next.
      this.#waiting = { kind, second: group }
      return
    }
    const pair = { kind, first: first ?? group, second: second ?? group }
    this.#waiting = undefined
    if (pair.first === pair.second) problem(`a ${group.shape} cannot be ${kind} of itself`)
    const old = this.#relation
    const same = old && old.kind === pair.kind && old.first === pair.first && old.second === pair.second
    const turned =
      old && old.kind === mirrored[pair.kind] && old.first === pair.second && old.second === pair.first
    if (old && !same && !turned) problem('more than one relation; a caption can state one')
    this.#relation ??= pair
  }

  #setBackground(ground: Background): void {
    if (this.#background && this.#background !== ground)
      problem(`the background is said to be both ${this.#background} and ${ground}`)
    this.#background = ground
  }

  #endSentence(): void {
    if (this.#waiting) problem(`${JSON.stringify(this.#waiting.kind)} needs two groups of shapes`)
    this.#last = undefined
  }

  #scene(): Scene {
    const relation = this.#relation
    const groups = relation
      ? [
          relation.first,
          relation.second,
          ...this.#groups.filter((g) => g !== relation.first && g !== relation.second),
        ]
      : this.#groups
    const scene: Scene = { background: this.#background, groups }
    if (relation) scene.relation = { kind: relation.kind, of: 0, to: 1 }
    const wrong = sceneProblem(scene)
    if (wrong) problem(`the caption describes ${wrong}`)
    return scene
  }
}

/**
 * The scene a caption describes. Case, quotes and hyphens do not matter.
 *
 * @throws SelmaError `bad-input` naming the word or the contradiction, with everything that is understood
 */
export function parseCaption(text: string): Scene {
  const tokens = text.toLowerCase().match(/\d+|\p{L}+|[^\s\d\p{L}"“”'’`*_-]/gu) ?? []
  return new Reader(tokens).read()
}
