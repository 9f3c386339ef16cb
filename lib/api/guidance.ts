// A model's own best guidance, found on prompts that it will not be scored on: models are compared each at its
// own best (docs/evaluation.md). Not a score to report.
import { fail } from '../base/errors.ts'
import type { QuestionSet } from '../data/question.ts'
import type { Interval } from '../metrics/index.ts'
import { type Figure, guidanceCurve } from '../plots/index.ts'
import type { CallOptions } from './call.ts'
import { bundleOf, displaySymbol, type MimeBundle } from './display.ts'
import { type EvaluateOptions, evaluate } from './evaluate.ts'
import type { T2I } from './t2i.ts'

/** The scales that the protocol tries. */
export const protocolGuidances: readonly number[] = [1, 2, 3, 5, 7.5, 10]

/** DSG over guidance scales, and the best of them; shows itself as a curve. */
export class GuidanceChoice {
  readonly name: string
  /** DSG (0 to 1) with its 95 % interval at every scale tried. */
  readonly points: readonly (Interval & { guidance: number })[]
  /** The scale with the highest DSG; the lowest of equals. */
  readonly best: number

  constructor(name: string, points: readonly (Interval & { guidance: number })[]) {
    this.name = name
    this.points = points
    this.best = points.reduce((best, each) =>
      each.mean > best.mean || (each.mean === best.mean && each.guidance < best.guidance) ? each : best,
    ).guidance
  }

  /** The curve, in per cent; several choices share one chart with `guidanceCurve`. */
  figure(): Figure {
    // One prompt has no interval: its band is a line.
    const percent = (end: number, mean: number) => (Number.isNaN(end) ? mean : end) * 100
    const points = this.points.map(({ guidance, mean, low, high }) => ({
      guidance,
      mean: mean * 100,
      low: percent(low, mean),
      high: percent(high, mean),
    }))
    return guidanceCurve([{ name: this.name, points }], { valueTitle: 'DSG %' })
  }

  [displaySymbol](): Promise<MimeBundle> {
    return bundleOf(this.figure())
  }
}

/**
 * Scores a model at several guidance scales. Use prompts other than those it will be scored on.
 *
 * @param options.guidances scales to try; default the protocol's 1, 2, 3, 5, 7.5, 10
 * @param options.seeds sampling seeds of every prompt; default one, 0
 * @throws SelmaError `bad-input` without scales, or for prompts that the judge cannot read
 */
export async function chooseGuidance(
  model: T2I,
  questions: QuestionSet,
  options: Omit<EvaluateOptions, 'guidance'> & CallOptions & { guidances?: readonly number[] } = {},
): Promise<GuidanceChoice> {
  const { guidances = protocolGuidances, seeds = [0], ...rest } = options
  if (guidances.length === 0) fail('bad-input', 'no guidance scales to choose from', 'give some, e.g. [3, 5]')
  const points = await Promise.all(
    guidances.map(async (guidance) => {
      const scores = await evaluate(model, questions, { ...rest, seeds: [...seeds], guidance })
      return { guidance, ...scores.summary().dsg }
    }),
  )
  return new GuidanceChoice(rest.name ?? model.name, points)
}
