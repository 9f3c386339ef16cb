// `npm run bench -- kernel`: this project's kernel, ipykernel and stock tslab, each started by the same client
// (`python/kernel.py`, over jupyter_client), in turns within one run. Ratios are to ipykernel, a round at a time.
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kernelSpec } from '../kernel/install/kernelspec.ts'
import { isNewEnough, versionOfNode } from '../kernel/install/node.ts'
import { fail } from '../lib/base/errors.ts'
import { root, runPython } from './support.ts'

/** What `python/kernel.py` prints: milliseconds and MB; null where no answer came in time. */
export interface KernelReport {
  start: number
  first_cell: number
  first_result: number
  trivial: number[]
  declaration: number[]
  first_completion: number
  completion: number[]
  burst: number | null
  burst_lines: number
  memory_cells: { pss: number; rss: number }
  memory_completion: { pss: number; rss: number }
  versions: Record<string, string>
}

interface Spec {
  argv: string[]
  language: string
  env?: Record<string, string>
}

/** What is compared with what. */
export const kernels = ['selma', 'selma-sources', 'ipykernel', 'tslab'] as const
export type KernelName = (typeof kernels)[number]

/** @param home a folder for what the kernels keep @param installed a folder that looks like an installed package */
function specs(node: string, python: string, home: string, installed: string): Record<KernelName, Spec> {
  const { argv } = kernelSpec({ node, version: '0' })
  const own = (starter: string) => argv.map((one) => (one.endsWith('kernel.mjs') ? starter : one))
  const tslab = createRequire(import.meta.url).resolve('tslab/bin/tslab')
  const env = { SELMA_HOME: home, XDG_CACHE_HOME: home }
  const at = join('kernel', 'bin', 'kernel.mjs')
  return {
    selma: { argv: own(join(installed, at)), language: 'typescript', env },
    'selma-sources': { argv: own(join(root, at)), language: 'typescript', env },
    ipykernel: {
      argv: [python, '-m', 'ipykernel_launcher', '-f', '{connection_file}'],
      language: 'python',
      env: { IPYTHONDIR: join(home, 'ipython') },
    },
    tslab: { argv: [node, tslab, 'kernel', '--config-path={connection_file}'], language: 'typescript' },
  }
}

/** The package as npm installs it, less what is linked: starters without sources beside them, and what was built. */
function installedForm(folder: string): void {
  if (!existsSync(join(root, 'dist', 'kernel')))
    fail('not-found', 'there is no build to measure', 'npm run build')
  const bin = join(folder, 'kernel', 'bin')
  mkdirSync(bin, { recursive: true })
  for (const name of readdirSync(join(root, 'kernel', 'bin')).filter((one) => one.endsWith('.mjs')))
    copyFileSync(join(root, 'kernel', 'bin', name), join(bin, name))
  symlinkSync(join(root, 'dist'), join(folder, 'dist'), 'junction')
}

export interface KernelBenchOptions {
  /** Node 24 or later, which runs all but ipykernel. */
  node: string
  /** With jupyter_client and ipykernel. */
  python: string
  rounds: number
  /** Trivial cells a round. */
  repeats: number
  onRound?: (round: number, name: KernelName, report: KernelReport) => void
}

/** What came of it. */
export interface KernelBench {
  versions: Record<string, string>
  rounds: Record<KernelName, KernelReport>[]
}

/**
 * Measures the kernels, in each round one after the other, after one start of each that does not count.
 *
 * @throws SelmaError `bad-input` for an older Node, `not-found` without a build, `engine` when Python cannot run it
 */
export function benchKernels({ node, python, rounds, repeats, onRound }: KernelBenchOptions): KernelBench {
  const version = versionOfNode(node)
  if (!version || !isNewEnough(version))
    fail('bad-input', `${node} is Node ${version ?? '(none)'}`, 'let SELMA_KERNEL_NODE name Node 24 or later')
  const home = mkdtempSync(join(tmpdir(), 'selma-bench-'))
  try {
    const installed = join(home, 'package')
    installedForm(installed)
    const all = specs(node, python, home, installed)
    const measure = (name: KernelName, count: number) =>
      runPython(python, 'kernel.py', ['--kernel', JSON.stringify(all[name]), '--repeats', count]) as never
    for (const name of kernels) measure(name, 1)
    const done: KernelBench['rounds'] = []
    for (let round = 0; round < rounds; round++) {
      const reports = {} as Record<KernelName, KernelReport>
      for (const name of kernels) {
        reports[name] = measure(name, repeats)
        onRound?.(round, name, reports[name])
      }
      done.push(reports)
    }
    const tslab = createRequire(import.meta.url)('tslab/package.json') as { version: string }
    const versions = { node: version, tslab: tslab.version, ...done[0].ipykernel.versions }
    return { versions, rounds: done }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** Where the environment of `npm run lab` has its Python; else the one that is named, else `python3`. */
export function benchPython(): string {
  const lab = join(root, '.selma', 'lab', 'bin', 'python')
  return process.env.SELMA_PYTHON ?? (existsSync(lab) ? lab : 'python3')
}
