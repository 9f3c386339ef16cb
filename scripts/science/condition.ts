// One condition of the study, for one training seed: prompts, pictures, experts, and every row and
// control of docs/evaluation.md that can be trained from them. All of it is jobs, so that running
// it again costs nothing and an interrupted study goes on.

import { Random } from '../../lib/base/random.ts'
import type { SchedulerName } from '../../lib/diffusion/schedulers/scheduler.ts'
import {
  type Dataset,
  type Expert,
  experts,
  getSkill,
  images,
  merge,
  Prompts,
  prompts,
  type T2I,
  truePictures,
} from '../../lib/index.ts'
import { caption, sampleScene } from '../../lib/shapes/index.ts'
import { writeImageFolderCopy } from './datasets.ts'

/** Rows beside those that the claims need, by the word that asks for them. */
export const controlNames = [
  'experts',
  'factors',
  'scales',
  'splits',
  'shuffled',
  'ordinary',
  'true',
] as const
export type ControlName = (typeof controlNames)[number]

export interface Condition {
  name: string
  skills: readonly string[]
  /** Prompts of each skill. */
  prompts: number
  /** Draws the training pictures; default the base itself (another model: weak-to-strong). */
  drawnBy?: T2I
  /** Sampling of the training pictures. */
  teacher: {
    guidance: number
    steps: number
    scheduler: SchedulerName
    choose?: { of: number; errorRate: number; least?: number }
  }
  /** LoRA training of one expert. */
  train: {
    rank: number
    steps: number
    batch: number
    learningRate: number
    schedule: 'cosine' | 'linear'
    finalRate: number
    captionDropout: number
    targets: [string, ...string[]]
    timestepShift?: number
    useEma?: boolean
    emaDecay?: number
    trainTextEncoder?: boolean
  }
  /** Training seeds whose controls and ceilings are trained too; the others have only what the claims need. */
  controlSeeds: readonly number[]
  /** Which of them. */
  controls: readonly ControlName[]
}

/** A trained row: an expert, or a merge. */
export interface Row {
  name: string
  expert: Expert
  /** The one LoRA weight it is used at; else the best is chosen. */
  scale?: number
  /** Controls and ceilings are marked in tables. */
  kind: 'expert' | 'mixed' | 'merged' | 'scale' | 'control' | 'ceiling'
}

export interface Trained {
  rows: Row[]
  prompts: Prompts[]
  /** Where a judge chose: share of questions that it finds right in kept pictures, and in each prompt's first. */
  teacher: { kept: number; first: number } | undefined
}

const scales = [0.5, 1.5, 2]

