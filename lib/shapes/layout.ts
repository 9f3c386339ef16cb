// Where the objects of a scene stand: on a coarse grid, not touching, exactly as the scene says. What the
// scene leaves open is drawn at random. Not the drawing itself (`render.ts`).
import { fail } from '../base/errors.ts'
import type { Random } from '../base/random.ts'
import {
  type Background,
  backgrounds,
  type Color,
  colors,
  type Direction,
  type Group,
  type Scene,
  type Shape,
  type Size,
  shapes,
} from './scene.ts'

/** Pixels across and down a picture of this world. */
export const pictureSize = 64
/** Centres stand on multiples of this many pixels. */
export const gridStep = 8
/** Radius in pixels of each size. */
export const radii: Record<Size, number> = { small: 4.5, medium: 6.5, large: 10 }
/** Least free pixels between the bounding boxes of two objects. */
export const leastGap = 2
/** Least distance in pixels, along the relation's axis, between the centres of related objects. */
export const relationDistance = 16

/** One object of a picture; x to the right, y down, in pixels. */
export interface PlacedObject {
  shape: Shape
  color: Color
  size: Size
  x: number
  y: number
  /** Half the bounding box, pixels. */
  radius: number
  /** Index of its group in the scene; −1 for clutter. */
  group: number
}

/** Everything a picture shows. */
export interface PlacedScene {
  background: Background
  objects: PlacedObject[]
}

type Spot = readonly [x: number, y: number]

function spotsOf(radius: number, step = gridStep): Spot[] {
  const line: number[] = []
  for (let at = step; at < pictureSize; at += step)
    if (at - radius >= 1 && at + radius <= pictureSize - 1) line.push(at)
  return line.flatMap((y) => line.map((x) => [x, y] as const))
}
const spots: Record<Size, Spot[]> = {
  small: spotsOf(radii.small),
  medium: spotsOf(radii.medium),
  large: spotsOf(radii.large),
}

// Where full pictures still have room for a little clutter.
const fineSpots = spotsOf(radii.small, 1)

function free(x: number, y: number, radius: number, objects: readonly PlacedObject[]): boolean {
  for (const other of objects) {
    const distance = Math.max(Math.abs(x - other.x), Math.abs(y - other.y))
    if (distance < radius + other.radius + leastGap) return false
  }
  return true
}

/** How far `a` is on side `kind` of `b`, in pixels along that axis; negative on the other side. */
export function sideDistance(
  kind: Direction,
  a: { x: number; y: number },
  b: { x: number; y: number },
): number {
  if (kind === 'left') return b.x - a.x
  if (kind === 'right') return a.x - b.x
  return kind === 'above' ? b.y - a.y : a.y - b.y
}

function related(
  scene: Scene,
  group: number,
  x: number,
  y: number,
  objects: readonly PlacedObject[],
): boolean {
  if (!scene.relation || group > 1) return true
  const { kind } = scene.relation
  return objects.every((other) => {
    if (other.group === group || other.group > 1) return true
    const [a, b] = group === 0 ? [{ x, y }, other] : [other, { x, y }]
    return sideDistance(kind, a, b) >= relationDistance
  })
}

/** A size nobody asked for; never large where there are many objects. */
function anySize(random: Random, crowded: boolean): Size {
  const share = random.float()
  if (share < 0.25) return 'small'
  return share < 0.8 || crowded ? 'medium' : 'large'
}

function place(scene: Scene, random: Random): PlacedObject[] | undefined {
  const crowded = scene.groups.reduce((sum, { count }) => sum + count, 0) > 3
  const wanted = scene.groups.flatMap((group: Group, index) => {
    const size = group.size ?? anySize(random, crowded)
    const color = group.color ?? random.pick(colors)
    const object = { shape: group.shape, color, size, radius: radii[size], group: index }
    return Array.from({ length: group.count }, () => object)
  })
  // The big ones first, while there is room.
  wanted.sort((a, b) => b.radius - a.radius)
  const objects: PlacedObject[] = []
  for (const object of wanted) {
    const open = spots[object.size].filter(
      ([x, y]) => free(x, y, object.radius, objects) && related(scene, object.group, x, y, objects),
    )
    if (open.length === 0) return undefined
    const [x, y] = random.pick(open)
    objects.push({ ...object, x, y })
  }
  return objects
}

/**
 * Places a scene: exactly its objects, none more, none touching, its relation true.
 *
 * @throws SelmaError `bad-input` when the scene does not fit into a picture
 */
export function layout(scene: Scene, random: Random): PlacedScene {
  const background = scene.background ?? random.pick(backgrounds)
  for (let tries = 0; tries < 500; tries++) {
    const objects = place(scene, random)
    if (objects) return { background, objects }
  }
  return fail('bad-input', 'the scene does not fit into a picture', 'ask for fewer or smaller objects')
}

/**
 * The same picture with `count` (default 2) random objects more: the control that a judge must punish.
 * Small or medium, on the grid where there is room.
 *
 * @throws SelmaError `bad-input` when there is no room left
 */
export function addClutter(placed: PlacedScene, random: Random, count = 2): PlacedScene {
  for (let tries = 0; tries < 50; tries++) {
    const objects = [...placed.objects]
    while (objects.length < placed.objects.length + count) {
      const onGrid = tries < 10
      const size = onGrid && random.chance(0.7) ? 'medium' : 'small'
      const radius = radii[size]
      const open = (onGrid ? spots[size] : fineSpots).filter(([x, y]) => free(x, y, radius, objects))
      if (open.length === 0) break
      const [x, y] = random.pick(open)
      objects.push({ shape: random.pick(shapes), color: random.pick(colors), size, x, y, radius, group: -1 })
    }
    if (objects.length === placed.objects.length + count) return { ...placed, objects }
  }
  return fail('bad-input', 'no room for clutter in the picture', 'ask for less clutter')
}
