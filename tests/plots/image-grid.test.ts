import { JSDOM } from 'jsdom'
import { describe, expect, it } from 'vitest'
import { blankPicture } from '../../lib/formats/picture.ts'
import { decodePng } from '../../lib/formats/png.ts'
import { ImageGrid } from '../../lib/plots/image-grid.ts'

const evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>\u202e'
const red = blankPicture(32, 32, [200, 30, 40])
const blue = blankPicture(64, 32, [0, 90, 200])
const grid = new ImageGrid(
  [{ picture: red, caption: evil }, { picture: blue, caption: 'a blue one' }, { picture: red }],
  {
    columnLabels: ['base', evil],
    rowLabels: ['count', 'colour'],
    title: evil,
    cell: 64,
  },
)

describe('ImageGrid', () => {
  it('displays as HTML, PNG and text', async () => {
    const display = Reflect.get(grid, Symbol.for('Jupyter.display')) as () => Promise<Record<string, string>>
    const bundle = await display.call(grid)
    expect(Object.keys(bundle)).toEqual(['text/html', 'image/png', 'text/plain'])
    expect(bundle['text/plain']).toContain('3 pictures, 2 × 2')
    expect(bundle['text/plain']).toContain('count · base · 32×32')
  })

  it('lets no caption become markup', async () => {
    const { document } = new JSDOM(await grid.toHtml()).window
    expect(document.querySelectorAll('script').length).toBe(0)
    const images = [...document.querySelectorAll('img')]
    expect(images.map((image) => image.getAttribute('src')?.slice(0, 22))).toEqual(
      Array(3).fill('data:image/png;base64,'),
    )
    expect(images.every((image) => !image.hasAttribute('onerror'))).toBe(true)
    expect(images[0].alt).toContain('<script>alert(1)</script>')
    expect(document.body.innerHTML).not.toContain('\u202e')
  })

  it('keeps the pictures to the pixel in HTML and their colours in the PNG', async () => {
    const { document } = new JSDOM(await grid.toHtml()).window
    const [, second] = [...document.querySelectorAll('img')]
    expect(await decodePng(Buffer.from(second.src.split(',')[1], 'base64'))).toEqual(blue)
    expect([second.width, second.height]).toEqual([64, 32])
    const { data } = await decodePng(await grid.toPng({ scale: 1 }))
    const pixels = (wanted: number[]) => {
      let found = 0
      for (let at = 0; at < data.length; at += 3)
        if (wanted.every((value, channel) => data[at + channel] === value)) found++
      return found
    }
    expect(pixels([200, 30, 40])).toBe(2 * 64 * 64)
    expect(pixels([0, 90, 200])).toBe(64 * 32)
    expect(await grid.toPng()).toEqual(await grid.toPng())
  })

  it.each<[string, () => unknown, string]>([
    ['no pictures', () => new ImageGrid([]), 'bad-input'],
    ['no columns', () => new ImageGrid([{ picture: red }], { columns: 0 }), 'bad-input'],
    [
      'a column name too many',
      () => new ImageGrid([{ picture: red }], { columns: 1, columnLabels: ['a', 'b'] }),
      'mismatch',
    ],
    [
      'a row name too few',
      () => new ImageGrid([{ picture: red }, { picture: red }], { columns: 1, rowLabels: ['a'] }),
      'mismatch',
    ],
  ])('refuses %s', (_, make, code) => {
    expect(make).toThrowError(expect.objectContaining({ name: 'SelmaError', code }))
  })
})
