// The skills that come with the library: the paper's five, in our own words and with seeds of our own,
// and those of the embedded shapes world. A user's own skill needs no registering: see skill.ts.
import { fail } from '../base/errors.ts'
import { maxCaptionWords } from '../shapes/captions.ts'
import { backgrounds, colors, maxCount, maxGroups, namedSizes, shapes } from '../shapes/scene.ts'
import { type Skill, skill } from './skill.ts'

const diverse = 'Choose widely among everyday objects, people, animals and places; avoid repeating yourself.'
const styles = 'Vary how the sentences are built and how long they are.'
const abilities =
  'Between them, the prompts should touch on spatial relations, counts, animals, people, objects, places, ' +
  'activities, colors, attributes, food, materials and shapes.'

/** The paper's skills (section 4.1): word limits as in its templates. */
export const paperSkills: readonly Skill[] = [
  skill('coco', {
    teaches: 'to draw common objects in everyday scenes, as in short photo captions',
    rules: [abilities, diverse, styles],
    maxWords: 30,
    seeds: [
      'A man in a yellow raincoat waits at a bus stop beside two parked bicycles.',
      'Sliced tomatoes and a wooden spoon lie on a round blue plate.',
      'A brown horse drinks from a metal trough behind a farmhouse.',
    ],
  }),
  skill('localized-narratives', {
    teaches: 'to follow long descriptions that go through a picture part by part',
    rules: [
      abilities,
      diverse,
      styles,
      'Write in the style of paragraph captions, from the front to the back.',
    ],
    maxWords: 50,
    seeds: [
      'In this picture there is a woman sitting on a wooden bench and reading a newspaper. Beside her is a small dog. In the background there are trees, a pond and a few ducks.',
      'In the front we can see a table with a cake, three glasses and a vase of tulips. Behind it children are standing and clapping. On the wall there are paper lanterns.',
      'Here a cyclist rides on a wet road between two rows of shops. On the left a man holds an umbrella. At the top there are wires and a cloudy sky.',
    ],
  }),
  skill('diffusiondb', {
    teaches: 'to follow the requests of real users, which pile up many attributes and styles',
    rules: [
      abilities,
      diverse,
      styles,
      'Describe in detail: subject, surroundings, light, medium, style and mood.',
    ],
    maxWords: 50,
    seeds: [
      'portrait of an old lighthouse keeper, weathered face, silver beard, knitted sweater, warm lantern light, oil on canvas, intricate detail, moody sea behind',
      'a tiny greenhouse on a floating island, glass walls, hanging vines, morning mist, soft pastel colors, isometric view, highly detailed digital painting',
      'street market of a rainy future city at night, neon signs mirrored in puddles, crowd with clear umbrellas, wide angle, cinematic, sharp focus',
    ],
  }),
  skill('countbench', {
    teaches: 'to draw the right number of objects',
    rules: [
      diverse,
      styles,
      'Name how many there are of each kind of object; never more than three of one kind.',
    ],
    maxWords: 30,
    seeds: [
      'Three candles burn on a stone windowsill.',
      'Two kittens sleep next to one empty shoe.',
      'A baker carries three loaves of bread past two red doors.',
    ],
  }),
  skill('whoops', {
    teaches: 'to draw scenes that defy common sense exactly as they are described',
    rules: [
      abilities,
      diverse,
      styles,
      'Combine things that each can be drawn but that never go together in the real world.',
    ],
    maxWords: 30,
    seeds: [
      'A penguin sells ice cream in the middle of a desert.',
      'A candle burns with a flame made of flowing water.',
      'A violinist plays on a fish instead of a violin at a concert.',
    ],
  }),
]

const shapesRules = [
  `Describe a picture of simple shapes only: ${shapes.join(', ')}.`,
  `Shapes may have a color (${colors.join(', ')}), a size (${namedSizes.join(' or ')}) and a number from one to ${maxCount}.`,
  `At most ${maxGroups} groups of shapes, and at most one relation: to the left of, to the right of, above or below.`,
  `The background may be ${backgrounds.join(', ')}; nothing else may be described.`,
]

/** Skills of the embedded shapes world; their seeds are captions of its training scenes. */
export const embeddedSkills: readonly Skill[] = [
  skill('color', {
    teaches: 'to give each shape its color',
    rules: [...shapesRules, 'Name a color for every shape, and often two shapes of different colors.'],
    seeds: ['a red square and a green ring', 'a green triangle', 'a yellow ring with a purple cross'],
  }),
  skill('count', {
    teaches: 'to draw the right number of shapes',
    rules: [...shapesRules, 'Name a number in every prompt.'],
    seeds: ['three red squares', 'two blue rings and one orange triangle', 'four green crosses'],
  }),
  skill('spatial', {
    teaches: 'to place shapes as the words say',
    rules: [...shapesRules, 'State one relation between two shapes in every prompt.'],
    seeds: [
      'a blue ring to the left of a green triangle',
      'a red square above a yellow ring',
      'two purple triangles to the right of a blue square',
    ],
  }),
  skill('size', {
    teaches: 'to draw shapes small or large',
    rules: [...shapesRules, 'Name the size of at least one shape in every prompt.'],
    seeds: [
      'a small yellow triangle and a large purple ring',
      'a large red cross',
      'two small orange squares',
    ],
  }),
  skill('background', {
    teaches: 'to color the background as the words say',
    rules: [...shapesRules, 'Name the background in every prompt.'],
    seeds: [
      'a red square on a black background',
      'two orange crosses on a white background',
      'a green ring and a blue cross on a gray background',
    ],
  }),
  skill('paragraph', {
    teaches: 'to follow longer descriptions of several shapes',
    rules: [...shapesRules, 'Write two to four short sentences: what there is, where it is, and on what.'],
    maxWords: maxCaptionWords,
    seeds: [
      'There are a red square and a large blue ring. The red square is to the left of the blue ring. The background is black.',
      'There are two green triangles and a yellow cross. The yellow cross is small. The background is white.',
      'There is a purple cross below an orange ring. There are also three blue squares. The background is gray.',
    ],
  }),
]

const known = new Map([...paperSkills, ...embeddedSkills].map((entry) => [entry.name, entry]))

/** Names that `getSkill` knows. */
export function skillNames(): string[] {
  return [...known.keys()]
}

/**
 * A skill by its name.
 *
 * @throws SelmaError `not-found`, listing the names there are
 */
export function getSkill(name: string): Skill {
  return (
    known.get(name) ??
    fail(
      'not-found',
      `unknown skill ${JSON.stringify(name)}`,
      `choose one of ${skillNames().join(', ')}, or describe your own with skill(name, { teaches, seeds })`,
    )
  )
}
