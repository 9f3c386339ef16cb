// A mean with its interval, as figures take it: one shape and one check for all of them.
import { fail } from '../base/errors.ts'

/** A mean and the ends of its interval, all in the same unit. */
export interface Interval {
  mean: number
  low: number
  high: number
}

/** @throws SelmaError `bad-input` when the interval does not hold its mean, naming `label` */
export function checkInterval({ mean, low, high }: Interval, label: string): void {
  if (!(low <= mean && mean <= high)) {
    fail(
      'bad-input',
      `the interval of ${JSON.stringify(label)} does not hold its mean: ${mean} [${low}, ${high}]`,
      'give finite numbers with low ≤ mean ≤ high',
    )
  }
}

/** Decimals worth writing for these intervals: one digit past the first of the widest. */
export function decimalsOf(rows: Interval[]): number {
  const widest = rows.reduce((most, { low, high }) => Math.max(most, high - low), 0)
  return widest > 0 ? Math.min(8, Math.max(0, Math.ceil(-Math.log10(widest)) + 1)) : 3
}

/** A number with so many decimals, a true minus sign, and no minus before zero. */
export function fixed(value: number, decimals: number): string {
  return value
    .toFixed(decimals)
    .replace(/^-(?=0\.?0*$)/, '')
    .replace('-', '−')
}

/** `0.714 [0.683, 0.742]`; `signed` puts a plus before what is above zero. */
export function showInterval(
  { mean, low, high }: Interval,
  {
    decimals = decimalsOf([{ mean, low, high }]),
    signed = false,
  }: { decimals?: number; signed?: boolean } = {},
): string {
  const show = (value: number) => `${signed && value > 0 ? '+' : ''}${fixed(value, decimals)}`
  return `${show(mean)} [${show(low)}, ${show(high)}]`
}

/** The two arrays of a Plotly error bar. */
export function errorBar(rows: Interval[]) {
  return {
    type: 'data' as const,
    symmetric: false,
    array: rows.map(({ mean, high }) => high - mean),
    arrayminus: rows.map(({ mean, low }) => mean - low),
  }
}
