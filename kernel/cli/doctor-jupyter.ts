// What `selma doctor` says about notebooks: JupyterLab, the kernel in its list, a Node for it, the extension.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { inPackage } from '../../lib/base/own-file.ts'
import { builtExtension, extensionFolder, extensionName } from '../install/extension.ts'
import { prefixDataDir, searchedDataDirs, userDataDir } from '../install/jupyter-paths.ts'
import { ownVersion } from '../install/kernel.ts'
import { readKernelSpec, whatIsStale } from '../install/kernelspec.ts'
import { findNode, leastNodeMajor } from '../install/node.ts'
import { findProgram } from '../install/programs.ts'
import type { Check } from './doctor-check.ts'

/** The environment that `npm run lab` makes. */
const labEnvironment = (): string => inPackage('.selma', 'lab')

const binaries = process.platform === 'win32' ? 'Scripts' : 'bin'

/** A program of Jupyter's: on the PATH, else in the environment that `npm run lab` made. */
function jupyterProgram(name: string): string | undefined {
  return [
    ...findProgram(name),
    ...findProgram(name, { ...process.env, PATH: join(labEnvironment(), binaries) }),
  ][0]
}

function output(program: string, args: string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000 })
  return status === 0 ? stdout.trim() : undefined
}

function checkLab(): Check {
  const name = 'JupyterLab'
  const lab = jupyterProgram('jupyter-lab')
  const version = lab && output(lab, ['--version'])
  const make = existsSync(inPackage('environment.yml'))
    ? 'npm run lab'
    : "pip install 'jupyterlab>=4.6,<5' ipywidgets anywidget"
  if (!lab || !version) {
    const found = lab ? `${lab} does not run` : 'not found (notebooks also run without it: selma run)'
    return { name, state: lab ? 'warning' : 'missing', found, fix: make }
  }
  const found = `${version}, ${lab}`
  if (Number(version.split('.')[0]) >= 4) return { name, state: 'ok', found }
  return { name, state: 'warning', found, fix: `version 4 or later is needed: ${make}` }
}

function checkNode(): Check {
  const name = "kernel's Node"
  const node = findNode()
  if (node) return { name, state: 'ok', found: `${node.version}, ${node.path}` }
  const found = `no Node ${leastNodeMajor} here`
  return { name, state: 'missing', found, fix: 'selma install fetches one (about 130 MB)' }
}

/** Jupyter's data folders, as it says itself where it can be asked. */
function dataDirs(): string[] {
  const { VIRTUAL_ENV, CONDA_PREFIX } = process.env
  const prefixes = [VIRTUAL_ENV, CONDA_PREFIX, labEnvironment()].filter((one) => one !== undefined)
  const jupyter = jupyterProgram('jupyter')
  const said = jupyter && output(jupyter, ['--paths', '--json'])
  let own: string[] = []
  try {
    own = said ? (JSON.parse(said) as { data: string[] }).data : []
  } catch {
    // Too old to say it in JSON.
  }
  return [...new Set([...own, ...searchedDataDirs(prefixes)])]
}

/** The arguments of `selma install` for a data folder. */
function placeArguments(dataDir: string, name: string): string {
  const named = name === 'selma' ? '' : ` --name ${name}`
  if (resolve(dataDir) === resolve(userDataDir())) return named
  const prefix = dirname(dirname(dataDir))
  return prefixDataDir(prefix) === dataDir ? ` --prefix ${prefix}${named}` : named
}

/** Kernels of ours in Jupyter's data folders, and whether they still start. */
export async function checkKernels(dirs: readonly string[]): Promise<Check[]> {
  const version = await ownVersion()
  const checks: Check[] = []
  for (const dir of dirs) {
    const kernels = join(dir, 'kernels')
    if (!existsSync(kernels)) continue
    for (const name of readdirSync(kernels)) {
      const found = await readKernelSpec(join(kernels, name))
      if (found.kind !== 'ours') continue
      const stale = whatIsStale(found.spec, version)
      const place = join(kernels, name)
      checks.push(
        stale
          ? {
              name: 'kernel',
              state: 'warning',
              found: `${place}: ${stale}`,
              fix: `selma install${placeArguments(dir, name)}`,
            }
          : { name: 'kernel', state: 'ok', found: place },
      )
    }
  }
  if (checks.length > 0) return checks
  return [{ name: 'kernel', state: 'missing', found: 'not in a list of Jupyter’s', fix: 'selma install' }]
}

function checkExtension(dirs: readonly string[]): Check {
  const name = 'Lab extension'
  const folder = dirs.map(extensionFolder).find((one) => existsSync(join(one, 'package.json')))
  if (folder) return { name, state: 'ok', found: folder }
  if (!existsSync(builtExtension())) {
    const found = `${extensionName} is not in this package`
    return { name, state: 'missing', found, fix: 'nothing to do: the kernel works without it' }
  }
  return { name, state: 'missing', found: 'not installed', fix: 'selma install' }
}

export async function checkJupyter(): Promise<Check[]> {
  const dirs = dataDirs()
  return [checkLab(), checkNode(), ...(await checkKernels(dirs)), checkExtension(dirs)]
}