/** Trains every row of a condition with one training seed: its own prompts, pictures and initialisation. */
export async function trainCondition(base: T2I, condition: Condition, seed: number): Promise<Trained> {
  const { skills, teacher, train, drawnBy = base } = condition
  const written = await Promise.all(
    skills.map((name) =>
      prompts.generate(getSkill(name), { n: condition.prompts, shapesOnly: true, seed, threshold: 1 }),
    ),
  )
  const draw = (set: Prompts) => images.generate(drawnBy, set, { ...teacher, seed })
  const data = await Promise.all(written.map(draw))
  const trainOne = (
    from: Dataset | readonly Dataset[],
    name: string,
    { steps = train.steps, shift = 0 } = {},
  ): Promise<Expert> => experts.train(base, from, { ...train, steps, seed: seed * 1000 + shift, name })
  const eachSkill = (sets: readonly Dataset[], prefix: string, shift = 0): Promise<Expert[]> =>
    Promise.all(sets.map((set, i) => trainOne(set, `${prefix}${skills[i]}`, { shift: shift + i })))
  const long = train.steps * skills.length

  const row = (name: string, expert: Expert, kind: Row['kind'], scale?: number): Row => ({
    name,
    expert,
    scale,
    kind,
  })
  const [own, mixedShort, mixedLong] = await Promise.all([
    eachSkill(data, ''),
    trainOne(data, 'mixed-one', { shift: 100 }),
    trainOne(data, 'mixed-all', { steps: long, shift: 101 }),
  ])
  const merged = await merge(own, { method: 'average', name: `merged ${seed}` })
  const rows = [
    row('merged', merged, 'merged'),
    row('mixed, steps of one expert', mixedShort, 'mixed'),
    row('mixed, steps of all experts', mixedLong, 'mixed'),
  ]
  if (condition.controlSeeds.includes(seed)) {
    const average = async (sets: readonly Dataset[], name: string, shift: number) =>
      merge(await eachSkill(sets, `${name} `, shift), { name: `${name} ${seed}` })
    const make: Record<ControlName, () => Promise<Row[]>> = {
      experts: async () => own.map((expert) => row(`expert ${expert.name}`, expert, 'expert')),
      factors: async () => {
        const factors = await merge(own, { method: 'average-factors', name: `factors ${seed}` })
        return [row('merged (average of factors)', factors, 'merged')]
      },
      scales: async () => scales.map((scale) => row(`merged, ΔW × ${scale}`, merged, 'scale', scale)),
      splits: async () => [
        row('merged random splits', await average(await randomSplits(data, seed), 'split', 300), 'control'),
      ],
      shuffled: async () => [
        row(
          'merged, shuffled captions',
          await average(await shuffledCaptions(data, seed), 'shuffled', 400),
          'control',
        ),
      ],
      ordinary: async () => {
        const drawn = await draw(ordinaryPrompts(condition, seed))
        const expert = await trainOne(drawn, 'ordinary', { steps: long, shift: 103 })
        return [row('mixed, prompts as in pre-training', expert, 'control')]
      },
      true: async () => {
        const truth = await Promise.all(written.map((set) => truePictures(set, { seed })))
        const [each, mixed] = await Promise.all([
          average(truth, 'true', 200),
          trainOne(truth, 'true mixed', { steps: long, shift: 102 }),
        ])
        return [row('merged, true pictures', each, 'ceiling'), row('mixed, true pictures', mixed, 'ceiling')]
      },
    }
    const made = await Promise.all(condition.controls.map((name) => make[name]()))
    rows.push(...made.flat())
  }
  const chosen = data.map((set) => set.result?.chosen).filter((each) => each !== undefined)
  const average = (of: 'kept' | 'first'): number =>
    chosen.reduce((sum, each) => sum + each[of], 0) / chosen.length
  return {
    rows,
    prompts: written,
    teacher: chosen.length > 0 ? { kept: average('kept'), first: average('first') } : undefined,
  }
}

/** As many prompts as all skills have, drawn as the base's own training captions were: no skill is taught. */
function ordinaryPrompts({ prompts: each, skills }: Condition, seed: number): Prompts {
  const random = new Random(seed).derive('ordinary')
  const records = Array.from({ length: each * skills.length }, (_, i) => ({
    id: `ordinary-${i}`,
    text: caption(sampleScene(random, { split: 'train' }), random, { wordings: 'train' }),
  }))
  return new Prompts('ordinary', records, 'drawn as captions of pre-training')
}

/** All pictures dealt out at random into as many parts as there are skills. */
async function randomSplits(data: readonly Dataset[], seed: number): Promise<Dataset[]> {
  const all = data.flatMap((set) => set.records.map((record) => ({ dir: set.dir, record })))
  const order = new Random(seed).derive('splits').shuffle(all)
  return Promise.all(
    data.map((_, part) => writeImageFolderCopy(order.filter((_, i) => i % data.length === part))),
  )
}

/** The same pictures with captions exchanged within a skill: nothing can be learned about faithfulness. */
async function shuffledCaptions(data: readonly Dataset[], seed: number): Promise<Dataset[]> {
  return Promise.all(
    data.map((set, i) => {
      const texts = new Random(seed).derive('shuffled', i).shuffle(set.records.map(({ text }) => text))
      return writeImageFolderCopy(
        set.records.map((record, at) => ({ dir: set.dir, record: { ...record, text: texts[at] } })),
      )
    }),
  )
}
