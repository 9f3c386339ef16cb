// Pictures side by side in a grid, on a plain ground. Not a chart: no labels, no text.
import { fail } from '../base/errors.ts'
import { blankPicture, type Picture } from './picture.ts'

/** How a contact sheet is laid out. */
export interface ContactSheetOptions {
  /** pictures a row; default: as square as possible */
  columns?: number
  /** space between pictures, pixels of the result; default 2 */
  gap?: number
  /** whole-number enlargement of every picture, nearest neighbour; default 1 */
  scale?: number
  /** colour of the ground, red, green, blue of 0–255; default white */
  background?: readonly [number, number, number]
}

/**
 * Lays pictures out row by row. Cells have the size of the largest picture; smaller ones sit at the top left.
 *
 * @throws SelmaError `bad-input` without pictures, or for settings that are not whole numbers in range
 */
export function contactSheet(pictures: readonly Picture[], options: ContactSheetOptions = {}): Picture {
  const {
    columns = Math.ceil(Math.sqrt(pictures.length)),
    gap = 2,
    scale = 1,
    background = [255, 255, 255],
  } = options
  if (pictures.length === 0) fail('bad-input', 'a contact sheet needs at least one picture')
  for (const [name, value, least] of [
    ['columns', columns, 1],
    ['gap', gap, 0],
    ['scale', scale, 1],
  ] as const)
    if (!Number.isInteger(value) || value < least)
      fail('bad-input', `${name} is ${value}`, `give a whole number of at least ${least}`)
  const across = Math.min(columns, pictures.length)
  const down = Math.ceil(pictures.length / across)
  const cellWidth = Math.max(...pictures.map((p) => p.width)) * scale
  const cellHeight = Math.max(...pictures.map((p) => p.height)) * scale
  const width = across * cellWidth + (across - 1) * gap
  const height = down * cellHeight + (down - 1) * gap
  const sheet = blankPicture(width, height, background)
  const { data } = sheet
  pictures.forEach((picture, i) => {
    const left = (i % across) * (cellWidth + gap)
    const top = Math.floor(i / across) * (cellHeight + gap)
    for (let y = 0; y < picture.height * scale; y++) {
      const row = Math.floor(y / scale) * picture.width
      for (let x = 0; x < picture.width * scale; x++) {
        const from = (row + Math.floor(x / scale)) * 3
        const to = ((top + y) * width + left + x) * 3
        data[to] = picture.data[from]
        data[to + 1] = picture.data[from + 1]
        data[to + 2] = picture.data[from + 2]
      }
    }
  })
  return sheet
}
