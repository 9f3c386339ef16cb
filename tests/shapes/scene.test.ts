import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { addClutter, layout, radii, relationDistance, sideDistance } from '../../lib/shapes/layout.ts'
import { backgroundValues, colorValues, render } from '../../lib/shapes/render.ts'
import { sampleScene, shapeSkills } from '../../lib/shapes/sample-scene.ts'
import { colors, type Scene, sceneProblem, shapes, signature } from '../../lib/shapes/scene.ts'
import { isHeldOutCombination, splitOf } from '../../lib/shapes/split.ts'

describe('signature', () => {
  const red = { count: 1, color: 'red', shape: 'square' } as const
  const blue = { count: 2, color: 'blue', shape: 'ring' } as const

  it('ignores the order of groups and mirrors relations', () => {
    expect(signature({ groups: [red, blue] })).toBe(signature({ groups: [blue, red] }))
    expect(signature({ groups: [red, blue], relation: { kind: 'left', of: 0, to: 1 } })).toBe(
      signature({ groups: [blue, red], relation: { kind: 'right', of: 0, to: 1 } }),
    )
  })

  it('tells different scenes apart', () => {
    const scenes: Scene[] = [
      { groups: [red, blue] },
      { groups: [red, blue], background: 'white' },
      { groups: [red, blue], relation: { kind: 'left', of: 0, to: 1 } },
      { groups: [red, blue], relation: { kind: 'right', of: 0, to: 1 } },
      { groups: [red, blue], relation: { kind: 'above', of: 0, to: 1 } },
      { groups: [red, { ...blue, size: 'large' }] },
    ]
    expect(new Set(scenes.map(signature)).size).toBe(scenes.length)
  })
})

describe('sampleScene', () => {
  it.each(shapeSkills)('draws proper scenes of %s, the same ones for the same seed', (skill) => {
    const draw = () => {
      const random = new Random(`scenes ${skill}`)
      return Array.from({ length: 300 }, () => sampleScene(random, { skill }))
    }
    const scenes = draw()
    for (const scene of scenes) expect(sceneProblem(scene)).toBeUndefined()
    expect(draw()).toEqual(scenes)
    expect(new Set(scenes.map(signature)).size).toBeGreaterThan(100)
  })

  it('teaches what its skill says', () => {
    const random = new Random(1)
    for (let i = 0; i < 200; i++) {
      expect(sampleScene(random, { skill: 'spatial' }).relation).toBeDefined()
      expect(sampleScene(random, { skill: 'background' }).background).toBeDefined()
      expect(sampleScene(random, { skill: 'count' }).groups[0].count).toBeGreaterThan(1)
      expect(sampleScene(random, { skill: 'size' }).groups[0].size).toBeDefined()
      expect(sampleScene(random, { skill: 'color' }).groups.every(({ color }) => color)).toBe(true)
    }
  })

  it('names the skills when it does not know one', () => {
    expect(() => sampleScene(new Random(1), { skill: 'singing' as 'color' })).toThrow(/singing/)
  })
})

describe('splitOf', () => {
  it('splits by scene, 80/10/10, and keeps held-out combinations out of training', () => {
    const random = new Random('splits')
    const seen = { train: new Set<string>(), validation: new Set<string>(), test: new Set<string>() }
    let heldOut = 0
    for (let i = 0; i < 20_000; i++) {
      const scene = sampleScene(random, { skill: i % 2 ? 'paragraph' : 'color' })
      const split = splitOf(scene)
      seen[split].add(signature(scene))
      if (!isHeldOutCombination(scene)) continue
      heldOut++
      expect(split).not.toBe('train')
    }
    expect(heldOut).toBeGreaterThan(100)
    const total = seen.train.size + seen.validation.size + seen.test.size
    expect(seen.train.size / total).toBeGreaterThan(0.74)
    expect(seen.train.size / total).toBeLessThan(0.82)
    for (const name of seen.test) expect(seen.train.has(name) || seen.validation.has(name)).toBe(false)
    for (const name of seen.validation) expect(seen.train.has(name)).toBe(false)
  })

  it('holds a combination out from both sides of the relation', () => {
    const ring = { count: 1, color: 'red', shape: 'ring' } as const
    const square = { count: 1, color: 'green', shape: 'square' } as const
    const held = (groups: Scene['groups'], kind: 'left' | 'right') =>
      isHeldOutCombination({ groups, relation: { kind, of: 0, to: 1 } })
    expect(held([ring, square], 'left')).toBe(true)
    expect(held([square, ring], 'right')).toBe(true)
    expect(held([ring, square], 'right')).toBe(false)
    expect(isHeldOutCombination({ groups: [ring, square] })).toBe(false)
  })

  it('draws only from the split asked for', () => {
    const random = new Random(3)
    for (const split of ['train', 'validation', 'test'] as const)
      for (let i = 0; i < 50; i++) expect(splitOf(sampleScene(random, { split }))).toBe(split)
  })
})

