// Reads a picture of the embedded world by its pixels alone: background, objects, and whatever else is in
// it. It is the eye of the judge and never sees the scene a picture was made from.
import type { Picture } from '../formats/picture.ts'
import { gridStep, radii } from './layout.ts'
import { discOverlap, type Match, matchShape, takeApart, type Window } from './match-shape.ts'
import { colorValues } from './render.ts'
import { type Background, type Color, colors, type Shape, type Size } from './scene.ts'
import { bounds, type Component, colorOf, connect, type Segmentation, segment } from './segment.ts'

/** Overlap with its template below which a thing counts as unreadable. */
export const leastOverlap = 0.66
/** A thing whose overlap with a disc is better than with its template by this much is unreadable, too. */
const discMargin = 0.03

/** An object as seen. */
export interface SeenObject {
  shape: Shape
  color: Color
  size: Size
  /** Centre, pixels from the top left. */
  x: number
  y: number
  /** The radius in pixels of its size. */
  radius: number
  /** Overlap with its template, 0–1. */
  overlap: number
}

/** Something that is there but is none of the world's objects. */
export interface SeenBlob {
  x: number
  y: number
  /** Pixels covered. */
  area: number
}

/** What a picture shows. */
export interface SceneReading {
  background: Background | 'unreadable'
  objects: SeenObject[]
  blobs: SeenBlob[]
  /** Whether anything (a blob, the background) could not be read. */
  unreadable: boolean
  /** The least overlap of any object, 1 for none; 0 when something is unreadable. */
  confidence: number
}

/** The coverage of a component by its own colour, in a window a little larger than it. */
function windowOf(
  picture: Picture,
  { ground, owner, width, height }: Segmentation,
  component: Component,
): Window {
  const index = owner[component.pixels[0]]
  const left = Math.max(0, component.left - 2)
  const top = Math.max(0, component.top - 2)
  const columns = Math.min(width - 1, component.right + 2) - left + 1
  const rows = Math.min(height - 1, component.bottom + 2) - top + 1
  const cover = new Float32Array(columns * rows)
  const way = colorValues[component.color].map((value, k) => value - ground[k])
  const full = way[0] ** 2 + way[1] ** 2 + way[2] ** 2
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const pixel = (top + row) * width + left + column
      if (owner[pixel] !== index && owner[pixel] >= 0) continue
      let dot = 0
      for (let k = 0; k < 3; k++) dot += way[k] * (picture.data[3 * pixel + k] - ground[k])
      const share = dot / full
      // Outside the patch only its soft edge counts, not the noise of the background.
      cover[row * columns + column] = owner[pixel] === index ? Math.min(1, share) : share > 0.2 ? share : 0
    }
  // Thin things that were blurred are pale all over: measure against the fullest quarter.
  const quarter = component.pixels.length >> 2
  const fullest = [...cover].sort((a, b) => b - a).slice(0, quarter)
  const level = Math.min(1, Math.max(0.6, fullest.reduce((sum, value) => sum + value, 0) / quarter))
  for (let at = 0; at < cover.length; at++) cover[at] = Math.min(1, Math.max(0, cover[at] / level))
  return { left, top, width: columns, height: rows, cover }
}

function center({ left, right, top, bottom }: Component): [number, number] {
  return [(left + right + 1) / 2, (top + bottom + 1) / 2]
}

function seen(match: Match, color: Color): SeenObject {
  const { shape, size, x, y, overlap } = match
  return { shape, color, size, x, y, radius: radii[size], overlap }
}

/** The best match of a component, and whether it is good enough to be one. */
function readComponent(picture: Picture, segmentation: Segmentation, component: Component) {
  const window = windowOf(picture, segmentation, component)
  const match = matchShape(window, ...center(component))
  // A clear match needs no second look.
  const disc = match.overlap < 0.9 && discOverlap(window, match.x, match.y) > match.overlap + discMargin
  return { window, match, readable: match.overlap >= leastOverlap && !disc }
}

