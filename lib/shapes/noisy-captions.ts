// Captions as bad as those of the web, for noisy pre-training: the weakness that skills later teach away
// has to come from here. Never a caption of a scene that is not for training.
import type { Random } from '../base/random.ts'
import { caption } from './captions.ts'
import {
  backgrounds,
  colors,
  directions,
  type Group,
  namedSizes,
  type Scene,
  sceneProblem,
  signature,
} from './scene.ts'
import { splitOf } from './split.ts'
import type { Wordings } from './wordings.ts'

/** What is the matter with a noisy caption. */
export type CaptionNoise = 'other' | 'wrong' | 'incomplete' | 'right'

export interface NoiseRates {
  /** Share of captions of another scene; default 0.12. */
  other?: number
  /** Share with one attribute wrong; default 0.38. */
  wrong?: number
  /** Share with a group or an attribute missing; default 0.20. */
  incomplete?: number
}

const another = <T>(random: Random, items: readonly T[], than: T) =>
  random.pick(items.filter((item) => item !== than))

function withGroup(scene: Scene, index: number, change: Partial<Group>): Scene {
  const groups = scene.groups.map((group, at) => (at === index ? { ...group, ...change } : group))
  return { ...scene, groups }
}

/** Every way to make one thing of a scene wrong. */
function mistakes(scene: Scene, random: Random): (() => Scene)[] {
  const { groups, relation, background } = scene
  const ways: (() => Scene)[] = []
  groups.forEach((group, index) => {
    ways.push(() => withGroup(scene, index, { count: another(random, [1, 2, 3, 4], group.count) }))
    if (group.color)
      ways.push(() => withGroup(scene, index, { color: another(random, colors, group.color!) }))
    if (group.size)
      ways.push(() => withGroup(scene, index, { size: another(random, namedSizes, group.size!) }))
  })
  if (groups.length > 1) {
    const [a, b] = random.sample([...groups.keys()], 2)
    if (groups[a].shape !== groups[b].shape) {
      const swapped = withGroup(scene, a, { shape: groups[b].shape })
      ways.push(() => withGroup(swapped, b, { shape: groups[a].shape }))
    }
  }
  if (relation) {
    const wrong = () => ({
      ...scene,
      relation: { ...relation, kind: another(random, directions, relation.kind) },
    })
    // As often as all the rest: on the web it is where things are that captions get wrong most.
    ways.push(wrong, wrong)
  }
  if (background) ways.push(() => ({ ...scene, background: another(random, backgrounds, background) }))
  return ways
}

/** Every way to leave one thing of a scene out. */
function omissions(scene: Scene): (() => Scene)[] {
  const { groups, relation, background } = scene
  const ways: (() => Scene)[] = []
  groups.forEach((group, index) => {
    if (group.color) ways.push(() => withGroup(scene, index, { color: undefined }))
    if (group.size) ways.push(() => withGroup(scene, index, { size: undefined }))
    if (groups.length > 1)
      ways.push(() => ({
        ...scene,
        groups: groups.filter((_, at) => at !== index),
        relation: index > 1 ? relation : undefined,
      }))
  })
  if (relation) ways.push(() => ({ ...scene, relation: undefined }))
  if (background) ways.push(() => ({ ...scene, background: undefined }))
  return ways
}

/**
 * A scene as a careless writer would tell it, and what is the matter. Stays `right` where no allowed
 * change exists; a change is allowed when it gives a proper scene of the training split.
 *
 * @param options.otherScene what a caption of another picture would say
 * @param options.rates see `NoiseRates`; the rest stays right
 */
export function noisyScene(
  scene: Scene,
  random: Random,
  options: { otherScene: Scene; rates?: NoiseRates },
): { scene: Scene; noise: CaptionNoise } {
  const { otherScene, rates: { other = 0.12, wrong = 0.38, incomplete = 0.2 } = {} } = options
  const share = random.float()
  if (share < other) return { scene: otherScene, noise: 'other' }
  if (share >= other + wrong + incomplete) return { scene, noise: 'right' }
  const noise = share < other + wrong ? 'wrong' : 'incomplete'
  for (const change of random.shuffle(noise === 'wrong' ? mistakes(scene, random) : omissions(scene))) {
    const changed = change()
    // Swapping the shapes of otherwise equal groups changes nothing.
    if (sceneProblem(changed) || signature(changed) === signature(scene)) continue
    if (splitOf(changed) === 'train') return { scene: changed, noise }
  }
  return { scene, noise: 'right' }
}

/**
 * A caption for noisy pre-training: by default 12 % of another scene, 38 % with one attribute wrong,
 * 20 % incomplete, the rest right.
 */
export function noisyCaption(
  scene: Scene,
  random: Random,
  options: { otherScene: Scene; rates?: NoiseRates; wordings?: Wordings },
): string {
  const { wordings, ...noise } = options
  return caption(noisyScene(scene, random, noise).scene, random, { wordings })
}
