// The Node that the kernel runs on: version 24 or later, where interrupting a cell never costs its variables
// (docs/kernel.md). The library itself does with an older one.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { fetchedPackage, fetchPackage, type PackageToFetch } from '../../lib/base/fetch-package.ts'
import { findProgram } from './programs.ts'

export const leastNodeMajor = 24

/** A Node by its path and version, `24.21.0`. */
export interface NodeProgram {
  path: string
  version: string
}

/** What `node --version` says, without the v; undefined when the file is no Node. */
export function versionOfNode(path: string): string | undefined {
  const { status, stdout } = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 20_000 })
  return status === 0 ? /^v(\d+\.\d+\.\d+\S*)/.exec(stdout.trim())?.[1] : undefined
}

export function isNewEnough(version: string): boolean {
  return Number(version.split('.')[0]) >= leastNodeMajor
}

/**
 * npm's packages with Node itself in them, one for each platform (those behind its package `node`, which would
 * choose among them by a script at its installation).
 */
function nodePackage(): PackageToFetch & { program: string } {
  const { platform, arch } = process
  const system = platform === 'win32' ? 'win' : platform
  const prefix = platform === 'darwin' && arch === 'arm64' ? 'node-bin' : 'node'
  return {
    name: `${prefix}-${system}-${arch}`,
    version: String(leastNodeMajor),
    program: join('bin', platform === 'win32' ? 'node.exe' : 'node'),
  }
}

function programIn(folder: string | undefined): NodeProgram | undefined {
  if (!folder) return undefined
  const path = join(folder, nodePackage().program)
  const version = existsSync(path) ? versionOfNode(path) : undefined
  return version && isNewEnough(version) ? { path, version } : undefined
}

/** A Node for the kernel that is on this machine: the one that runs this, one on the PATH, one fetched before. */
export function findNode(env: Record<string, string | undefined> = process.env): NodeProgram | undefined {
  if (isNewEnough(process.versions.node)) return { path: process.execPath, version: process.versions.node }
  for (const path of findProgram('node', env)) {
    const version = versionOfNode(path)
    if (version && isNewEnough(version)) return { path, version }
  }
  return programIn(fetchedPackage(nodePackage()))
}

/**
 * The Node that was asked for, or one that is found, or one that is fetched from the npm registry.
 *
 * @param given a path; it is run to learn its version
 * @param tell gets a line before anything is downloaded
 * @throws SelmaError `bad-input` when `given` is no Node or too old, `io` when none can be fetched
 */
export async function nodeForKernel({
  given,
  env = process.env,
  tell = () => {},
}: {
  given?: string
  env?: Record<string, string | undefined>
  tell?: (line: string) => void
} = {}): Promise<NodeProgram> {
  if (given !== undefined) {
    const path = resolve(given)
    const version = versionOfNode(path)
    const hint = `the kernel needs Node ${leastNodeMajor} or later`
    if (!version) fail('bad-input', `${path} is no Node: it does not answer to --version`, hint)
    if (!isNewEnough(version)) fail('bad-input', `${path} is Node ${version}`, hint)
    return { path, version }
  }
  const found = findNode(env)
  if (found) return found
  const wanted = nodePackage()
  const folder = await fetchPackage({
    ...wanted,
    onDownload: (place) =>
      tell(
        `no Node ${leastNodeMajor} is here (this is ${process.versions.node}): fetching ${wanted.name} from the package registry into ${place}, about 130 MB, once …`,
      ),
  })
  return (
    programIn(folder) ??
    fail('io', `the Node in ${folder} does not run here`, 'give another one with --node PATH')
  )
}
