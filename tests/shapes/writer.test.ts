import { describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { caption } from '../../lib/shapes/captions.ts'
import { parseCaption } from '../../lib/shapes/parse-caption.ts'
import { type ShapeSkill, sampleScene } from '../../lib/shapes/sample-scene.ts'
import { type Scene, signature } from '../../lib/shapes/scene.ts'
import { splitOf } from '../../lib/shapes/split.ts'
import { offlineWriter } from '../../lib/shapes/writer.ts'

const request = (examples: string[], seed = 1, count = 20) => ({
  prompt: [
    'You write prompts for a text-to-image model. The prompts teach it something.',
    '',
    'Rules:',
    '- Use at most 30 words in each prompt.',
    '',
    `Here are 3 examples. Write ${count} more, numbered 4 to ${count + 3}.`,
    '',
    ...examples.map((text, at) => `${at + 1}. ${text}`),
  ].join('\n'),
  maxTokens: 4000,
  temperature: 1,
  topP: 1,
  seed,
})

const counting = [
  'three red squares',
  'a picture of two green rings and one cross',
  '4 blue crosses on white',
]

function scenesIn(text: string): Scene[] {
  return text.split('\n').flatMap((line) => {
    try {
      return [parseCaption(line.replace(/^\d+[.:] /, ''))]
    } catch {
      return []
    }
  })
}

describe('offlineWriter', () => {
  it('continues the numbered list, the same for the same seed', async () => {
    const writer = offlineWriter({ malformedRate: 0, duplicateRate: 0 })
    expect(writer.kind).toBe('offline-writer')
    const { text, promptTokens, completionTokens } = await writer.complete(request(counting))
    const lines = text.split('\n')
    expect(lines.map((line) => Number(line.split('.')[0]))).toEqual(
      Array.from({ length: 20 }, (_, i) => i + 4),
    )
    expect(scenesIn(text).length).toBe(20)
    expect(Math.min(promptTokens, completionTokens)).toBeGreaterThan(50)
    expect((await writer.complete(request(counting))).text).toBe(text)
    expect((await writer.complete(request(counting, 2))).text).not.toBe(text)
    expect((await offlineWriter({ seed: 9 }).complete(request(counting))).text).not.toBe(text)
  })

  it.each([
    [
      'count',
      (scenes: Scene[]) =>
        scenes.every(({ groups, relation }) => groups.some((g) => g.count > 1) && !relation),
    ],
    ['spatial', (scenes: Scene[]) => scenes.every(({ relation }) => relation)],
    ['size', (scenes: Scene[]) => scenes.every(({ groups }) => groups.some(({ size }) => size))],
    ['background', (scenes: Scene[]) => scenes.every(({ background }) => background)],
    [
      'color',
      (scenes: Scene[]) => scenes.every(({ groups }) => groups.length > 1 && groups.every((g) => g.color)),
    ],
  ] as [ShapeSkill, (scenes: Scene[]) => boolean][])(
    'infers %s from examples, new training scenes only',
    async (skill, holds) => {
      const random = new Random(skill)
      const writer = offlineWriter({ malformedRate: 0, duplicateRate: 0 })
      const signatures = new Set<string>()
      for (let round = 0; round < 5; round++) {
        const examples = [0, 1, 2].map(() => caption(sampleScene(random, { skill, split: 'train' }), random))
        const scenes = scenesIn((await writer.complete(request(examples, round))).text)
        expect(holds(scenes)).toBe(true)
        for (const scene of scenes) {
          expect(splitOf(scene)).toBe('train')
          signatures.add(signature(scene))
        }
      }
      expect(signatures.size).toBeGreaterThan(60)
    },
  )

  it('repeats itself and breaks the list at the rates asked for, never telling of held-out scenes', async () => {
    const writer = offlineWriter({ malformedRate: 0.1, duplicateRate: 0.2 })
    const plain = /^\d+\. (.+)$/
    let repeats = 0
    let unreadable = 0
    let lines = 0
    for (let seed = 0; seed < 20; seed++) {
      const { text } = await writer.complete(request(counting, seed, 40))
      for (const scene of scenesIn(text)) expect(splitOf(scene)).toBe('train')
      const said = new Set(counting)
      for (const line of text.split('\n')) {
        lines++
        const caption = plain.exec(line)?.[1]
        if (!caption || scenesIn(caption).length === 0) unreadable++
        else if (said.has(caption)) repeats++
        else said.add(caption)
      }
    }
    expect(lines).toBe(800)
    expect(repeats / lines).toBeGreaterThan(0.13)
    expect(repeats / lines).toBeLessThan(0.28)
    expect(unreadable / lines).toBeGreaterThan(0.03)
    expect(unreadable / lines).toBeLessThan(0.13)
  })

  it('keeps to the word limit, the token limit and the abort signal', async () => {
    const writer = offlineWriter({ malformedRate: 0 })
    const { text } = await writer.complete(request(counting, 3, 60))
    for (const line of text.split('\n')) expect(line.split(' ').length - 1).toBeLessThanOrEqual(30)
    expect((await writer.complete({ ...request(counting), maxTokens: 10 })).text.length).toBe(40)
    await expect(writer.complete({ ...request(counting), signal: AbortSignal.abort() })).rejects.toThrow(
      /stop/,
    )
    expect(() => offlineWriter({ malformedRate: -1 })).toThrow(/malformedRate is -1/)
  })

  it('writes of the whole world when it understands no example', async () => {
    const { text } = await offlineWriter({ malformedRate: 0, duplicateRate: 0 }).complete(
      request(['a cat', 'a dog', 'a bird']),
    )
    expect(scenesIn(text).length).toBe(20)
  })
})
