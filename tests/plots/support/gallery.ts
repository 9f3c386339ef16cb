// One made-up example of every figure: the tests draw them all, and they show how each is called. The
// numbers mean nothing.
import { Random } from '../../../lib/base/random.ts'
import { barsWithIntervals } from '../../../lib/plots/bars.ts'
import type { Figure } from '../../../lib/plots/figure.ts'
import { gainChart } from '../../../lib/plots/gain-chart.ts'
import { guidanceCurve } from '../../../lib/plots/guidance-curve.ts'
import { heatmap } from '../../../lib/plots/heatmap.ts'
import { lossChart } from '../../../lib/plots/loss-chart.ts'
import { radarByCategory } from '../../../lib/plots/radar.ts'

const skills = ['count', 'colour', 'spatial relation', 'size', 'composition']
const around = (mean: number, half = 0.03) => ({ mean, low: mean - half, high: mean + half })

function losses(name: string, start: number, seed: number, count = 3000) {
  const random = new Random(seed)
  const steps = Array.from({ length: count }, (_, index) => index + 1)
  const values = steps.map(
    (step) => (0.05 + start * Math.exp(-step / 700)) * Math.exp(0.35 * random.normal()),
  )
  return { name, steps, values }
}

/** Every figure by name. */
export const gallery: Record<string, () => Figure> = {
  loss: () =>
    lossChart([losses('count', 0.3, 1), losses('colour', 0.25, 2), losses('spatial relation', 0.4, 3)]),
  'loss-log': () =>
    lossChart([losses('one expert', 0.9, 4)], { logY: true, title: 'Training loss of the expert “count”' }),
  bars: () =>
    barsWithIntervals(
      skills.flatMap((label, index) => [
        { label, group: 'base', ...around(0.42 + 0.05 * index) },
        { label, group: 'merged (ΔW average)', ...around(0.55 + 0.06 * index, 0.04) },
        { label, group: 'mixed LoRA', ...around(0.5 + 0.04 * index, 0.035) },
      ]),
      {
        title: 'Faithfulness by skill, every model at its own best guidance',
        subtitle: 'DSG score, judge: scene reader; mean and 95% interval over 240 prompts',
        valueTitle: 'DSG score',
      },
    ),
  'bars-lying': () =>
    barsWithIntervals(
      [
        'base at guidance 5',
        'expert “count” (best single expert)',
        'one mixed LoRA, the steps of one expert',
        'one mixed LoRA, the steps of all',
        'merged, average of products',
        'merged, average of factors',
        'random-split average',
        'LoRA on ground-truth pictures',
      ].map((label, index) => ({ label, ...around(0.5 + 0.03 * index) })),
      { title: 'Strict accuracy of every row', valueTitle: 'share of prompts with everything right' },
    ),
  radar: () =>
    radarByCategory(
      ['base', 'merged', 'mixed LoRA', 'expert “count”'].map((name, row) => ({
        name,
        values: Object.fromEntries(
          skills.map((skill, at) => [skill, 0.4 + 0.1 * row + 0.12 * Math.sin(at * 2 + row)]),
        ),
      })),
      { title: 'DSG score by category', valueTitle: 'DSG score, 0 to 1' },
    ),
  guidance: () =>
    guidanceCurve(
      ['base', 'merged', 'mixed LoRA', 'ground-truth LoRA'].map((name, row) => ({
        name,
        points: [1, 2, 3, 5, 7.5, 10].map((guidance) => ({
          guidance,
          ...around(
            0.45 + 0.06 * row + 0.2 * Math.exp(-((Math.log(guidance) - 1.4 + 0.3 * row) ** 2)),
            0.025,
          ),
        })),
      })),
      { title: 'Faithfulness by guidance scale on the validation scenes', valueTitle: 'DSG score' },
    ),
  gain: () =>
    gainChart(
      [
        { label: 'merged − base', mean: 0.071, low: 0.042, high: 0.102, n: 240, primary: true },
        { label: 'merged − best expert', mean: 0.024, low: -0.004, high: 0.051, n: 240 },
        { label: 'merged − mixed LoRA', mean: -0.012, low: -0.04, high: 0.017, n: 240 },
        { label: 'merged − random-split average', mean: 0.038, low: 0.011, high: 0.064, n: 240 },
        { label: 'shuffled captions − base', mean: -0.09, low: -0.131, high: -0.052, n: 240 },
      ].map((row, index) => ({ ...row, group: index < 1 ? 'primary' : 'exploratory (Holm-corrected)' })),
      { title: 'Paired differences at own best guidance', valueTitle: 'difference in DSG score' },
    ),
  heatmap: () =>
    heatmap({
      rows: ['expert “count”', 'expert “colour”', 'expert “spatial”', 'merged'],
      columns: skills,
      values: [0, 1, 2, 3].map((row) => skills.map((_, at) => 0.45 + 0.1 * Math.cos(row - at) + 0.05 * row)),
      title: 'DSG score of each expert on each skill',
      rowTitle: 'model',
      columnTitle: 'test skill',
      valueTitle: 'DSG score',
    }),
}
