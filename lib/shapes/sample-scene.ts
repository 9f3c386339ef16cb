// Random scenes, by skill. The skills are this world's stand-ins for the paper's (counting, spatial
// relations, long paragraphs, …); what a skill leaves alone stays simple, so that it teaches one thing.
import { fail } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import {
  backgrounds,
  colors,
  directions,
  type Group,
  namedSizes,
  type Scene,
  sceneProblem,
  shapes,
} from './scene.ts'
import { type Split, splitOf } from './split.ts'

/** The skills scenes are drawn for; `mixed` draws one of the others each time, as pre-training does. */
export const shapeSkills = ['color', 'count', 'spatial', 'size', 'background', 'paragraph', 'mixed'] as const
export type ShapeSkill = (typeof shapeSkills)[number]

// Chance that a caption names an object's colour at all.
const colorNamed = 0.94

function group(random: Random, options: { count?: number; sized?: number; colored?: number } = {}): Group {
  const { count = 1, sized = 0, colored = colorNamed } = options
  return {
    count,
    size: random.chance(sized) ? random.pick(namedSizes) : undefined,
    color: random.chance(colored) ? random.pick(colors) : undefined,
    shape: random.pick(shapes),
  }
}

function background(random: Random, chance: number) {
  return random.chance(chance) ? random.pick(backgrounds) : undefined
}

const samplers: Record<Exclude<ShapeSkill, 'mixed'>, (random: Random) => Scene> = {
  // Which colour belongs to which shape, with two or three single objects.
  color: (random) => ({
    groups: Array.from({ length: random.chance(0.6) ? 2 : 3 }, () => group(random, { colored: 1 })),
    background: background(random, 0.12),
  }),
  count: (random) => {
    const first = group(random, { count: random.int(2, 4) })
    const groups = random.chance(0.35) ? [first] : [first, group(random, { count: random.int(1, 3) })]
    return { groups, background: background(random, 0.12) }
  },
  spatial: (random) => ({
    groups: [group(random), group(random)],
    relation: { kind: random.pick(directions), of: 0, to: 1 },
    background: background(random, 0.15),
  }),
  size: (random) => {
    const first = group(random, { sized: 1, count: random.chance(0.75) ? 1 : 2 })
    const groups = [first]
    if (random.chance(0.15)) {
      groups.push({ ...first, size: first.size === 'small' ? 'large' : 'small', count: 1 })
    } else if (random.chance(0.8)) groups.push(group(random, { sized: 0.75 }))
    return { groups, background: background(random, 0.12) }
  },
  background: (random) => ({
    groups: Array.from({ length: random.chance(0.4) ? 1 : 2 }, () =>
      group(random, { count: random.int(1, 2) }),
    ),
    background: background(random, 1),
  }),
  // Several things at once, said at length.
  paragraph: (random) => {
    const related = random.chance(0.5)
    const count = () => (random.chance(0.55) ? 1 : random.int(2, related ? 2 : 3))
    const groups = Array.from({ length: random.chance(0.4) ? 2 : 3 }, () =>
      group(random, { count: count(), sized: 0.4, colored: 0.97 }),
    )
    return {
      groups,
      relation: related ? { kind: random.pick(directions), of: 0, to: 1 } : undefined,
      background: background(random, 0.7),
    }
  },
}

// Relations are the hardest to learn, so pre-training sees them most.
const mixture: readonly (readonly [Exclude<ShapeSkill, 'mixed'>, number])[] = [
  ['color', 0.18],
  ['count', 0.2],
  ['spatial', 0.24],
  ['size', 0.15],
  ['background', 0.08],
  ['paragraph', 0.15],
]

function pickSkill(random: Random): Exclude<ShapeSkill, 'mixed'> {
  let left = random.float()
  for (const [skill, share] of mixture) {
    left -= share
    if (left < 0) return skill
  }
  return 'color'
}

/**
 * Whether a scene fits comfortably: at most 6 objects, few of them large. Layout would find a place for
 * slightly more, but only by crowding.
 */
export function roomy({ groups, relation }: Scene): boolean {
  const total = groups.reduce((sum, { count }) => sum + count, 0)
  const large = groups.reduce((sum, { count, size }) => sum + (size === 'large' ? count : 0), 0)
  return total <= (relation ? 5 : 6) && large <= (total > 4 || relation ? 2 : 3)
}

/**
 * A random scene of a skill.
 *
 * @param options.skill default `mixed`
 * @param options.split keep drawing until the scene is of this split (default: any)
 * @throws SelmaError `bad-input` for an unknown skill
 */
export function sampleScene(random: Random, options: { skill?: ShapeSkill; split?: Split } = {}): Scene {
  const { skill = 'mixed', split } = options
  if (!shapeSkills.includes(skill))
    fail(
      'bad-input',
      `no skill ${JSON.stringify(skill)} in the shapes world`,
      `choose one of ${shapeSkills.join(', ')}`,
    )
  for (let tries = 0; tries < 10_000; tries++) {
    const scene = samplers[skill === 'mixed' ? pickSkill(random) : skill](random)
    if (sceneProblem(scene) || !roomy(scene)) continue
    if (split === undefined || splitOf(scene) === split) return scene
  }
  return fail(
    'bad-input',
    `no scene of skill ${skill} in the split ${JSON.stringify(split)} found`,
    'use train, validation or test',
  )
}
