// Scoring models and comparing them: evaluation handles, suites, paired comparisons.
import { join } from 'node:path'
import { fail } from '../base/errors.ts'
import { readDsg } from '../data/dsg.ts'
import type { QuestionSet } from '../data/question.ts'
import {
  type AnswerRow,
  type Comparison,
  compare as compareRows,
  type Measure,
  type PictureRow,
  percent,
  readAnswerRows,
  readPictureRows,
  type Summary,
  scoreDsg,
  summarize,
  toFrame,
} from '../metrics/index.ts'
import { barsWithIntervals, type Figure, radarByCategory } from '../plots/index.ts'
import { type Device, resolveDevice } from '../runtime/index.ts'
import { type SuiteOptions, shapesSuite } from '../shapes/suite.ts'
import { type EvaluationSettings, evaluateStage } from '../study/evaluation.ts'
import { type CallOptions, call } from './call.ts'
import { computedOn } from './computed-on.ts'
import { displaySymbol, type MimeBundle, origin, type ShownTable, shown, tableBundle } from './display.ts'
import type { T2I } from './t2i.ts'

/** Prompts with questions. */
export const suites = {
  /** Scenes of the embedded world that no training saw; see `SuiteOptions`. */
  shapes: (options: SuiteOptions = {}): QuestionSet => shapesSuite(options),
  /** A DSG file as published. @throws SelmaError with the row */
  dsg: readDsg,
}

export interface EvaluateOptions
  extends Partial<Omit<EvaluationSettings, 'model' | 'loras' | 'name' | 'questions' | 'device' | 'dtype'>> {
  /** How tables call the model. Default: its own name. */
  name?: string
  /** Where it draws. Default: the model's device. */
  device?: Device
}

/** A scored model: its rows, and what they add up to. */
export class ModelScores {
  readonly name: string
  readonly rows: readonly PictureRow[]
  readonly answers: readonly AnswerRow[]
  readonly questions: QuestionSet
  readonly note: string
  /** Imagefolder of the scored pictures. */
  readonly images: string

  constructor(
    name: string,
    questions: QuestionSet,
    rows: readonly PictureRow[],
    answers: readonly AnswerRow[],
    images: string,
    note: string,
  ) {
    this.name = name
    this.questions = questions
    this.rows = rows
    this.answers = answers
    this.images = images
    this.note = note
  }

  /** DSG, strict accuracy, objects, unreadable pictures, diversity; each with its 95 % interval. */
  summary(): Summary {
    return summarize([...this.rows])
  }

  /** A danfojs frame of the per-picture rows. */
  frame(): ReturnType<typeof toFrame> {
    return toFrame([...this.rows])
  }

  /** DSG by broad category of question. */
  byCategory(): Record<string, number> {
    const { byCategory } = scoreDsg([...this.answers], this.questions)
    return Object.fromEntries(Object.entries(byCategory).map(([category, { score }]) => [category, score]))
  }

  [displaySymbol](): MimeBundle {
    return tableBundle(scoreTable([this]))
  }
}

/** One row a model: DSG and strict accuracy in per cent, objects, unreadable share, diversity. */
export function scoreTable(scores: readonly ModelScores[], title?: string): ShownTable {
  if (scores.length === 0) fail('bad-input', 'there are no scores to show')
  const [first] = scores
  return shown({
    title: title ?? `${first.questions.name}: ${first.questions.items.length} prompts`,
    labels: 'model',
    columns: [
      { title: 'guidance', digits: 1 },
      { title: 'DSG %', ...percent },
      { title: 'strict %', ...percent },
      { title: 'objects / picture', digits: 2 },
      { title: 'asked', digits: 2 },
      { title: 'unreadable %', ...percent },
    ],
    rows: scores.map((score) => {
      const { guidance, dsg, strict, objects, objectsAsked, unreadable } = score.summary()
      return {
        label: score.name,
        cells: [guidance, dsg, strict, objects?.mean, objectsAsked?.mean, unreadable?.mean],
      }
    }),
    notes: [
      `Judge: ${first.rows[0].judge}. DSG: mean of per-picture means, parents from raw answers (macro, direct). Strict: everything right and nothing extra.`,
      'Intervals: 95 %, bootstrap over prompts within skills.',
    ],
  })
}

