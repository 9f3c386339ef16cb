// `npm run bench -- train|sample|middle|sd15|sdxl|kernel|views`: this library against PyTorch, and this kernel against ipykernel and
// tslab, on the same machine, in turns within one run, so that what else the machine does hits both. Raw figures go to bench/results; what a ratio means is
// said in bench/README.md.
import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { arch, cpus, loadavg, platform } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fail, SelmaError } from '../lib/base/errors.ts'
import { writeJson } from '../lib/base/files.ts'
import { hashCheckpoint } from '../lib/diffusion/checkpoint.ts'
import { locateModel } from '../lib/shapes/models.ts'
import { benchKernels, benchPython } from './kernel.ts'
import { summarise, table } from './kernel-table.ts'
import { prepareSampling } from './sample.ts'
import { type Bench, median, root, type Settings, type Times } from './support.ts'
import { prepareTraining } from './train.ts'
import { trueSize, trueSizes } from './true-size-report.ts'
import { measureViews } from './views.ts'

const benches: Record<string, (settings: Settings) => Promise<Bench>> = {
  train: prepareTraining,
  sample: prepareSampling,
}

function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim()
    return (
      git('rev-parse', 'HEAD') + (git('status', '--porcelain', '--untracked-files=no') ? ' (changed)' : '')
    )
  } catch {
    return 'unknown'
  }
}

const usage = `npm run bench -- ${[...Object.keys(benches), ...trueSizes, 'kernel', 'views'].join('|')} [--rounds 5] [--repeats 10] [--warmup 3] [--threads N] [--out FILE]; of true sizes also [--size 64] [--batch 1] [--modes fast,balanced,low,low-float16] [--only train|sample] [--no-compare]`

function count(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) fail('bad-input', `--${name} ${text}`, usage)
  return value
}

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      repeats: { type: 'string', default: '10' },
      warmup: { type: 'string', default: '3' },
      threads: { type: 'string', default: String(cpus().length) },
      out: { type: 'string' },
      size: { type: 'string' },
      batch: { type: 'string', default: '1' },
      modes: { type: 'string', default: 'fast,balanced,low,low-float16' },
      only: { type: 'string' },
      'no-compare': { type: 'boolean', default: false },
    },
  })
  const [name] = positionals
  const date = new Date().toISOString()
  const load = loadavg()[0]
  if (load > 0.5)
    console.warn(`the machine is busy (load ${load.toFixed(1)}): these figures will not be worth much`)
  const about = {
    date,
    commit: commit(),
    machine: { cpu: cpus()[0].model.trim(), cpus: cpus().length, platform: `${platform()} ${arch()}`, load },
  }
  const out = values.out ?? join(root, 'bench', 'results', `${name}-${date.slice(0, 10)}.json`)
  if (name === 'kernel') {
    const settings = { rounds: count('rounds', values.rounds), repeats: count('repeats', values.repeats) }
    const onRound = (round: number, kernel: string) => console.log(`round ${round + 1}: ${kernel} measured`)
    const node = process.env.SELMA_KERNEL_NODE ?? process.execPath
    const bench = benchKernels({ ...settings, node, python: benchPython(), onRound })
    const { versions, rounds } = bench
    await writeJson(out, {
      benchmark: name,
      ...about,
      settings,
      versions,
      measures: summarise(bench),
      rounds,
    })
    console.log(table(bench))
    return
  }
  const model = trueSizes.find((one) => one === name)
  if (model) {
    const { 'no-compare': alone, only, modes } = values
    const report = await trueSize(model, {
      python: process.env.SELMA_PYTHON ?? 'python3',
      threads: count('threads', values.threads),
      repeats: count('repeats', values.repeats),
      batch: count('batch', values.batch),
      size: values.size === undefined ? undefined : count('size', values.size),
      modes: modes.split(','),
      only,
      compare: !alone,
    })
    await writeJson(out, { benchmark: name, ...about, ...report })
    return
  }
  if (name === 'views') {
    const { chromium, views } = await measureViews()
    for (const { what, frames, longTasks, busyTasks, busyPerFrame } of views)
      console.log(
        `${what}: over 50 ms ${longTasks.length} tasks by the clock, ${busyTasks.length} by processor time; ${busyPerFrame.toFixed(1)} ms a frame, ${frames} frames`,
      )
    await writeJson(out, { benchmark: name, ...about, chromium, views })
    return
  }
  const prepare = benches[name] ?? fail('bad-input', `unknown benchmark: ${name ?? '(none)'}`, usage)
  const { name: embedded, folder } = locateModel('shapes')
  const settings: Settings = {
    folder,
    python: process.env.SELMA_PYTHON ?? 'python3',
    threads: count('threads', values.threads),
    rounds: count('rounds', values.rounds),
    repeats: count('repeats', values.repeats),
    warmup: count('warmup', values.warmup),
  }
  const bench = await prepare(settings)
  console.log(bench.what)
  const rounds: { ours: Times; theirs: Times; ratio: number }[] = []
  let versions: Record<string, string> = {}
  for (let round = 0; round < settings.rounds; round++) {
    const ours = await bench.ours()
    const other = bench.theirs()
    versions = other.versions
    const ratio = median(other.times) / median(ours)
    rounds.push({ ours, theirs: other.times, ratio })
    const [a, b] = [ours, other.times].map((times) => median(times).toFixed(1))
    console.log(`round ${round + 1}: ours ${a} ms, PyTorch ${b} ms, ratio ${ratio.toFixed(2)}`)
  }
  await bench.release()
  const ratios = rounds.map((each) => each.ratio)
  const ratio = { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) }
  const runtime = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }
  const { folder: _folder, python: _python, ...repeated } = settings
  await writeJson(out, {
    benchmark: name,
    what: bench.what,
    ...about,
    model: { name: embedded, hash: await hashCheckpoint(folder) },
    settings: repeated,
    versions: { node: process.versions.node, 'onnxruntime-node': runtime.version, ...versions },
    /** PyTorch's median time over ours, a round; above 1 we are faster. */
    ratio,
    milliseconds: {
      ours: median(rounds.flatMap((each) => each.ours)),
      theirs: median(rounds.flatMap((each) => each.theirs)),
    },
    rounds,
  })
  console.log(
    `PyTorch's time over ours: ${ratio.median.toFixed(2)} (${ratio.min.toFixed(2)} to ${ratio.max.toFixed(2)} over ${settings.rounds} rounds)`,
  )
}

main().catch((error) => {
  if (!(error instanceof SelmaError)) throw error
  console.error(error.hint ? `${error.message}\n${error.hint}` : error.message)
  process.exitCode = 1
})
