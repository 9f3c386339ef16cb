import sharp, { type Sharp } from 'sharp'
import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { blankPicture, type Picture } from '../../lib/formats/picture.ts'
import { addClutter, layout, type PlacedScene, radii } from '../../lib/shapes/layout.ts'
import { readPicture, type SceneReading } from '../../lib/shapes/read-picture.ts'
import { backgroundValues, colorValues, render } from '../../lib/shapes/render.ts'
import { sampleScene } from '../../lib/shapes/sample-scene.ts'

type Damage = (picture: Picture, random: Random) => Picture | Promise<Picture>

function right(placed: PlacedScene, reading: SceneReading): boolean {
  const name = (o: { shape: string; color: string; size: string; x: number; y: number }) =>
    `${o.shape} ${o.color} ${o.size} ${Math.round(o.x / 8)} ${Math.round(o.y / 8)}`
  return (
    !reading.unreadable &&
    reading.background === placed.background &&
    placed.objects.map(name).sort().join() === reading.objects.map(name).sort().join()
  )
}

async function accuracy(count: number, damage: Damage): Promise<number> {
  const random = new Random('reader')
  let hits = 0
  for (let i = 0; i < count; i++) {
    const placed = layout(sampleScene(random), random)
    if (right(placed, readPicture(await damage(render(placed), random)))) hits++
  }
  return hits / count
}

const clamp = (value: number) => Math.max(0, Math.min(255, Math.round(value)))
const noise =
  (sigma: number): Damage =>
  (picture, random) => ({
    ...picture,
    data: Uint8Array.from(picture.data, (v) => clamp(v + sigma * random.normal())),
  })
const through = async (picture: Picture, change: (image: Sharp) => Sharp): Promise<Picture> => {
  const { width, height, data } = picture
  const image = change(sharp(data, { raw: { width, height, channels: 3 } }))
  return { width, height, data: new Uint8Array(await image.raw().toBuffer()) }
}

describe('readPicture', () => {
  it('reads true pictures', async () => {
    expect(await accuracy(1200, (picture) => picture)).toBeGreaterThanOrEqual(0.998)
  })

  it('bears noise', async () => {
    expect(await accuracy(300, noise(12))).toBeGreaterThanOrEqual(0.99)
  })

  it('bears blur with noise', async () => {
    const damage: Damage = async (picture, random) =>
      noise(8)(await through(picture, (image) => image.blur(0.8)), random)
    expect(await accuracy(300, damage)).toBeGreaterThanOrEqual(0.98)
  })

  it('bears colours that are a little off', async () => {
    const damage: Damage = (picture, random) => {
      const [gain, shift] = [0, 1].map((at) =>
        [0, 1, 2].map(() => (at ? random.int(-12, 12) : 0.9 + 0.2 * random.float())),
      )
      return {
        ...picture,
        data: Uint8Array.from(picture.data, (v, i) => clamp(v * gain[i % 3] + shift[i % 3])),
      }
    }
    expect(await accuracy(300, damage)).toBeGreaterThanOrEqual(0.98)
  })

  it('sees clutter as objects', () => {
    const random = new Random(8)
    for (let i = 0; i < 100; i++) {
      const cluttered = addClutter(layout(sampleScene(random), random), random)
      expect(readPicture(render(cluttered)).objects.length).toBe(cluttered.objects.length)
    }
  })

  it('takes objects apart that have run together', () => {
    const object = (color: 'red' | 'blue', x: number) =>
      ({ shape: 'square', color, size: 'large', radius: radii.large, x, y: 32, group: 0 }) as const
    for (const second of ['red', 'blue'] as const) {
      const { objects, unreadable } = readPicture(
        render({ background: 'white', objects: [object('red', 16), object(second, 33)] }),
      )
      expect(unreadable).toBe(false)
      expect(objects.map(({ shape, size, color }) => `${color} ${size} ${shape}`).sort()).toEqual(
        [`red large square`, `${second} large square`].sort(),
      )
    }
  })

  it('calls junk a blob', () => {
    const picture = blankPicture(64, 64, backgroundValues.white)
    const paint = (x: number, y: number, rgb: readonly number[]) => picture.data.set(rgb, (y * 64 + x) * 3)
    // A long bar, and a brown smear like nothing in this world.
    for (let x = 5; x < 50; x++) for (let y = 10; y < 14; y++) paint(x, y, [214, 36, 46])
    for (let y = 30; y < 60; y++) for (let x = 20; x < 20 + (y % 7) * 4 + 3; x++) paint(x, y, [120, 80, 60])
    const reading = readPicture(picture)
    expect(reading).toMatchObject({ background: 'white', unreadable: true, confidence: 0, objects: [] })
    expect(reading.blobs.length).toBeGreaterThanOrEqual(2)
  })

  it('does not take a disc for a shape', () => {
    for (const radius of [5, 7, 9]) {
      const picture = blankPicture(64, 64, backgroundValues.black)
      for (let at = 0; at < 64 * 64; at++)
        if (Math.hypot((at % 64) - 30, Math.floor(at / 64) - 30) < radius)
          picture.data.set(colorValues.green, at * 3)
      const { objects, blobs } = readPicture(picture)
      expect([objects.length, blobs.length]).toEqual([0, 1])
    }
  })

  it('survives noise and empty pictures', () => {
    const random = new Random(1)
    const picture = blankPicture(64, 64)
    for (let i = 0; i < picture.data.length; i++) picture.data[i] = random.int(0, 255)
    expect(readPicture(picture)).toMatchObject({ background: 'unreadable', unreadable: true })
    const empty = readPicture(blankPicture(64, 64, backgroundValues.gray))
    expect(empty).toEqual({ background: 'gray', objects: [], blobs: [], unreadable: false, confidence: 1 })
  })
})