/** A bar a model with its interval. */
export function scoreBars(scores: readonly ModelScores[], measure: 'dsg' | 'strict' = 'dsg'): Figure {
  return barsWithIntervals(
    scores.map((score) => {
      const { mean, low, high } = score.summary()[measure]
      return { label: score.name, mean: mean * 100, low: low * 100, high: high * 100 }
    }),
    { title: measure === 'dsg' ? 'DSG by model' : 'Strict accuracy by model', valueTitle: 'per cent' },
  )
}

/** Scores by category of question, one line a model. */
export function scoreRadar(scores: readonly ModelScores[]): Figure {
  return radarByCategory(
    scores.map((score) => ({ name: score.name, values: score.byCategory() })),
    { title: 'DSG by category' },
  )
}

const evaluationSettings = async (
  model: T2I,
  questions: QuestionSet,
  options: EvaluateOptions,
): Promise<EvaluationSettings> => {
  const { name = model.name, device, ...rest } = options
  const items = questions.items.map(({ id, text, skill, questions }) => ({ id, text, skill, questions }))
  return {
    model: model.base,
    loras: [...model.loras],
    name,
    questions: { name: questions.name, items },
    ...rest,
    ...computedOn(device ? await resolveDevice(device) : model.device, model.dtype),
  } as EvaluationSettings
}

/**
 * Draws every prompt of a suite with every seed, and has the pictures judged.
 *
 * @throws SelmaError for prompts that the judge cannot read
 */
export async function evaluate(
  model: T2I,
  questions: QuestionSet,
  options: EvaluateOptions & CallOptions = {},
): Promise<ModelScores> {
  const { fresh, signal, onEvent, root, ...rest } = options
  const settings = await evaluationSettings(model, questions, rest)
  const { job, result } = await call(
    evaluateStage,
    settings,
    { fresh, signal, onEvent, root },
    async ({ dir }, { pictureRows }) => {
      const [first] = await readPictureRows(join(dir, pictureRows))
      return { judge: first.judge }
    },
  )
  return new ModelScores(
    rest.name ?? model.name,
    questions,
    await readPictureRows(join(job.dir, result.pictureRows)),
    await readAnswerRows(join(job.dir, result.answerRows)),
    join(job.dir, result.images),
    origin(job.cached),
  )
}

const measureTitles: Record<string, string> = { dsg: 'DSG', strict: 'strict accuracy' }

/** A paired difference that shows itself. */
export class PairedComparison {
  readonly a: string
  readonly b: string
  readonly measures: readonly Comparison[]

  constructor(a: string, b: string, measures: readonly Comparison[]) {
    this.a = a
    this.b = b
    this.measures = measures
  }

  [displaySymbol](): MimeBundle {
    return tableBundle({
      title: `${this.a} − ${this.b}, paired over prompts`,
      columns: [
        { title: 'difference, points', ...percent },
        { title: 'p', digits: 4 },
      ],
      rows: this.measures.map((each) => ({
        label: measureTitles[each.measure] ?? each.measure,
        cells: [each, each.p],
      })),
      notes: ['Intervals: 95 %, bootstrap over prompts within skills.'],
    })
  }
}

/** a − b over the same prompts and seeds, with intervals. @throws SelmaError `mismatch` when rows do not pair */
export function compare(
  a: ModelScores,
  b: ModelScores,
  measures: readonly Measure[] = ['dsg', 'strict'],
): PairedComparison {
  return new PairedComparison(
    a.name,
    b.name,
    measures.map((measure) => compareRows([...a.rows], [...b.rows], { measure })),
  )
}
