// Pictures side by side with their captions and the names of rows and columns: as HTML, as one PNG, as text.
// Not lib/formats' contact sheet, which is pictures only, to the pixel.
import { fail } from '../base/errors.ts'
import type { Picture } from '../formats/picture.ts'
import { encodePng } from '../formats/png.ts'
import type { MimeBundle } from './figure.ts'
import { dataUri, escapeHtml } from './html.ts'
import { staticFont, svgToPng, textWidth } from './raster.ts'
import { faintInk, ink, oneLine } from './theme.ts'

export interface ImageGridItem {
  picture: Picture
  /** Shown under the picture; any text, it is escaped. */
  caption?: string
}

export interface ImageGridOptions {
  /** Pictures a row; default the number of column names, else at most 5. */
  columns?: number
  /** Names above the columns. */
  columnLabels?: string[]
  /** Names left of the rows. */
  rowLabels?: string[]
  title?: string
  /** Side of a cell, CSS pixels; pictures keep their proportions. Default 160. */
  cell?: number
}

const font = 12.5
const lineHeight = 16
const gap = 12
const pad = 14

/** Breaks a text into lines that fit `width` CSS pixels, at most `most` of them. */
function fitLines(text: string, width: number, { most = 3, bold = false } = {}): string[] {
  const lines: string[] = []
  const fits = (line: string) => textWidth(line, { size: font, bold }) <= width
  const cut = (line: string) => {
    let short = line
    while (short.length > 1 && !fits(`${short}…`)) short = [...short].slice(0, -1).join('')
    return `${short.trimEnd()}…`
  }
  for (const word of oneLine(text, 400).split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && fits(`${last} ${word}`)) lines[lines.length - 1] = `${last} ${word}`
    else if (lines.length === most) return [...lines.slice(0, -1), cut(`${last} ${word}`)]
    else lines.push(fits(word) ? word : cut(word))
  }
  return lines
}

function textLines(lines: string[], x: number, y: number, style: string): string {
  return lines
    .map(
      (line, index) =>
        `<text x="${x}" y="${y + 12 + index * lineHeight}" ${style}>${escapeHtml(line)}</text>`,
    )
    .join('')
}

/** A displayable grid of pictures. */
export class ImageGrid {
  readonly items: readonly ImageGridItem[]
  readonly columns: number
  readonly columnLabels: readonly string[]
  readonly rowLabels: readonly string[]
  readonly title: string
  readonly cell: number

  /**
   * @throws SelmaError `bad-input` without pictures or with a number of columns below 1, `mismatch` when there
   *   are more or fewer names than columns or rows
   */
  constructor(items: ImageGridItem[], options: ImageGridOptions = {}) {
    const { columnLabels = [], rowLabels = [], title = '', cell = 160 } = options
    const { columns = columnLabels.length || Math.min(5, items.length) } = options
    if (items.length === 0) fail('bad-input', 'an image grid needs at least one picture')
    if (!(Number.isInteger(columns) && columns >= 1)) fail('bad-input', `columns ${columns} is not 1 or more`)
    if (!(cell >= 16)) fail('bad-input', `a cell of ${cell} pixels is too small`, 'use 16 or more')
    const rows = Math.ceil(items.length / columns)
    if (columnLabels.length > 0 && columnLabels.length !== columns) {
      fail('mismatch', `${columnLabels.length} column names for ${columns} columns`)
    }
    if (rowLabels.length > 0 && rowLabels.length !== rows) {
      fail('mismatch', `${rowLabels.length} row names for ${rows} rows`)
    }
    this.items = items
    this.columns = columns
    this.columnLabels = columnLabels
    this.rowLabels = rowLabels
    this.title = title
    this.cell = cell
  }

  get rows(): number {
    return Math.ceil(this.items.length / this.columns)
  }