/** Grid points, and those a pixel beside them, within a component. */
function gridPoints({ left, right, top, bottom }: Component): [number, number][] {
  const points: [number, number][] = []
  const near = (low: number, high: number) => {
    const line: number[] = []
    for (let at = Math.floor(low / gridStep) * gridStep; at <= high + gridStep; at += gridStep)
      for (const beside of [at - 1, at, at + 1]) if (beside >= low && beside <= high) line.push(beside)
    return line
  }
  for (const y of near(top + 3, bottom - 2)) for (const x of near(left + 3, right - 2)) points.push([x, y])
  return points
}

/** Parts of one colour of a component that may be several objects run together. */
function partsByColor(
  picture: Picture,
  segmentation: Segmentation & { share: Float32Array; label: Int8Array },
  { pixels }: Component,
): Component[] {
  const { width, label, share, ground } = segmentation
  const own = new Set(pixels)
  // Edges of one colour look like another colour: keep to labels that are common here.
  const votes = colors.map(() => 0)
  for (const pixel of pixels) if (label[pixel] >= 0) votes[label[pixel]] += share[pixel] > 0.85 ? 1 : 0
  const common = votes.map((vote) => vote >= 12)
  if (common.filter(Boolean).length < 2) return []
  return connect(
    width,
    pixels,
    (pixel) => own.has(pixel) && common[label[pixel]] === true,
    (a, b) => label[a] === label[b],
  )
    .filter((patch) => patch.length >= 9)
    .map((patch) => ({
      pixels: patch,
      ...bounds(width, patch),
      color: colorOf(picture, ground, patch, share),
    }))
}

/**
 * Reads a picture. Any RGB picture is accepted; what is not of this world comes back as blobs or an
 * unreadable background, never as an error. Things that cover fewer than nine
 * pixels, or are fainter than half way from the background to a colour, are overlooked.
 */
export function readPicture(picture: Picture): SceneReading {
  const segmentation = segment(picture)
  const { width, background } = segmentation
  const objects: SeenObject[] = []
  const blobs: SeenBlob[] = []
  for (const component of segmentation.components) {
    const { window, match, readable } = readComponent(picture, segmentation, component)
    if (readable) {
      objects.push(seen(match, component.color))
      continue
    }
    const index = segmentation.owner[component.pixels[0]]
    const parts = partsByColor(picture, segmentation, component)
    const owner = segmentation.owner.slice()
    for (const pixel of component.pixels) owner[pixel] = -1
    parts.forEach((part, at) => {
      for (const pixel of part.pixels) owner[pixel] = segmentation.components.length + at
    })
    const read = parts.map((part) => readComponent(picture, { ...segmentation, owner }, part))
    if (read.length > 1 && read.every((part) => part.readable)) {
      objects.push(...read.map((part, at) => seen(part.match, parts[at].color)))
      continue
    }
    // What covers half the picture is no heap of objects, and slow to take apart.
    const heap = component.pixels.length < (width * segmentation.height) / 2
    const pieces = heap ? takeApart(window, gridPoints(component)) : undefined
    if (pieces && pieces.length > 1) {
      for (const piece of pieces) {
        const near = component.pixels.filter((pixel) => {
          const x = (pixel % width) + 0.5 - piece.x
          const y = Math.floor(pixel / width) + 0.5 - piece.y
          return Math.max(Math.abs(x), Math.abs(y)) <= radii[piece.size]
        })
        if (near.length > 0)
          objects.push(seen(piece, colorOf(picture, segmentation.ground, near, segmentation.share)))
      }
      continue
    }
    const [x, y] = center(segmentation.components[index])
    blobs.push({ x, y, area: component.pixels.length })
  }
  const unreadable = blobs.length > 0 || background === undefined
  const confidence = unreadable ? 0 : Math.min(1, ...objects.map(({ overlap }) => overlap))
  return { background: background ?? 'unreadable', objects, blobs, unreadable, confidence }
}
