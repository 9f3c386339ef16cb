// Every model at its own best: guidance and LoRA weight chosen on validation, rows on the asked split at that point.
import { type Expert, evaluate, type suites, type T2I } from '../../lib/index.ts'
import type { PictureRow } from '../../lib/metrics/index.ts'

export interface Candidate {
  name: string
  /** None: the base itself. */
  expert?: Expert
  /** LoRA weights to choose from, the first with every guidance, the others at the best of those. */
  weights: readonly [number, ...number[]]
  /** Goes into the rows of trained models, which are compared over several. */
  trainingSeed?: number
}

interface Point {
  guidance: number
  weight: number
  /** On validation, one sampling seed. */
  dsg: number
}

export interface Scored {
  rows: PictureRow[]
  best: Point
  /** All that was tried. */
  curve: Point[]
}

type Suite = ReturnType<typeof suites.shapes>

export interface Setting {
  validation: Suite
  asked: Suite
  /** Scales, ascending. Those around the best are tried: DSG rises to it and falls behind it. */
  guidances: readonly number[]
}

/** Chooses on `validation` (one sampling seed), then scores on `asked` (two). */
export async function scoreAtBest(base: T2I, candidate: Candidate, setting: Setting): Promise<Scored> {
  const { name, expert, weights, trainingSeed } = candidate
  const { validation, asked, guidances } = setting
  const [first, ...others] = weights
  const at = (weight: number) => (expert ? base.with(expert, { weight, name }) : base)
  const curve: Point[] = []
  const test = async (guidance: number, weight: number): Promise<Point> => {
    const scores = await evaluate(at(weight), validation, { guidance, seeds: [0], name })
    return { guidance, weight, dsg: scores.summary().dsg.mean }
  }
  // The first of equals, in the order asked for, whichever is done first.
  const bestPoint = () => curve.reduce((best, one) => (one.dsg > best.dsg ? one : best))

  const middle = Math.max(
    0,
    guidances.findIndex((scale) => scale >= 3),
  )
  let ahead = guidances.slice(Math.max(0, middle - 1), middle + 2)
  while (ahead.length > 0) {
    curve.push(...(await Promise.all(ahead.map((guidance) => test(guidance, first)))))
    const place = guidances.indexOf(bestPoint().guidance)
    const tried = new Set(curve.map(({ guidance }) => guidance))
    ahead = [place - 1, place + 1].flatMap((near) => {
      const scale = guidances[near]
      return scale === undefined || tried.has(scale) ? [] : [scale]
    })
  }
  const { guidance } = bestPoint()
  curve.push(...(await Promise.all(others.map((weight) => test(guidance, weight)))))
  const best = bestPoint()
  const { rows } = await evaluate(at(best.weight), asked, {
    guidance: best.guidance,
    seeds: [0, 1],
    name,
    trainingSeed,
  })
  // Rows of one model may come from several guidances, one a training seed.
  return { rows: rows.map((row) => ({ ...row, guidance: undefined })), best, curve }
}