describe('layout', () => {
  it('places exactly what the scene says, inside the picture, apart, relations true', () => {
    const random = new Random('layouts')
    for (let i = 0; i < 5000; i++) {
      const scene = sampleScene(random)
      const { objects, background } = layout(scene, random)
      if (scene.background) expect(background).toBe(scene.background)
      expect(objects.length).toBe(scene.groups.reduce((sum, { count }) => sum + count, 0))
      scene.groups.forEach((group, index) => {
        const own = objects.filter((object) => object.group === index)
        expect(own.length).toBe(group.count)
        for (const object of own) {
          expect(object.shape).toBe(group.shape)
          if (group.color) expect(object.color).toBe(group.color)
          if (group.size) expect(object.size).toBe(group.size)
        }
      })
      for (const a of objects) {
        expect(Math.min(a.x - a.radius, a.y - a.radius)).toBeGreaterThanOrEqual(0)
        expect(Math.max(a.x + a.radius, a.y + a.radius)).toBeLessThanOrEqual(64)
        expect([a.x % 8, a.y % 8, a.radius]).toEqual([0, 0, radii[a.size]])
        for (const b of objects) {
          if (a === b) continue
          const apart = Math.max(Math.abs(a.x - b.x), Math.abs(a.y - b.y)) - a.radius - b.radius
          expect(apart).toBeGreaterThanOrEqual(2)
          if (scene.relation && a.group === 0 && b.group === 1)
            expect(sideDistance(scene.relation.kind, a, b)).toBeGreaterThanOrEqual(relationDistance)
        }
      }
    }
  })

  it('says so when a scene does not fit', () => {
    const group = (color: 'red' | 'blue') => ({ count: 4, size: 'large', color, shape: 'ring' }) as const
    expect(() => layout({ groups: [group('red'), group('blue')] }, new Random(1))).toThrow(/does not fit/)
  })

  it('adds clutter without touching what is there', () => {
    const random = new Random(5)
    for (let i = 0; i < 3000; i++) {
      const placed = layout(sampleScene(random), random)
      const cluttered = addClutter(placed, random)
      expect(cluttered.objects.length).toBe(placed.objects.length + 2)
      expect(cluttered.objects.slice(0, placed.objects.length)).toEqual(placed.objects)
    }
  })
})

describe('render', () => {
  it('draws each shape in its colour at its place', () => {
    for (const shape of shapes)
      for (const color of colors) {
        const object = { shape, color, size: 'large', x: 32, y: 40, radius: 10, group: 0 } as const
        const { data, width, height } = render({ background: 'black', objects: [object] })
        expect([width, height, data.length]).toEqual([64, 64, 64 * 64 * 3])
        const at = (x: number, y: number) => [...data.subarray((y * 64 + x) * 3, (y * 64 + x) * 3 + 3)]
        expect(at(2, 2)).toEqual(backgroundValues.black)
        expect(at(32, 40)).toEqual(shape === 'ring' ? backgroundValues.black : colorValues[color])
        if (shape === 'ring') expect(at(39, 40)).toEqual(colorValues[color])
      }
  })

  it('is deterministic and blends edges', () => {
    const random = new Random(2)
    const placed = layout({ groups: [{ count: 2, color: 'blue', shape: 'triangle' }] }, random)
    const picture = render(placed)
    expect(render(placed).data).toEqual(picture.data)
    const seen = new Set<number>()
    for (let i = 0; i < picture.data.length; i += 3) seen.add(picture.data[i])
    expect(seen.size).toBeGreaterThan(4)
  })
})
