// What the rounds of the kernels' benchmark come to: medians, and ratios to ipykernel of the same round.
import { textTable } from '../lib/base/text-table.ts'
import { type KernelBench, type KernelReport, kernels } from './kernel.ts'
import { median } from './support.ts'

/** One number a round; undefined where there was no answer. */
interface Measure {
  name: string
  unit: 'ms' | 'MB' | 'lines'
  of: (report: KernelReport) => number | null
}

const measures: readonly Measure[] = [
  { name: 'start to kernel_info_reply', unit: 'ms', of: (one) => one.start },
  { name: 'start to the first result', unit: 'ms', of: (one) => one.first_result },
  { name: 'first cell', unit: 'ms', of: (one) => one.first_cell },
  { name: 'trivial cell, median', unit: 'ms', of: (one) => median(one.trivial) },
  { name: 'declaration, median', unit: 'ms', of: (one) => median(one.declaration) },
  { name: 'first completion', unit: 'ms', of: (one) => one.first_completion },
  { name: 'completion, median', unit: 'ms', of: (one) => median(one.completion) },
  { name: 'burst of 20,000 lines', unit: 'ms', of: (one) => one.burst },
  { name: 'lines of it that arrived', unit: 'lines', of: (one) => one.burst_lines },
  { name: 'memory after the cells (PSS)', unit: 'MB', of: (one) => one.memory_cells.pss },
  { name: 'memory after completions (PSS)', unit: 'MB', of: (one) => one.memory_completion.pss },
]

/** A measure over the rounds: each kernel's median, and the median and range of its ratios to ipykernel. */
export function summarise({ rounds }: KernelBench) {
  return measures.map(({ name, unit, of }) => {
    const row = kernels.map((kernel) => {
      const values = rounds.map((one) => of(one[kernel]))
      const known = values.filter((one) => one !== null)
      const ratios = rounds.flatMap((one) => {
        const [ours, theirs] = [of(one[kernel]), of(one.ipykernel)]
        return ours === null || theirs === null ? [] : [ours / theirs]
      })
      const ratio = { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) }
      return [
        kernel,
        {
          value: known.length > 0 ? median(known) : null,
          answered: known.length,
          ratio: ratios.length > 0 ? ratio : null,
        },
      ] as const
    })
    return { name, unit, kernels: Object.fromEntries(row) }
  })
}

/** The summary as text, a measure a line. */
export function table(bench: KernelBench): string {
  const rows = summarise(bench).map(({ name, unit, kernels: row }) => [
    `${name} [${unit}]`,
    ...kernels.map((kernel) => {
      const { value, ratio } = row[kernel]
      if (value === null) return 'no end'
      const number = value.toFixed(value < 100 ? 1 : 0)
      return kernel === 'ipykernel' || !ratio ? number : `${number} (${ratio.median.toFixed(2)}×)`
    }),
  ])
  return textTable([['', ...kernels], ...rows])
}
