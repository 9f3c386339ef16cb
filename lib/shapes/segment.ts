// Finds what stands out from the background of a picture: how much each pixel is covered, by which
// colour, and which pixels hang together. Knows colours, not shapes (`match-shape.ts`).
import type { Picture } from '../formats/picture.ts'
import { backgroundValues, colorValues, type Rgb } from './render.ts'
import { type Background, backgrounds, type Color, colors } from './scene.ts'

/** Pixels farther than this (RGB distance) from every background colour are not background. */
const backgroundReach = 75
/** Least share of the picture that has to be background. */
const leastBackground = 0.25
/** Components that cover fewer pixels than this are specks, not things. */
const leastArea = 9

/** A connected patch that is not background. */
export interface Component {
  /** Pixel indices (`y * width + x`). */
  pixels: number[]
  /** First and last column and row. */
  left: number
  right: number
  top: number
  bottom: number
  color: Color
}

export interface Segmentation {
  width: number
  height: number
  /** Undefined when too little of the picture looks like any background. */
  background: Background | undefined
  /** The background as it really is in this picture. */
  ground: Rgb
  /** For each pixel the index of its component, −1 for none. */
  owner: Int32Array
  components: Component[]
}

function distance2(data: Uint8Array, at: number, [r, g, b]: Rgb): number {
  return (data[at] - r) ** 2 + (data[at + 1] - g) ** 2 + (data[at + 2] - b) ** 2
}

function findGround(picture: Picture): { background: Background | undefined; ground: Rgb } {
  const { data, width, height } = picture
  const sums = backgrounds.map(() => [0, 0, 0, 0])
  for (let at = 0; at < data.length; at += 3) {
    let best = -1
    let least = backgroundReach ** 2
    for (let i = 0; i < backgrounds.length; i++) {
      const d = distance2(data, at, backgroundValues[backgrounds[i]])
      if (d < least) {
        least = d
        best = i
      }
    }
    if (best < 0) continue
    const sum = sums[best]
    sum[0] += data[at]
    sum[1] += data[at + 1]
    sum[2] += data[at + 2]
    sum[3]++
  }
  const most = sums.reduce((a, b, i) => (b[3] > sums[a][3] ? i : a), 0)
  const [r, g, b, count] = sums[most]
  if (count < leastBackground * width * height)
    return { background: undefined, ground: backgroundValues[backgrounds[most]] }
  return { background: backgrounds[most], ground: [r / count, g / count, b / count] }
}

/** How far each pixel goes from the ground towards its likeliest colour: 0 is ground, 1 the colour. */
function cover(picture: Picture, ground: Rgb): { share: Float32Array; label: Int8Array } {
  const { data } = picture
  const n = data.length / 3
  const share = new Float32Array(n)
  const label = new Int8Array(n).fill(-1)
  const ways = colors.map((color) => {
    const [r, g, b] = colorValues[color]
    const way = [r - ground[0], g - ground[1], b - ground[2]] as const
    return { way, length2: way[0] ** 2 + way[1] ** 2 + way[2] ** 2 }
  })
  for (let i = 0; i < n; i++) {
    const r = data[3 * i] - ground[0]
    const g = data[3 * i + 1] - ground[1]
    const b = data[3 * i + 2] - ground[2]
    const length2 = r * r + g * g + b * b
    if (length2 < 900) continue
    let least = Infinity
    for (let c = 0; c < ways.length; c++) {
      const { way, length2: full } = ways[c]
      const along = Math.min(1.1, Math.max(0, (r * way[0] + g * way[1] + b * way[2]) / full))
      const rest =
        (r - along * way[0]) ** 2 +
        (g - along * way[1]) ** 2 +
        (b - along * way[2]) ** 2 +
        0.04 * (1 - along) ** 2 * full
      if (rest >= least) continue
      least = rest
      share[i] = along
      label[i] = c
    }
    // Neither ground nor on the way to any colour: still something, so that junk is seen.
    if (length2 > 3600 && least > 0.2 * length2) share[i] = Math.max(share[i], 0.6)
  }
  return { share, label }
}

/** The colour of some pixels, judged by those most covered. */
export function colorOf(
  picture: Picture,
  ground: Rgb,
  pixels: readonly number[],
  share: ArrayLike<number>,
): Color {
  const ranked = [...pixels].sort((a, b) => share[b] - share[a]).slice(0, Math.max(6, pixels.length * 0.4))
  const mean = [0, 0, 0]
  for (const pixel of ranked)
    for (let k = 0; k < 3; k++) mean[k] += picture.data[3 * pixel + k] / ranked.length
  let best: Color = colors[0]
  let least = Infinity
  for (const color of colors) {
    // A blurred thin thing is paler than its colour, but in the same direction from the ground.
    const way = colorValues[color].map((value, k) => value - ground[k])
    const full = way.reduce((sum, value) => sum + value * value, 0)
    const dot = way.reduce((sum, value, k) => sum + value * (mean[k] - ground[k]), 0)
    const along = Math.min(1.1, Math.max(0.55, dot / full))
    const rest = way.reduce((sum, value, k) => sum + (mean[k] - ground[k] - along * value) ** 2, 0)
    const cost = rest + 0.06 * (1 - along) ** 2 * full
    if (cost < least) {
      least = cost
      best = color
    }
  }
  return best
}

/** Connected patches (4-neighbours) of the pixels for which `joined` holds between neighbours. */
export function connect(
  width: number,
  pixels: Iterable<number>,
  has: (pixel: number) => boolean,
  joined: (a: number, b: number) => boolean,
): number[][] {
  const seen = new Set<number>()
  const patches: number[][] = []
  for (const start of pixels) {
    if (seen.has(start) || !has(start)) continue
    const patch = [start]
    seen.add(start)
    for (let next = 0; next < patch.length; next++) {
      const at = patch[next]
      const x = at % width
      for (const to of [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width]) {
        if (to < 0 || seen.has(to) || !has(to) || !joined(at, to)) continue
        seen.add(to)
        patch.push(to)
      }
    }
    patches.push(patch)
  }
  return patches
}

/** Bounds of a patch of pixels. */
export function bounds(width: number, pixels: readonly number[]): Omit<Component, 'pixels' | 'color'> {
  let [left, right, top, bottom] = [Infinity, -1, Infinity, -1]
  for (const pixel of pixels) {
    const x = pixel % width
    const y = (pixel - x) / width
    left = Math.min(left, x)
    right = Math.max(right, x)
    top = Math.min(top, y)
    bottom = Math.max(bottom, y)
  }
  return { left, right, top, bottom }
}

/** Splits a picture into background and components. */
export function segment(picture: Picture): Segmentation & { share: Float32Array; label: Int8Array } {
  const { width, height } = picture
  const { background, ground } = findGround(picture)
  const { share, label } = cover(picture, ground)
  const covered: number[] = []
  for (let i = 0; i < share.length; i++) if (share[i] >= 0.5) covered.push(i)
  const patches = connect(
    width,
    covered,
    (pixel) => share[pixel] >= 0.5,
    () => true,
  ).filter((patch) => patch.length >= leastArea)
  const owner = new Int32Array(width * height).fill(-1)
  const components = patches.map((pixels, index) => {
    for (const pixel of pixels) owner[pixel] = index
    return { pixels, ...bounds(width, pixels), color: colorOf(picture, ground, pixels, share) }
  })
  return { width, height, background, ground, owner, components, share, label }
}
