// Draws placed scenes, anti-aliased by supersampling. Each mask is computed once, so that drawing is a
// fill and a few blends: some ten thousand pictures a second.
import { blankPicture, type Picture } from '../formats/picture.ts'
import { type PlacedScene, pictureSize } from './layout.ts'
import type { Background, Color, Shape } from './scene.ts'

export type Rgb = readonly [number, number, number]

/** Colours of objects, sRGB 0–255; far from each other and from every background. */
export const colorValues: Record<Color, Rgb> = {
  red: [214, 36, 46],
  green: [34, 152, 74],
  blue: [38, 92, 222],
  yellow: [253, 218, 46],
  purple: [146, 58, 190],
  orange: [250, 138, 30],
}
/** Colours of backgrounds, sRGB 0–255. */
export const backgroundValues: Record<Background, Rgb> = {
  white: [248, 248, 248],
  gray: [152, 154, 158],
  black: [22, 22, 26],
}

// Whether a point, in units of the radius from the centre (y down), lies in the shape. Every shape is
// centred in its bounding box, and its area is near the others', so that size reads as size.
const inside: Record<Shape, (x: number, y: number) => boolean> = {
  square: (x, y) => Math.abs(x) <= 0.88 && Math.abs(y) <= 0.88,
  triangle: (x, y) => y <= 0.92 && Math.abs(x) <= (y + 0.92) / 1.84,
  cross: (x, y) => {
    const [long, short] = Math.abs(x) > Math.abs(y) ? [Math.abs(x), Math.abs(y)] : [Math.abs(y), Math.abs(x)]
    return long <= 1 && short <= 0.32
  },
  ring: (x, y) => {
    const square = x * x + y * y
    return square <= 1 && square >= 0.54 * 0.54
  },
}

/** How much of each pixel a shape covers. */
export interface Mask {
  /** First pixel column and row of the mask, relative to the whole part of the centre. */
  left: number
  top: number
  size: number
  /** `size * size` coverages in [0, 1], row-major. */
  coverage: Float32Array
}

const masks = new Map<string, Mask>()
const subsamples = 8

/** The coverage of a shape of `radius` pixels whose centre is `fractionX`, `fractionY` into its pixel. */
export function shapeMask(shape: Shape, radius: number, fractionX = 0, fractionY = 0): Mask {
  const key = `${shape} ${radius} ${fractionX} ${fractionY}`
  const known = masks.get(key)
  if (known) return known
  const reach = Math.ceil(radius) + 1
  const size = 2 * reach
  const coverage = new Float32Array(size * size)
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      let hits = 0
      for (let sub = 0; sub < subsamples * subsamples; sub++) {
        const x = column - reach + ((sub % subsamples) + 0.5) / subsamples - fractionX
        const y = row - reach + (Math.floor(sub / subsamples) + 0.5) / subsamples - fractionY
        if (inside[shape](x / radius, y / radius)) hits++
      }
      coverage[row * size + column] = hits / (subsamples * subsamples)
    }
  const mask = { left: -reach, top: -reach, size, coverage }
  masks.set(key, mask)
  return mask
}

/** Draws a placed scene, 64×64 RGB. Deterministic. */
export function render(placed: PlacedScene): Picture {
  const picture = blankPicture(pictureSize, pictureSize, backgroundValues[placed.background])
  const { data, width, height } = picture
  for (const { shape, color, x, y, radius } of placed.objects) {
    const wholeX = Math.floor(x)
    const wholeY = Math.floor(y)
    const mask = shapeMask(shape, radius, x - wholeX, y - wholeY)
    const [red, green, blue] = colorValues[color]
    for (let row = 0; row < mask.size; row++) {
      const atY = wholeY + mask.top + row
      if (atY < 0 || atY >= height) continue
      for (let column = 0; column < mask.size; column++) {
        const share = mask.coverage[row * mask.size + column]
        const atX = wholeX + mask.left + column
        if (share === 0 || atX < 0 || atX >= width) continue
        const at = (atY * width + atX) * 3
        data[at] = Math.round(data[at] + share * (red - data[at]))
        data[at + 1] = Math.round(data[at + 1] + share * (green - data[at + 1]))
        data[at + 2] = Math.round(data[at + 2] + share * (blue - data[at + 2]))
      }
    }
  }
  return picture
}
