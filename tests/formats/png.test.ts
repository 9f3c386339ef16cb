import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, describe, expect, it } from 'vitest'
import { contactSheet } from '../../lib/formats/contact-sheet.ts'
import type { Picture } from '../../lib/formats/picture.ts'
import { decodePng, encodePng } from '../../lib/formats/png.ts'
import { readPngText, withPngText } from '../../lib/formats/png-text.ts'

const folder = mkdtempSync(join(tmpdir(), 'png-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const gradient = (width: number, height: number): Picture => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 37) % 256),
})

describe('PNG', () => {
  it('comes back pixel for pixel, and has the same bytes each time', async () => {
    const picture = gradient(7, 5)
    const png = await encodePng(picture)
    expect(await decodePng(png)).toEqual(picture)
    expect(await encodePng(picture)).toEqual(png)
    const path = join(folder, 'a.png')
    writeFileSync(path, png)
    expect(await decodePng(path)).toEqual(picture)
  })

  it('keeps text that other readers find too', async () => {
    const text = { prompt: 'three red squares <b>é 😀', seed: '42' }
    const png = await encodePng(gradient(4, 4), { text })
    expect(readPngText(png)).toEqual(text)
    expect(await decodePng(png)).toEqual(gradient(4, 4))
    const { comments } = await sharp(png).metadata()
    expect(comments?.map((c) => c.keyword)).toEqual(['prompt', 'seed'])
    expect(comments?.[1].text).toBe('42')
  })

  it.each(['', ' a', 'a ', 'a  b', 'a\n', 'x'.repeat(80), 'snow☃'])('refuses the text key %j', (key) => {
    expect(() => withPngText(new Uint8Array(40), { [key]: '' })).toThrow('cannot be the key')
  })

  it('lays transparency on white', async () => {
    const raw = Buffer.from([255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 0, 128])
    const png = await sharp(raw, { raw: { width: 3, height: 1, channels: 4 } })
      .png()
      .toBuffer()
    expect([...(await decodePng(png)).data]).toEqual([255, 0, 0, 255, 255, 255, 127, 127, 127])
  })

  it('expands grey and reduces 16 bits', async () => {
    const grey = await sharp(Buffer.from([0, 100, 255]), { raw: { width: 3, height: 1, channels: 1 } })
      .toColourspace('b-w')
      .png()
      .toBuffer()
    expect((await sharp(grey).metadata()).channels).toBe(1)
    expect([...(await decodePng(grey)).data]).toEqual([0, 0, 0, 100, 100, 100, 255, 255, 255])
    const deep = Uint16Array.of(0, 0x8000, 0xffff, 0x0100, 0xfe00, 0x7fff)
    const png = await sharp(deep, { raw: { width: 2, height: 1, channels: 3 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer()
    expect((await sharp(png).metadata()).depth).toBe('ushort')
    expect([...(await decodePng(png)).data]).toEqual([0, 128, 255, 1, 254, 127])
  })

  it('names a file that is no picture, or none at all', async () => {
    const path = join(folder, 'bad.png')
    writeFileSync(path, 'not a picture')
    await expect(decodePng(path)).rejects.toMatchObject({ code: 'bad-file' })
    await expect(decodePng(path)).rejects.toThrow(path)
    writeFileSync(path, (await encodePng(gradient(64, 64))).subarray(0, -30))
    await expect(decodePng(path)).rejects.toMatchObject({ code: 'bad-file' })
    await expect(decodePng(join(folder, 'none.png'))).rejects.toMatchObject({ code: 'not-found' })
  })

  it('refuses a picture whose size and data differ', async () => {
    await expect(encodePng({ width: 2, height: 2, data: new Uint8Array(11) })).rejects.toThrow(
      'needs 12 bytes',
    )
    await expect(encodePng({ width: 0, height: 2, data: new Uint8Array(0) })).rejects.toThrow('0×2')
  })
})

describe('contact sheet', () => {
  const dot = (value: number): Picture => ({ width: 1, height: 1, data: new Uint8Array(3).fill(value) })

  it('lays out row by row with gaps and ground', () => {
    const sheet = contactSheet([dot(1), dot(2), dot(3)], { columns: 2, gap: 1, background: [9, 9, 9] })
    expect([sheet.width, sheet.height]).toEqual([3, 3])
    expect([...sheet.data].filter((_, i) => i % 3 === 0)).toEqual([1, 9, 2, 9, 9, 9, 3, 9, 9])
  })

  it('enlarges by nearest neighbour, default two pixels apart on white', () => {
    const sheet = contactSheet([dot(1), dot(2)], { scale: 2 })
    expect([sheet.width, sheet.height]).toEqual([6, 2])
    const row = [1, 1, 255, 255, 2, 2]
    expect([...sheet.data].filter((_, i) => i % 3 === 0)).toEqual([...row, ...row])
  })

  it('makes room for the largest picture', () => {
    const sheet = contactSheet([dot(1), gradient(3, 2)], { columns: 5, gap: 0 })
    expect([sheet.width, sheet.height]).toEqual([6, 2])
  })

  it('refuses impossible layouts', () => {
    expect(() => contactSheet([])).toThrow('at least one picture')
    expect(() => contactSheet([dot(1)], { columns: 0 })).toThrow('columns is 0')
    expect(() => contactSheet([dot(1)], { scale: 1.5 })).toThrow('scale is 1.5')
  })
})
