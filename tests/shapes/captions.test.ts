import { describe, expect, it } from 'vitest'
import { SelmaError } from '../../lib/base/errors.ts'
import { Random } from '../../lib/base/random.ts'
import { caption, maxCaptionTokens, maxCaptionWords } from '../../lib/shapes/captions.ts'
import { noisyCaption, noisyScene } from '../../lib/shapes/noisy-captions.ts'
import { parseCaption } from '../../lib/shapes/parse-caption.ts'
import { sampleScene } from '../../lib/shapes/sample-scene.ts'
import { type Scene, signature } from '../../lib/shapes/scene.ts'
import { splitOf } from '../../lib/shapes/split.ts'
import { captionTokens, captionWords } from '../../lib/shapes/wordings.ts'

describe('caption and parseCaption', () => {
  it('read back as the scene they say, 20,000 times, in few enough words of the vocabulary', () => {
    const random = new Random('captions')
    const vocabulary = new Set(captionWords())
    const used = { train: new Set<string>(), test: new Set<string>() }
    const captions = { train: new Set<string>(), test: new Set<string>() }
    for (let i = 0; i < 20_000; i++) {
      const wordings = i % 2 ? 'test' : 'train'
      const scene = sampleScene(random)
      const text = caption(scene, random, { wordings })
      const back = signature(parseCaption(text))
      if (back !== signature(scene)) expect(`${text} => ${back}`).toBe(signature(scene))
      const tokens = captionTokens(text)
      if (tokens.join('') !== text.replaceAll(' ', '')) throw new Error(`lost a mark of ${text}`)
      if (tokens.length > maxCaptionTokens || tokens.filter((t) => /\w/.test(t)).length > maxCaptionWords)
        throw new Error(`too long: ${text}`)
      captions[wordings].add(text)
      for (const token of tokens) used[wordings].add(token)
    }
    for (const token of [...used.train, ...used.test]) expect(vocabulary).toContain(token)
    expect([...vocabulary].filter((word) => !used.train.has(word))).toEqual([])
    expect([...used.test].filter((word) => !used.train.has(word))).toEqual([])
    // Short sentences without an opening may coincide; almost none do.
    const shared = [...captions.test].filter((text) => captions.train.has(text))
    expect(shared.length).toBeLessThan(captions.test.size * 0.01)
  })

  it('is deterministic and says one scene in many ways', () => {
    const scene: Scene = {
      groups: [
        { count: 1, color: 'red', shape: 'ring' },
        { count: 2, size: 'small', color: 'blue', shape: 'square' },
      ],
      relation: { kind: 'left', of: 0, to: 1 },
      background: 'gray',
    }
    const say = () => {
      const random = new Random(9)
      return Array.from({ length: 100 }, () => caption(scene, random, { wordings: 'all' }))
    }
    expect(say()).toEqual(say())
    expect(new Set(say()).size).toBeGreaterThan(80)
  })
})

describe('parseCaption on what people write', () => {
  const square = '1:-:red:square'
  const ring = '1:-:blue:ring'
  it.each([
    ['Three red squares!', '3:-:red:square|-|-'],
    ['red square left of blue ring', `${ring}+${square}|left(${square},${ring})|-`],
    ['To the right of the red square, there is a blue ring.', `${ring}+${square}|left(${square},${ring})|-`],
    [
      'A blue ring. A red square. The ring is under the square.',
      `${ring}+${square}|above(${square},${ring})|-`,
    ],
    ['A "tiny" orange cross, on black', '1:small:orange:cross|-|black'],
    ['a photo of a red square; the background is grey', `${square}|-|gray`],
    ['the picture has a white background and a red square', `${square}|-|white`],
    ['a square and a blue ring. the square is red', `${ring}+${square}|-|-`],
    ['a pair of rings in green', '2:-:green:ring|-|-'],
  ])('%s', (text, expected) => {
    expect(signature(parseCaption(text))).toBe(expected)
  })

  it.each([
    ['two purple cats', /"cats"/],
    ['a black square', /"black" is a background color/],
    ['red squares', /"squares" without a number/],
    ['two square', /2 and "square"/],
    ['there are 5 rings', /"5"/],
    ['left of a ring', /needs two groups/],
    ['a red square and a red square', /cannot be told apart/],
    ['the background is pink', /"pink"/],
    ['a large ring is small', /both large and small/],
    ['a ring left of a cross. a cross above a square', /told apart|more than one relation/],
    ['', /names no shape/],
    ['a red', /said of no shape/],
    ['<script>alert(1)</script>', /"<"/],
  ])('refuses %j', (text, message) => {
    let error: unknown
    try {
      parseCaption(text)
    } catch (caught) {
      error = caught
    }
    expect(error).toBeInstanceOf(SelmaError)
    expect((error as SelmaError).code).toBe('bad-input')
    expect((error as SelmaError).message).toMatch(message)
    expect((error as SelmaError).hint).toContain('triangle')
  })
})

describe('noisyCaption', () => {
  it('is wrong at the rates asked for, and never tells of a scene held out', () => {
    const random = new Random('noise')
    const counts = { other: 0, wrong: 0, incomplete: 0, right: 0 }
    const n = 6000
    for (let i = 0; i < n; i++) {
      const scene = sampleScene(random, { split: 'train' })
      const otherScene = sampleScene(random, { split: 'train' })
      const noisy = noisyScene(scene, random, { otherScene })
      counts[noisy.noise]++
      expect(splitOf(noisy.scene)).toBe('train')
      expect(signature(noisy.scene) === signature(scene)).toBe(
        noisy.noise === 'right' || (noisy.noise === 'other' && signature(otherScene) === signature(scene)),
      )
    }
    expect(counts.other / n).toBeCloseTo(0.12, 1)
    expect(counts.wrong / n).toBeCloseTo(0.38, 1)
    expect(counts.incomplete / n).toBeCloseTo(0.2, 1)
    expect(counts.right / n).toBeCloseTo(0.3, 1)
  })

  it('takes other rates and stays within the grammar', () => {
    const random = new Random(4)
    const clean = { other: 0, wrong: 0, incomplete: 0 }
    for (let i = 0; i < 500; i++) {
      const scene = sampleScene(random, { split: 'train' })
      const otherScene = sampleScene(random, { split: 'train' })
      expect(signature(parseCaption(noisyCaption(scene, random, { otherScene, rates: clean })))).toBe(
        signature(scene),
      )
      expect(splitOf(parseCaption(noisyCaption(scene, random, { otherScene })))).toBe('train')
    }
  })
})
