// Every model at its own best guidance: the curve on validation, and the rows at its best point.
import { chooseGuidance, evaluate, type suites, type T2I } from '../../lib/index.ts'
import type { PictureRow } from '../../lib/metrics/index.ts'

export interface Scored {
  rows: PictureRow[]
  guidance: number
  /** DSG on validation at every guidance tried. */
  curve: { guidance: number; dsg: number }[]
}

type Suite = ReturnType<typeof suites.shapes>

/**
 * Chooses guidance on `validation` (one sampling seed), then scores on `asked` (two).
 *
 * @param trainingSeed goes into the rows of trained models, which are compared over several
 */
export async function scoreAtBest(
  model: T2I,
  name: string,
  options: { validation: Suite; asked: Suite; guidances: readonly number[]; trainingSeed?: number },
): Promise<Scored> {
  const { validation, asked, guidances, trainingSeed } = options
  const choice = await chooseGuidance(model, validation, { guidances, name })
  const { best: guidance } = choice
  const { rows } = await evaluate(model, asked, { guidance, seeds: [0, 1], name, trainingSeed })
  // Rows of one model may come from several guidances, one a training seed.
  const curve = choice.points.map(({ guidance, mean }) => ({ guidance, dsg: mean }))
  return { rows: rows.map((row) => ({ ...row, guidance: undefined })), guidance, curve }
}
