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
