// The true-size benchmarks as the command line asks for them: settings checked, everything run, ratios to PyTorch.
import { fail } from '../lib/base/errors.ts'
import { median } from './support.ts'
import {
  measureTrueSize,
  type Phases,
  type TrainMode,
  type TrueSizeReport,
  type TrueSizeSettings,
  trainModes,
} from './true-size.ts'

export const trueSizes = ['middle', 'sd15', 'sdxl'] as const

interface Asked extends Pick<TrueSizeSettings, 'python' | 'threads' | 'repeats' | 'batch' | 'size'> {
  modes: readonly string[]
  only?: string
  compare: boolean
}

/** Ours over PyTorch's: below 1 we are faster, or take less. */
interface Ratio {
  time: number
  /** Of all resident memory, mapped weights included. */
  memory?: number
}

function ratio(ours: Phases, theirs: Phases): Ratio {
  const memory = ours.memory && theirs.memory && ours.memory.peak / theirs.memory.peak
  return { time: median(ours.warm) / median(theirs.warm), memory }
}

function ratiosOf({ train, trainTheirs, sample, sampleTheirs }: TrueSizeReport): Record<string, Ratio> {
  const out: Record<string, Ratio> = {}
  for (const [mode, phases] of Object.entries(train))
    if (trainTheirs) out[`train, ${mode}`] = ratio(phases, trainTheirs)
  if (sample && sampleTheirs) out.sample = ratio(sample, sampleTheirs)
  return out
}

const modeOf = (text: string): TrainMode =>
  trainModes.find((mode) => mode === text) ??
  fail('bad-input', `--modes ${text}`, `choose from ${trainModes.join(', ')}`)

/** Runs the benchmark of one model; what is told goes to the terminal. */
export async function trueSize(model: (typeof trueSizes)[number], asked: Asked) {
  const { only, compare, modes, ...rest } = asked
  if (only !== undefined && only !== 'train' && only !== 'sample')
    fail('bad-input', `--only ${only}`, 'train or sample')
  const settings: TrueSizeSettings = { ...rest, model, rank: 128, modes: modes.map(modeOf) }
  const report = await measureTrueSize(settings, { only, compare })
  const ratios = ratiosOf(report)
  for (const [what, { time, memory }] of Object.entries(ratios))
    console.log(`${what}: ${time.toFixed(2)} of PyTorch's time, ${memory?.toFixed(2) ?? '?'} of its memory`)
  for (const { operator, nodes, seconds, gflop } of report.operators?.slice(0, 12) ?? [])
    console.log(
      `${operator.padEnd(20)} ${String(nodes).padStart(5)} nodes ${seconds.toFixed(2).padStart(7)} s${gflop > 0 ? ` ${(gflop / seconds).toFixed(0).padStart(5)} GF/s` : ''}`,
    )
  const { python: _python, ...said } = settings
  return { settings: said, ratios, ...report }
}
