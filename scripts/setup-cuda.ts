// `npm run setup:cuda`: the libraries of ONNX Runtime's CUDA provider, put beside ONNX Runtime. They are not in the npm
// package. Its own script fetches them from outside the npm registry, and for some versions of CUDA only; the Python
// wheel of the very same version has them, too, and is taken out of a package index without Python.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { fail, SelmaError } from '../lib/base/errors.ts'
import { onnxRuntimeFolder } from '../lib/runtime/load-onnxruntime.ts'
import { cudaProviderFiles, missingFor, nativeFolder } from '../lib/runtime/provider-libraries.ts'
import { installFromWheel, providersThere } from './cuda/install-providers.ts'
import { findWheel, indexAddress } from './cuda/package-index.ts'

const usage = `npm run setup:cuda -- [options]

  --check        say what is there and what is missing, and change nothing (exit code 1 when something is missing)
  --dry-run      say what would be fetched from where
  --from <way>   pypi: the wheel onnxruntime-gpu; npm: the script of onnxruntime-node
                 (default: npm where it offers CUDA 13, and the wheel where that fails or is not so)
  --index <url>  Python package index, …/simple (default: PIP_INDEX_URL, pip's settings, or the public one)
  --folder <dir> of onnxruntime-node (default: the one that is used)
  --force        fetch them again`

/** The CUDA version of environment-cuda.yml. */
const CUDA = 'cuda13'
const PACKAGE = 'onnxruntime-gpu'

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`

/** Versions of CUDA that onnxruntime-node's own script knows libraries for. */
function offeredByNpm(folder: string): string[] {
  try {
    const { requirements } = createRequire(join(folder, 'package.json'))('./script/install-metadata.js')
    return requirements[`${process.platform}/${process.arch}`] ?? []
  } catch {
    return []
  }
}

/** Runs onnxruntime-node's script. @returns why it failed, or undefined */
function installByNpm(folder: string, version: string): string | undefined {
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: version }
  const { status, stderr } = spawnSync(process.execPath, [join(folder, 'script', 'install.js')], {
    ...{ cwd: folder, env, encoding: 'utf8' },
    stdio: ['ignore', 'inherit', 'pipe'],
  })
  if (status === 0 && providersThere(folder).length === cudaProviderFiles.length) return undefined
  return /^\w*Error: .*$/m.exec(stderr ?? '')?.[0] ?? `exit code ${status}`
}

function check(folder: string): number {
  const there = providersThere(folder)
  for (const file of cudaProviderFiles) say(`${there.includes(file) ? 'there  ' : 'missing'}  ${file}`)
  const missing = missingFor('cuda', folder)
  for (const { what, fix } of missing) say(`missing  ${what}\n         → ${fix}`)
  if (missing.length === 0) say('nothing is missing; whether it computes: npx selma doctor')
  return missing.length === 0 ? 0 : 1
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      check: { type: 'boolean' },
      'dry-run': { type: 'boolean' },
      force: { type: 'boolean' },
      help: { type: 'boolean' },
      from: { type: 'string' },
      index: { type: 'string' },
      folder: { type: 'string' },
    },
  })
  if (values.help) {
    say(usage)
    return 0
  }
  const { from, folder = onnxRuntimeFolder(), index = indexAddress() } = values
  if (process.platform !== 'linux' || process.arch !== 'x64')
    fail(
      'unsupported',
      `CUDA on ${process.platform} ${process.arch}`,
      "it is there for Linux x64; try device: 'webgpu'",
    )
  if (folder === undefined) return fail('not-found', 'onnxruntime-node is not installed', 'npm ci')
  if (from !== undefined && from !== 'npm' && from !== 'pypi')
    fail('bad-input', `--from ${from}`, 'npm or pypi')
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  say(`ONNX Runtime ${version}`)
  if (values.check) return check(folder)
  if (!values.force && !values['dry-run'] && providersThere(folder).length === cudaProviderFiles.length) {
    say('the libraries are there already (--force fetches them again)')
    check(folder)
    return 0
  }
  const offered = offeredByNpm(folder)
  if (from === 'npm' || (from === undefined && offered.includes(CUDA))) {
    const wanted = offered.includes(CUDA) ? CUDA : offered[0]
    if (!wanted) return fail('unsupported', `onnxruntime-node ${version} offers no CUDA`, '--from pypi')
    say(`by onnxruntime-node's script, ${wanted}, into ${nativeFolder(folder)}`)
    if (values['dry-run']) return 0
    const why = installByNpm(folder, wanted)
    if (why === undefined) {
      check(folder)
      return 0
    }
    if (from === 'npm') return fail('io', `onnxruntime-node's script failed: ${why}`, '--from pypi')
    say(`that failed (${why}): by the wheel`)
  }
  const wheel = await findWheel(index, PACKAGE, version)
  say(`${wheel.name}${wheel.size ? `, ${megabytes(wheel.size)}` : ''}, from ${new URL(wheel.url).host}`)
  say(`sha256 ${wheel.sha256}, into ${nativeFolder(folder)}`)
  if (values['dry-run']) return 0
  let told = 0
  const written = await installFromWheel(wheel, {
    ...{ folder, index },
    onProgress(received, size) {
      const tenth = size ? Math.floor((10 * received) / size) : 0
      if (tenth > told) say(`  ${tenth * 10} %`)
      told = tenth
    },
  })
  for (const path of written) say(`written ${path}`)
  check(folder)
  return 0
}

try {
  process.exitCode = await main()
} catch (error) {
  const known = error instanceof SelmaError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  if (!known) throw error
  const { message, hint } = error as SelmaError
  process.stderr.write(`setup:cuda: ${message}\n${hint ? `  ${hint}\n` : ''}`)
  process.exitCode = error instanceof SelmaError ? 1 : 2
}
