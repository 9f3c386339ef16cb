// Prompts of the embedded world with their questions, for validation and test: scenes of that split
// only, balanced over skills. The test suite's wordings include ones that training never uses, unless
// others are asked for.

import { sha256 } from '../base/files.ts'
import { Random } from '../base/random.ts'
import type { QuestionSet } from '../data/question.ts'
import { caption } from './captions.ts'
import { parseCaption } from './parse-caption.ts'
import { questionsFor } from './questions.ts'
import { type ShapeSkill, sampleScene } from './sample-scene.ts'
import { signature } from './scene.ts'
import type { Split } from './split.ts'
import type { Wordings } from './wordings.ts'

/** Skills that a suite covers by default. */
export const suiteSkills = ['color', 'count', 'spatial', 'size', 'background', 'paragraph'] as const

export interface SuiteOptions {
  /** Default 'test'. */
  split?: Exclude<Split, 'train'>
  /** Prompts of each skill. Default 40. */
  perSkill?: number
  /** Default all six. */
  skills?: readonly Exclude<ShapeSkill, 'mixed'>[]
  /** Default 0. */
  seed?: number
  /**
   * How the scenes are said: as in training (`train`), in sentences that training never uses wherever
   * there are such (`test`), or in both. Default `all` for the split test, `train` for validation.
   */
  wordings?: Wordings
  /** A suite whose scenes are left out: guidance is chosen on one set of prompts and scored on another. */
  without?: Pick<QuestionSet, 'items'>
}

/** A question set over different scenes; its name ends in the first eight digits of its content's hash. */
export function shapesSuite(options: SuiteOptions = {}): QuestionSet {
  const { split = 'test', perSkill = 40, skills = suiteSkills, seed = 0, without } = options
  const { wordings = split === 'test' ? 'all' : 'train' } = options
  const seen = new Set(without?.items.map(({ text }) => signature(parseCaption(text))))
  const items = skills.flatMap((skill) => {
    const random = new Random(seed).derive('suite', split, skill)
    return Array.from({ length: perSkill }, (_, i) => {
      let scene = sampleScene(random, { skill, split })
      // Small skills may run out of scenes of a split; then a scene comes again in another wording.
      for (let tries = 0; seen.has(signature(scene)) && tries < 200; tries++)
        scene = sampleScene(random, { skill, split })
      seen.add(signature(scene))
      const id = `${skill}-${String(i + 1).padStart(3, '0')}`
      const text = caption(scene, random, { wordings })
      return { id, text, skill, questions: questionsFor(scene, { itemId: id }) }
    })
  })
  const hash = sha256(JSON.stringify(items)).slice(0, 8)
  return { name: `shapes ${split} ${hash}`, items, repairs: [] }
}
