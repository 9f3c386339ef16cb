// A package of the npm registry, put into a folder of the user's: Node for the kernel where there is none that is
// new enough, ONNX Runtime where npm left it out. Whole or not at all, once for all projects, and without its
// installation scripts. Not for what a project depends on: that is npm's business.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { SelmaError } from './errors.ts'
import { fileError } from './files.ts'

/**
 * The folder for what is fetched: `selma` in the place that the platform has for programs' data.
 *
 * @param env XDG_DATA_HOME (Linux and others) and LOCALAPPDATA (Windows) are heeded
 */
export function dataFolder(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  const home = env.HOME || homedir()
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'selma')
  if (platform === 'win32') return join(env.LOCALAPPDATA || join(home, 'AppData', 'Local'), 'selma')
  return join(env.XDG_DATA_HOME || join(home, '.local', 'share'), 'selma')
}

export interface PackageToFetch {
  name: string
  /** A version or a range of versions; what was fetched for the same range before is taken as it is. */
  version: string
  /** Default `packages` in the data folder. */
  folder?: string
  /** Called with the place before anything is downloaded: the moment to say so. */
  onDownload?: (place: string) => void
}

/** Where a package is once it is fetched. */
function placeOf({ name, version, folder = join(dataFolder(), 'packages') }: PackageToFetch): string {
  return join(folder, `${name.replace(/[^\w.-]/g, '_')}@${version.replace(/[^\w.-]/g, '_')}`)
}

/** The folder of a package that was fetched before, if it was. */
export function fetchedPackage(wanted: PackageToFetch): string | undefined {
  const folder = join(placeOf(wanted), 'node_modules', wanted.name)
  return existsSync(join(folder, 'package.json')) ? folder : undefined
}

/** npm's own output, for the error. */
async function npm(args: string[], cwd: string): Promise<{ code: number | null; output: string }> {
  const cli = process.env.npm_execpath ?? ''
  const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error', '--global=false']
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe']
  const child = /npm-cli\.c?js$/.test(cli)
    ? spawn(process.execPath, [cli, ...args, ...quiet], { cwd, stdio })
    : spawn('npm', [...args, ...quiet], { cwd, stdio, shell: process.platform === 'win32' })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output = (output + text).slice(-4000)
    })
  return new Promise((done) => {
    child.on('error', (error) => done({ code: null, output: error.message }))
    child.on('close', (code) => done({ code, output }))
  })
}

const HOUR = 3_600_000

/** What a fetch that was killed left behind. */
async function clearLeftovers(place: string): Promise<void> {
  for (const name of await readdir(dirname(place))) {
    if (!name.startsWith(`${basename(place)}.`) || !name.endsWith('.tmp')) continue
    const path = join(dirname(place), name)
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > HOUR) await rm(path, { recursive: true, force: true })
  }
}

/**
 * Fetches a package with its dependencies, unless it is there. npm keeps what it has downloaded: a fetch that was
 * cut off goes on from there.
 *
 * @returns the package's folder; require and import from a file in it find its dependencies
 * @throws SelmaError `io` when npm fails or the folder cannot be written
 */
export async function fetchPackage(wanted: PackageToFetch): Promise<string> {
  const there = fetchedPackage(wanted)
  if (there) return there
  const { name, version, onDownload } = wanted
  const place = placeOf(wanted)
  const temporary = `${place}.${randomBytes(6).toString('hex')}.tmp`
  onDownload?.(place)
  try {
    await mkdir(temporary, { recursive: true })
    await clearLeftovers(place)
    await writeFile(join(temporary, 'package.json'), '{"private":true}\n')
    const install = ['install', `${name}@${version}`, '--ignore-scripts', '--no-package-lock']
    const { code, output } = await npm([...install, '--prefix', temporary], temporary)
    if (code !== 0) {
      const reason = output
        .split('\n')
        .map((line) => line.replace(/^npm (error|ERR!) ?/, '').trim())
        .find((line) => line !== '' && !/^(code|A complete log)/.test(line))
      throw new SelmaError('io', `npm cannot fetch ${name}@${version}${reason ? `: ${reason}` : ''}`, {
        hint: 'is the package registry reachable (npm ping), and is there room on the disk?',
      })
    }
    await rename(temporary, place)
  } catch (error) {
    // Somebody else was quicker.
    const done = fetchedPackage(wanted)
    if (done) return done
    throw fileError(error, 'fetch a package into', place)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return fetchedPackage(wanted) as string
}
