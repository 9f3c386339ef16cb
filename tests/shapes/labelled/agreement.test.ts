// The scene reader against a person: 300 pictures drawn by the base, labelled by eye without seeing the reading.
import { readFile } from 'node:fs/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Picture } from '../../../lib/formats/picture.ts'
import { decodePng } from '../../../lib/formats/png.ts'
import { readPicture, type SceneReading } from '../../../lib/shapes/read-picture.ts'

const side = 64
const perRow = 20
const words: Record<string, string> = {
  ...{ r: 'red', g: 'green', b: 'blue', y: 'yellow', p: 'purple', o: 'orange' },
  ...{ S: 'square', T: 'triangle', C: 'cross', R: 'ring' },
}
const grounds: Record<string, string> = { w: 'white', g: 'gray', k: 'black' }

interface Label {
  background: string
  /** Colours that a person would accept, the likeliest first. */
  objects: { colors: string[]; shape: string }[]
  /** Whether something in the picture has no shape. */
  unclear: boolean
}

function parse(line: string): Label {
  const [, ground, ...things] = line.split(' ')
  const objects = things
    .filter((thing) => thing !== 'X')
    .map((thing) => ({ colors: [...thing.slice(0, -1)].map((c) => words[c]), shape: words[thing.slice(-1)] }))
  return { background: grounds[ground], objects, unclear: things.includes('X') }
}

function cut(atlas: Picture, index: number): Picture {
  const [left, top] = [(index % perRow) * side, Math.floor(index / perRow) * side]
  const data = new Uint8Array(side * side * 3)
  for (let y = 0; y < side; y++) {
    const start = ((top + y) * atlas.width + left) * 3
    data.set(atlas.data.subarray(start, start + side * 3), y * side * 3)
  }
  return { width: side, height: side, data }
}

/** How many labelled objects are matched by one that was read, those with the likeliest colour first. */
function matched({ objects }: Label, reading: SceneReading): { object: number; likeliest: number } {
  const left = [...reading.objects]
  const take = (wanted: Label['objects'], accepts: (colors: string[], color: string) => boolean) =>
    wanted.filter(({ colors, shape }) => {
      const at = left.findIndex((seen) => seen.shape === shape && accepts(colors, seen.color))
      if (at >= 0) left.splice(at, 1)
      return at < 0
    })
  const others = take(objects, ([likeliest], color) => likeliest === color)
  const missed = take(others, (colors, color) => colors.includes(color))
  return { object: objects.length - missed.length, likeliest: objects.length - others.length }
}

describe('the reader and a person', () => {
  let pairs: { label: Label; reading: SceneReading }[]
  const share = (agrees: (pair: (typeof pairs)[number]) => boolean) =>
    pairs.filter(agrees).length / pairs.length

  beforeAll(async () => {
    const file = (name: string) => readFile(new URL(name, import.meta.url))
    const atlas = await decodePng(await file('pictures.png'))
    const lines = (await file('labels.txt')).toString().trim().split('\n')
    pairs = lines
      .filter((line) => !line.startsWith('#'))
      .map((line, index) => ({ label: parse(line), reading: readPicture(cut(atlas, index)) }))
  })

  it('has 300 labelled pictures', () => expect(pairs).toHaveLength(300))

  it('agree on the background', () => {
    expect(share(({ label, reading }) => label.background === reading.background)).toBeGreaterThanOrEqual(
      0.99,
    )
  })

  it('agree on how many objects there are', () => {
    expect(
      share(({ label, reading }) => label.objects.length === reading.objects.length),
    ).toBeGreaterThanOrEqual(0.95)
  })

  it('agree on whether something has no shape', () => {
    expect(share(({ label, reading }) => label.unclear === reading.blobs.length > 0)).toBeGreaterThanOrEqual(
      0.95,
    )
  })

  it('agree on colour and shape of each object', () => {
    const asked = pairs.reduce((sum, { label }) => sum + label.objects.length, 0)
    const found = pairs.map(({ label, reading }) => matched(label, reading))
    expect(found.reduce((sum, { object }) => sum + object, 0) / asked).toBeGreaterThanOrEqual(0.96)
    expect(found.reduce((sum, { likeliest }) => sum + likeliest, 0) / asked).toBeGreaterThanOrEqual(0.87)
  })

  it('agree on the whole picture', () => {
    const whole = share(({ label, reading }) => {
      const { object } = matched(label, reading)
      return object === label.objects.length && object === reading.objects.length
    })
    expect(whole).toBeGreaterThanOrEqual(0.9)
  })
})
