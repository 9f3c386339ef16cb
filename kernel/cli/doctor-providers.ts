// What `selma doctor` says about ONNX Runtime: each provider that this build of it knows is tried for real, in a
// process of its own (`provider-probe.ts`).
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { nodeArguments, ownModule } from '../../lib/base/own-file.ts'
import { loadOnnxRuntime, onnxRuntimeFolder } from '../../lib/runtime/load-onnxruntime.ts'
import type { Check } from './doctor-check.ts'
import type { ProbeResult } from './provider-probe.ts'

/** A first use of a GPU may compile its programs. */
const PATIENCE = 120_000

/** @param provider by its ONNX Runtime name */
export function probeProvider(provider: string): Promise<ProbeResult> {
  const args = [...nodeArguments(ownModule('./provider-probe.ts', import.meta.url)), provider]
  return new Promise((done) => {
    execFile(process.execPath, args, { timeout: PATIENCE, killSignal: 'SIGKILL' }, (error, stdout) => {
      try {
        done(JSON.parse(stdout) as ProbeResult)
      } catch {
        const how = error?.killed
          ? `did not answer within ${PATIENCE / 1000} s`
          : `ended (${error?.signal ?? error?.code})`
        done({ works: false, reason: `the process that tried it ${how}` })
      }
    })
  })
}

/** How a provider that is not bundled, or finds no device, comes to work. */
function fixFor(provider: string): string | undefined {
  const folder = onnxRuntimeFolder()
  if (provider === 'cpu')
    return 'install the packages again; on Linux it needs glibc 2.28 or later, on Windows the Visual C++ runtime'
  if (provider === 'webgpu')
    return process.platform === 'linux'
      ? 'needs a GPU with a Vulkan driver (libvulkan1)'
      : 'needs a GPU and its driver'
  if (provider === 'cuda' && folder) {
    const library = join(
      folder,
      'bin',
      'napi-v6',
      process.platform,
      process.arch,
      'libonnxruntime_providers_cuda.so',
    )
    return existsSync(library)
      ? 'needs an NVIDIA GPU with its driver, CUDA 12 and cuDNN 9'
      : `with an NVIDIA GPU, CUDA 12 and cuDNN 9: node ${join(folder, 'script', 'install.js')} --onnxruntime-node-install=cuda12`
  }
  return undefined
}

/** The telling part of ONNX Runtime's message: no paths of its own sources, one line. */
function shortReason(reason: string): string {
  const [line] = reason.split('\n')
  return line.replace(/^\S*onnxruntime_src\S*:\d+ .* was false\. /, '').slice(0, 200)
}

/** The providers that the library can be asked for. */
const offered = ['cpu', 'cuda', 'webgpu']

export async function checkProviders(): Promise<Check[]> {
  let names: string[]
  try {
    names = (await loadOnnxRuntime()).listSupportedBackends().map(({ name }) => name)
  } catch (error) {
    const found = (error as Error).message.split('\n')[0]
    return [{ name: 'ONNX Runtime', state: 'failed', found, fix: fixFor('cpu') }]
  }
  const checks: Check[] = []
  // One after another: side by side they would slow each other.
  for (const provider of offered.filter((one) => names.includes(one))) {
    const name = `ONNX Runtime ${provider}`
    const result = await probeProvider(provider)
    if (result.works) {
      const { milliseconds, gigaflops } = result
      const found = `runs: a 512×512 product in ${milliseconds.toFixed(1)} ms (${gigaflops.toFixed(0)} GFLOP/s)`
      checks.push({ name, state: 'ok', found })
    } else {
      const state = provider === 'cpu' ? 'failed' : 'missing'
      checks.push({
        name,
        state,
        found: `does not run: ${shortReason(result.reason)}`,
        fix: fixFor(provider),
      })
    }
  }
  return checks
}
