// Where a result comes from: code, lock file, machine, inputs. Written down, never compared.
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cpus, totalmem } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { hashFile } from '../base/files.ts'
import { inPackage } from '../base/own-file.ts'
import { hashCheckpoint } from '../diffusion/checkpoint.ts'
import { hashInput } from '../jobs/index.ts'
import { recordedFacts } from '../jobs/recorded.ts'
import type { Provider } from '../runtime/index.ts'
import type { Expert } from './expert.ts'
import type { T2I } from './t2i.ts'

const root = inPackage()

const providerTitles: Record<Provider, string> = { cpu: 'CPU', cuda: 'CUDA', webgpu: 'WebGPU' }

/** The commit of this package's checkout and whether files differ from it; nothing outside a checkout. */
async function commit(): Promise<{ commit: string; dirty: boolean } | undefined> {
  if (!existsSync(join(root, '.git'))) return undefined
  const git = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)('git', ['-C', root, ...args])).stdout.trim()
  try {
    return { commit: await git('rev-parse', 'HEAD'), dirty: (await git('status', '--porcelain')) !== '' }
  } catch {
    return undefined
  }
}

export type Provenance = Record<string, string | number | boolean | Record<string, string>>

/**
 * The code and the machine: commit, lock file, provider, hardware, versions.
 *
 * @param devices what computed; default the CPU
 */
export async function surroundings(devices: readonly Provider[] = ['cpu']): Promise<Record<string, string>> {
  const code = await commit()
  const lock = join(root, 'package-lock.json')
  const processor = cpus()
  const { platform, packages } = recordedFacts()
  return {
    commit: code ? `${code.commit}${code.dirty ? ' (with local changes)' : ''}` : 'not a git checkout',
    'lock file': existsSync(lock) ? (await hashFile(lock)).slice(0, 16) : 'none',
    provider: `ONNX Runtime, ${[...new Set(devices)].map((device) => providerTitles[device]).join(' and ')}`,
    hardware: `${processor.length} × ${processor[0]?.model ?? 'unknown processor'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${platform}`,
    versions: `SELMA Lab ${packages['selma-lab']}, Node ${process.version.slice(1)}, ONNX Runtime ${packages['onnxruntime-node']}`,
  }
}

/** Commit, lock file, hardware and hashes of what went in. */
export async function provenance(inputs: {
  model: T2I
  experts?: readonly Expert[]
  data?: Record<string, string>
  questions?: string
  writer?: string
}): Promise<Provenance> {
  const { model, experts = [], data = {}, questions, writer } = inputs
  const hashes = await Promise.all(
    experts.map(async (expert) => [expert.name, (await hashInput(expert.path)).slice(0, 16)] as const),
  )
  return {
    date: new Date().toISOString(),
    ...(await surroundings([model.device])),
    base: `${model.base}, ${(await hashCheckpoint(model.folder)).slice(0, 16)}`,
    ...(writer === undefined ? {} : { 'prompts written by': writer }),
    ...(questions === undefined ? {} : { 'test set': questions }),
    ...(Object.keys(data).length === 0 ? {} : { data }),
    ...(hashes.length === 0 ? {} : { experts: Object.fromEntries(hashes) }),
  }
}
