// What a caption of the embedded world says: groups of shapes, one relation, a background. Not where
// things are (that is a placed scene, `layout.ts`) and not how it is said (`captions.ts`).

/** The shapes of the world. */
export const shapes = ['square', 'triangle', 'cross', 'ring'] as const
/** The colours objects have; none is a background. */
export const colors = ['red', 'green', 'blue', 'yellow', 'purple', 'orange'] as const
/** The sizes captions name. An object is small, medium or large; medium is never named. */
export const namedSizes = ['small', 'large'] as const
/** The backgrounds of the world. */
export const backgrounds = ['white', 'gray', 'black'] as const
/** Directions a relation can name. */
export const directions = ['left', 'right', 'above', 'below'] as const
/** Most objects of one group. */
export const maxCount = 4
/** Most groups of one scene. */
export const maxGroups = 3

export type Shape = (typeof shapes)[number]
export type Color = (typeof colors)[number]
export type NamedSize = (typeof namedSizes)[number]
export type Size = 'small' | 'medium' | 'large'
export type Background = (typeof backgrounds)[number]
export type Direction = (typeof directions)[number]

/** Some equal objects. What is undefined is not mentioned; a picture then uses any. */
export interface Group {
  /** Exactly this many, 1–4; "a" means one. */
  count: number
  size?: NamedSize
  color?: Color
  shape: Shape
}

/** Every object of group 0 is on side `kind` of every object of group 1. */
export interface Relation {
  kind: Direction
  of: 0
  to: 1
}

/** What a caption says about a picture. */
export interface Scene {
  background?: Background
  /** 1–3 groups, told apart by attributes that both of any pair mention. */
  groups: Group[]
  relation?: Relation
}

/** The opposite direction. */
export const mirrored: Record<Direction, Direction> = {
  left: 'right',
  right: 'left',
  above: 'below',
  below: 'above',
}

/** Whether no object can belong to both groups: they differ in something that both mention. */
export function distinct(a: Group, b: Group): boolean {
  if (a.shape !== b.shape) return true
  if (a.color && b.color && a.color !== b.color) return true
  return Boolean(a.size && b.size && a.size !== b.size)
}

/** Why a scene is not one of this world, or undefined when it is. */
export function sceneProblem(scene: Scene): string | undefined {
  const { groups, relation } = scene
  if (groups.length < 1 || groups.length > maxGroups)
    return `${groups.length} groups of shapes (a scene has 1 to ${maxGroups})`
  for (const group of groups) {
    if (!Number.isInteger(group.count) || group.count < 1 || group.count > maxCount)
      return `a group of ${group.count} (a group has 1 to ${maxCount} objects)`
  }
  for (let i = 0; i < groups.length; i++)
    for (let j = 0; j < i; j++)
      if (!distinct(groups[i], groups[j]))
        return `two groups of ${groups[i].shape}s that cannot be told apart`
  if (relation && groups.length < 2) return 'a relation with only one group'
  return undefined
}

function groupSignature({ count, size, color, shape }: Group): string {
  return `${count}:${size ?? '-'}:${color ?? '-'}:${shape}`
}

/**
 * The canonical name of a scene: its unordered groups, relation up to mirroring, background.
 * Two captions of one scene have one signature, whatever their wording.
 */
export function signature(scene: Scene): string {
  const names = scene.groups.map(groupSignature)
  let relation = '-'
  if (scene.relation) {
    const { kind } = scene.relation
    const swap = kind === 'right' || kind === 'below'
    const [first, second] = swap ? [names[1], names[0]] : [names[0], names[1]]
    relation = `${swap ? mirrored[kind] : kind}(${first},${second})`
  }
  return `${[...names].sort().join('+')}|${relation}|${scene.background ?? '-'}`
}
