// Settings of training: the defaults of each optimiser, and switches that would change nothing.
import { describe, expect, it } from 'vitest'
import { trainOptions } from '../../lib/experts/index.ts'

describe('settings', () => {
  it('have the defaults of their optimiser', () => {
    const of = (given: object) => {
      const { learningRate, weightDecay, betas } = trainOptions.parse(given)
      return [learningRate, weightDecay, betas]
    }
    expect(of({})).toEqual([1e-3, 1e-2, [0.9, 0.999]])
    expect(of({ optimizer: 'lion' })).toEqual([1e-4, 0, [0.9, 0.99]])
    expect(of({ optimizer: 'prodigy', weightDecay: 0.1 })).toEqual([1, 0.1, [0.9, 0.999]])
    const resolved = trainOptions.parse({ useDora: true })
    expect(trainOptions.parse(resolved)).toEqual(resolved)
  })

  it('are the same where what is off is written out', () => {
    const plain = trainOptions.parse({ rank: 4 })
    const off = {
      optimizer: 'adamw',
      useDora: false,
      loraDropout: 0,
      gradientAccumulationSteps: 1,
      gradientCheckpointing: false,
      lossType: 'l2',
      rankPattern: {},
    }
    expect(JSON.stringify(trainOptions.parse({ rank: 4, ...off }))).toBe(JSON.stringify(plain))
    const more = { lossType: 'huber', useEma: true, optimizer: 'prodigy' }
    const written = {
      huberC: 0.1,
      huberSchedule: 'snr',
      emaDecay: 0.9999,
      prodigyDecouple: true,
      prodigyDCoef: 1,
    }
    expect(trainOptions.parse({ ...more, ...written })).toEqual(trainOptions.parse(more))
    expect(trainOptions.parse({ useDora: true, huberC: 0.2, lossType: 'huber' })).toMatchObject({
      useDora: true,
      huberC: 0.2,
    })
  })

  it("keep that a run with memory 'low' computes nothing again", () => {
    const { gradientCheckpointing } = trainOptions.parse({ memory: 'low', gradientCheckpointing: false })
    expect(gradientCheckpointing).toBe(false)
  })

  it.each(['rankPattern', 'alphaPattern'])('refuse a %s that is no regular expression', (name) => {
    const { error } = trainOptions.safeParse({ [name]: { 'to_q(': 4 } })
    expect(error!.issues).toMatchObject([{ path: [name], message: 'to_q( is no regular expression' }])
    expect(trainOptions.safeParse({ [name]: { 'attn1\\.to_q': 4 } }).success).toBe(true)
  })

  it.each([
    ['huberC', { huberC: 0.1 }, 'lossType'],
    ['emaDecay', { emaDecay: 0.9 }, 'useEma'],
    ['prodigyD0', { prodigyD0: 1e-5 }, "optimizer 'prodigy'"],
    ['textEncoderTargets', { textEncoderTargets: ['q_proj'] }, 'trainTextEncoder'],
    ['earlyStoppingThreshold', { earlyStoppingThreshold: 0.1 }, 'earlyStoppingPatience'],
  ])('%s alone is refused', (name, given, needed) => {
    const { error } = trainOptions.safeParse(given)
    expect(error!.issues.map(({ path }) => path.join('.'))).toEqual([name])
    expect(error!.issues[0].message).toContain(`${name} means something only with ${needed}`)
  })
})
