// The log of the embedded models' training, for docs/: every stage's loss as a table and as a chart.
// Not a training monitor: it is made when the stages are done, from what they logged step by step.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writeFileAtomic } from '../../lib/base/files.ts'
import { type LossSeries, lossChart } from '../../lib/plots/index.ts'

interface LogLine {
  step: number
  loss: number
  gradientNorm: number
  learningRate: number
}

/** Steps a row of the table stands for. */
const every = 50

const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length

async function readLog(folder: string, stage: string): Promise<LogLine[]> {
  const text = await readFile(join(folder, `${stage}.jsonl`), 'utf8')
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as LogLine)
}

/**
 * Writes `<out>/<name>.csv` (means of 50 steps) and `<out>/<name>.png`.
 *
 * @param stages in the order of training
 */
export async function writeTrainingLog(
  folder: string,
  stages: readonly string[],
  { out, name, title }: { out: string; name: string; title: string },
): Promise<void> {
  const rows = ['stage,step,loss,gradient_norm,learning_rate']
  const series: LossSeries[] = []
  for (const stage of stages) {
    const lines = await readLog(folder, stage)
    series.push({ name: stage, steps: lines.map(({ step }) => step), values: lines.map(({ loss }) => loss) })
    for (let at = 0; at < lines.length; at += every) {
      const part = lines.slice(at, at + every)
      const [loss, norm] = [mean(part.map((each) => each.loss)), mean(part.map((each) => each.gradientNorm))]
      const last = part[part.length - 1]
      rows.push(
        [stage, last.step + 1, loss.toFixed(5), norm.toFixed(4), last.learningRate.toExponential(3)].join(
          ',',
        ),
      )
    }
  }
  await writeFileAtomic(join(out, `${name}.csv`), `${rows.join('\n')}\n`)
  const chart = lossChart(series, { title, smoothing: 0.98, logY: true, yTitle: 'loss' })
  await writeFileAtomic(join(out, `${name}.png`), await chart.toPng({ scale: 1.5 }))
}
