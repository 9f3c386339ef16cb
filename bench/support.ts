// What the benchmarks share: their settings, the other side's process, the median.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail } from '../lib/base/errors.ts'

/** The project's folder. */
export const root = fileURLToPath(new URL('..', import.meta.url))

/** What is measured, and how often. */
export interface Settings {
  /** Pipeline folder of the model. */
  folder: string
  /** The Python interpreter with PyTorch. */
  python: string
  /** Threads of either side. */
  threads: number
  /** Rounds; in each, one side after the other. */
  rounds: number
  /** Timed repetitions of each side in a round. */
  repeats: number
  /** Untimed repetitions before them, in each round. */
  warmup: number
}

/** Milliseconds of every timed repetition. */
export type Times = number[]

/** A benchmark that is ready to run. */
export interface Bench {
  /** In words, with sizes. */
  what: string
  ours(): Promise<Times>
  /** The other side's times, and the versions of what it used. */
  theirs(): { times: Times; versions: Record<string, string> }
  release(): Promise<void>
}

/** What the scripts of bench/python print. */
export interface Report {
  versions: Record<string, string>
  eager?: { times: Times }
  seconds_per_run?: number[]
}

/**
 * Runs a benchmark script and reads the JSON that it prints last.
 *
 * @throws SelmaError `engine` with the script's last words, when it cannot run
 */
export function runPython(python: string, script: string, args: readonly (string | number)[]): Report {
  const { status, stdout, stderr, error } = spawnSync(
    python,
    [join(root, 'bench', 'python', script), ...args.map(String)],
    { encoding: 'utf8' },
  )
  if (status !== 0)
    fail(
      'engine',
      `${python} cannot run ${script}: ${error?.message ?? stderr.trim().split('\n').at(-1)}`,
      'let SELMA_PYTHON name an interpreter with tests/golden/requirements.txt installed',
    )
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as Report
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
