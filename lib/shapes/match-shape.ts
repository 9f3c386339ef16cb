// Which shape and size a patch of coverage is, by soft overlap with every template. Knows shapes, not
// colours (`segment.ts`).
import { radii } from './layout.ts'
import { shapeMask } from './render.ts'
import { type Shape, type Size, shapes } from './scene.ts'

/** Coverage of a patch in its own window. */
export interface Window {
  /** Column and row of the first pixel. */
  left: number
  top: number
  width: number
  height: number
  /** `width * height` coverages in [0, 1], row-major. */
  cover: Float32Array
}

/** A shape found. */
export interface Match {
  shape: Shape
  size: Size
  /** Centre, pixels. */
  x: number
  y: number
  /** Soft intersection over union with the template, 0–1. */
  overlap: number
}

const templates = shapes.flatMap((shape) => (Object.keys(radii) as Size[]).map((size) => ({ shape, size })))

function overlap(window: Window, sum: number, shape: Shape, size: Size, x: number, y: number): number {
  const wholeX = Math.floor(x)
  const wholeY = Math.floor(y)
  const mask = shapeMask(shape, radii[size], x - wholeX, y - wholeY)
  const offsetX = wholeX + mask.left - window.left
  const offsetY = wholeY + mask.top - window.top
  let both = 0
  let template = 0
  for (let row = 0, at = 0; row < mask.size; row++) {
    const windowRow = row + offsetY
    const insideRow = windowRow >= 0 && windowRow < window.height
    for (let column = 0; column < mask.size; column++, at++) {
      const value = mask.coverage[at]
      if (value === 0) continue
      template += value
      const windowColumn = column + offsetX
      if (!insideRow || windowColumn < 0 || windowColumn >= window.width) continue
      both += Math.min(value, window.cover[windowRow * window.width + windowColumn])
    }
  }
  return both / (template + sum - both)
}

const decoyRadii = Array.from({ length: 14 }, (_, at) => 3.5 + 0.5 * at)

/**
 * The best overlap of a patch with a disc, which is no shape of this world but what a weak model draws
 * when it does not decide on one. What is more of a disc than of any shape is not readable.
 */
export function discOverlap(window: Window, x: number, y: number): number {
  let sum = 0
  for (const value of window.cover) sum += value
  let best = 0
  for (const radius of decoyRadii) {
    let both = 0
    for (let row = 0, at = 0; row < window.height; row++)
      for (let column = 0; column < window.width; column++, at++) {
        const from = Math.hypot(window.left + column + 0.5 - x, window.top + row + 0.5 - y)
        both += Math.min(window.cover[at], Math.max(0, Math.min(1, radius - from + 0.5)))
      }
    best = Math.max(best, both / (Math.PI * radius * radius + sum - both))
  }
  return best
}

const steps = [-1, -0.5, 0, 0.5, 1]

/**
 * The best match of a patch whose bounding box is centred at `x`, `y` (multiples of half a pixel): every
 * template there, then the best three shifted by up to a pixel.
 */
export function matchShape(window: Window, x: number, y: number): Match {
  let sum = 0
  for (const value of window.cover) sum += value
  const rough = templates
    .map(({ shape, size }) => ({ shape, size, x, y, overlap: overlap(window, sum, shape, size, x, y) }))
    .sort((a, b) => b.overlap - a.overlap)
  let best: Match = rough[0]
  for (const { shape, size } of rough.slice(0, best.overlap > 0.9 ? 1 : 3)) {
    for (const dy of steps)
      for (const dx of steps) {
        const value = overlap(window, sum, shape, size, x + dx, y + dy)
        if (value > best.overlap) best = { shape, size, x: x + dx, y: y + dy, overlap: value }
      }
  }
  return best
}

/**
 * Takes a patch apart into templates that nearly fill what they cover, biggest gain first. `centers` are
 * tried. Gives undefined when less than `explained` of the patch is accounted for.
 */
export function takeApart(
  window: Window,
  centers: readonly (readonly [number, number])[],
  explained = 0.8,
): Match[] | undefined {
  const rest: Window = { ...window, cover: Float32Array.from(window.cover) }
  const total = rest.cover.reduce((sum, value) => sum + value, 0)
  const found: Match[] = []
  let left = total
  while (left > (1 - explained) * total && found.length < 8) {
    let best: (Match & { gain: number }) | undefined
    for (const { shape, size } of templates)
      for (const [x, y] of centers) {
        const mask = shapeMask(shape, radii[size])
        let hit = 0
        let area = 0
        for (let at = 0; at < mask.coverage.length; at++) {
          const value = mask.coverage[at]
          if (value === 0) continue
          area += value
          const column = x + mask.left + (at % mask.size) - rest.left
          const row = y + mask.top + Math.floor(at / mask.size) - rest.top
          if (column < 0 || row < 0 || column >= rest.width || row >= rest.height) continue
          hit += Math.min(value, rest.cover[row * rest.width + column])
        }
        const gain = hit - 2 * (area - hit)
        if (hit / area >= 0.8 && (!best || gain > best.gain))
          best = { shape, size, x, y, overlap: hit / area, gain }
      }
    if (!best) return undefined
    const mask = shapeMask(best.shape, radii[best.size])
    for (let at = 0; at < mask.coverage.length; at++) {
      // A pixel more around what was found: its fuzzy edge belongs to it.
      if (mask.coverage[at] === 0) continue
      for (const [dx, dy] of [
        [0, 0],
        [1, 0],
        [-1, 0],
        [0, 1],
        [0, -1],
      ] as const) {
        const column = best.x + mask.left + (at % mask.size) - rest.left + dx
        const row = best.y + mask.top + Math.floor(at / mask.size) - rest.top + dy
        if (column < 0 || row < 0 || column >= rest.width || row >= rest.height) continue
        rest.cover[row * rest.width + column] = 0
      }
    }
    const { gain: _, ...match } = best
    found.push(match)
    left = rest.cover.reduce((sum, value) => sum + value, 0)
  }
  return left <= (1 - explained) * total ? found : undefined
}
