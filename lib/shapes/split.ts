// Which scenes are for training, validation and test: decided by the scene itself, so that no list has
// to be kept and no wording of a test scene can slip into training.
import { createHash } from 'node:crypto'
import { type Color, type Direction, mirrored, type Scene, type Shape, signature } from './scene.ts'

export type Split = 'train' | 'validation' | 'test'

// (colour, shape, side it stands on) that no training caption ever names, two for each side. Each colour
// and each shape still stands on every side in training, only never in this union: a test of composition.
const heldOut: readonly (readonly [Color, Shape, Direction])[] = [
  ['red', 'ring', 'left'],
  ['purple', 'cross', 'left'],
  ['green', 'cross', 'right'],
  ['orange', 'triangle', 'right'],
  ['blue', 'square', 'above'],
  ['yellow', 'ring', 'above'],
  ['yellow', 'triangle', 'below'],
  ['red', 'square', 'below'],
]
const heldOutKeys = new Set(heldOut.map((combination) => combination.join(' ')))

/** Whether a scene relates a colour × shape × side combination that is held out of training everywhere. */
export function isHeldOutCombination(scene: Scene): boolean {
  if (!scene.relation) return false
  const [a, b] = scene.groups
  const { kind } = scene.relation
  return (
    heldOutKeys.has(`${a.color} ${a.shape} ${kind}`) ||
    heldOutKeys.has(`${b.color} ${b.shape} ${mirrored[kind]}`)
  )
}

/**
 * The split of a scene, by hash of its signature: 80 % train, 10 % validation, 10 % test. Scenes with a
 * held-out combination are never in train: half validation, half test.
 */
export function splitOf(scene: Scene): Split {
  const share =
    createHash('sha256')
      .update(`split ${signature(scene)}`)
      .digest()
      .readUInt32BE(0) /
    2 ** 32
  if (isHeldOutCombination(scene)) return share < 0.5 ? 'validation' : 'test'
  if (share < 0.8) return 'train'
  return share < 0.9 ? 'validation' : 'test'
}