  /**
   * The whole grid as PNG bytes, on white, text in the bundled font.
   *
   * @param scale pixels a CSS pixel, default 2
   */
  async toPng({ scale = 2 }: { scale?: number } = {}): Promise<Uint8Array> {
    const { cell, columns, rows } = this
    const captions = this.items.map(({ caption }) => (caption ? fitLines(caption, cell) : []))
    const names = this.columnLabels.map((name) => fitLines(name, cell, { most: 2, bold: true }))
    const sides = this.rowLabels.map((name) => fitLines(name, 130, { bold: true }))
    const side = Math.ceil(
      Math.max(0, ...sides.flat().map((line) => textWidth(line, { size: font, bold: true }))),
    )
    const left = pad + (side > 0 ? side + gap : 0)
    const width = left + columns * cell + (columns - 1) * gap + pad
    const heading = this.title ? fitLines(this.title, (width - 2 * pad) * 0.85, { most: 2, bold: true }) : []
    const anchor = `font-size="${font}" text-anchor="middle"`
    const parts: string[] = []
    let top = pad
    parts.push(textLines(heading, pad, top + 2, `font-size="15" font-weight="700"`))
    if (heading.length > 0) top += heading.length * 19 + 8
    for (const [column, lines] of names.entries()) {
      parts.push(
        textLines(lines, left + column * (cell + gap) + cell / 2, top, `${anchor} font-weight="700"`),
      )
    }
    top += Math.max(0, ...names.map((lines) => lines.length)) * lineHeight + (names.length > 0 ? 4 : 0)
    for (let row = 0; row < rows; row++) {
      const first = row * columns
      const members = this.items.slice(first, first + columns)
      const tall = Math.max(...members.map(({ picture }) => shownSize(picture, cell).height))
      if (sides[row]) {
        const start = top + tall / 2 - (sides[row].length * lineHeight) / 2
        parts.push(
          textLines(sides[row], pad + side, start, `font-size="${font}" font-weight="700" text-anchor="end"`),
        )
      }
      for (const [column, { picture }] of members.entries()) {
        const size = shownSize(picture, cell)
        const x = left + column * (cell + gap)
        const href = dataUri('image/png', await encodePng(picture))
        const place = `x="${x + (cell - size.width) / 2}" y="${top}" width="${size.width}" height="${size.height}"`
        parts.push(
          `<image ${place} image-rendering="${size.enlarged ? 'optimizeSpeed' : 'auto'}" href="${href}"/>`,
        )
        parts.push(
          textLines(captions[first + column], x + cell / 2, top + tall + 5, `${anchor} fill="${faintInk}"`),
        )
      }
      const lines = Math.max(0, ...captions.slice(first, first + columns).map((caption) => caption.length))
      top += tall + lines * lineHeight + (lines > 0 ? 6 : 0) + gap
    }
    const height = Math.ceil(top - gap + pad)
    const svg = [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${staticFont}" fill="${ink}">`,
      `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
      ...parts,
      '</svg>',
    ]
    return svgToPng(svg.join(''), { scale })
  }

  /** HTML of its own: no script, no outside file, every text escaped. */
  async toHtml(): Promise<string> {
    const { cell, columns, rows } = this
    const head = this.columnLabels.map((name) => `<th scope="col">${escapeHtml(oneLine(name, 400))}</th>`)
    const body: string[] = []
    for (let row = 0; row < rows; row++) {
      const cells: string[] = []
      if (this.rowLabels.length > 0) {
        cells.push(`<th scope="row">${escapeHtml(oneLine(this.rowLabels[row], 400))}</th>`)
      }
      for (const { picture, caption = '' } of this.items.slice(row * columns, (row + 1) * columns)) {
        const { width, height, enlarged } = shownSize(picture, cell)
        const text = escapeHtml(oneLine(caption, 400))
        const look = enlarged ? ' style="image-rendering:pixelated"' : ''
        const source = dataUri('image/png', await encodePng(picture))
        cells.push(
          `<td style="vertical-align:top;text-align:center;width:${cell}px"><img src="${source}" width="${width}" height="${height}" alt="${text}"${look}>${text ? `<div style="max-width:${cell}px;margin:2px auto;font-size:smaller;overflow-wrap:anywhere">${text}</div>` : ''}</td>`,
        )
      }
      body.push(`<tr>${cells.join('')}</tr>`)
    }
    const title = this.title ? `<caption>${escapeHtml(oneLine(this.title, 400))}</caption>` : ''
    const corner = this.rowLabels.length > 0 ? '<td></td>' : ''
    const header = head.length > 0 ? `<thead><tr>${corner}${head.join('')}</tr></thead>` : ''
    return `<table class="selma-images">${title}${header}<tbody>${body.join('')}</tbody></table>`
  }

  toString(): string {
    const { columns, rows, title } = this
    const lines = this.items.map(({ picture, caption = '' }, index) => {
      const names = [this.rowLabels[Math.floor(index / columns)], this.columnLabels[index % columns]]
      const place = names.filter((name) => name !== undefined).map((name) => oneLine(name))
      return `  ${[...place, `${picture.width}×${picture.height}`, ...(caption ? [oneLine(caption, 120)] : [])].join(' · ')}`
    })
    return [
      `${title ? `${oneLine(title, 200)}: ` : ''}${this.items.length} pictures, ${rows} × ${columns}`,
      ...lines,
    ].join('\n')
  }

  async [Symbol.for('Jupyter.display')](): Promise<MimeBundle> {
    return {
      'text/html': await this.toHtml(),
      'image/png': Buffer.from(await this.toPng()).toString('base64'),
      'text/plain': this.toString(),
    }
  }
}

/** Size in CSS pixels inside a square cell; small pictures are enlarged, and then shown pixel by pixel. */
function shownSize({ width, height }: Picture, cell: number) {
  const factor = cell / Math.max(width, height)
  return { width: Math.round(width * factor), height: Math.round(height * factor), enlarged: factor > 1 }
}
