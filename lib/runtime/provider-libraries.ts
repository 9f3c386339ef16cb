// What a provider needs beside ONNX Runtime itself, and what of it is missing: the files of the CUDA provider, the
// libraries that it links, the drivers. Found by looking, without loading any of it. Linux; elsewhere it says so.
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { onnxRuntimeFolder } from './load-onnxruntime.ts'

/** The files of the CUDA provider, beside `libonnxruntime.so.1`. */
export const cudaProviderFiles = [
  'libonnxruntime_providers_cuda.so',
  'libonnxruntime_providers_shared.so',
] as const

/** Something that a provider lacks, and how it comes. */
export interface Missing {
  what: string
  fix: string
}

/** The folder of ONNX Runtime's native libraries in a folder of onnxruntime-node. */
export const nativeFolder = (folder: string, platform: string = process.platform): string =>
  join(folder, 'bin', 'napi-v6', platform, process.arch)

/** Output of a program; undefined when it fails or is not there. */
function output(program: string, args: string[]): string | undefined {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}

/** Whether the loader finds a library: on LD_LIBRARY_PATH, or where the system keeps its own. */
function found(library: string): boolean {
  const folders = (process.env.LD_LIBRARY_PATH ?? '').split(':').filter(Boolean)
  if (folders.some((folder) => existsSync(join(folder, library)))) return true
  const listed = output('/sbin/ldconfig', ['-p'])
  // Where there is no list, nothing is claimed to be missing.
  return listed === undefined || listed.includes(`\t${library} `)
}

/** Libraries that a library links and the loader does not find. */
export function unresolved(library: string): string[] {
  const lines = output('ldd', [library])?.split('\n') ?? []
  return lines.flatMap((line) => /^\s*(\S+) => not found/.exec(line)?.[1] ?? [])
}

/** What is loaded later, by name, and is in no list of links. */
const loadedLater = ['libcudnn.so.9', 'libcufft.so.12']

const libraries =
  'CUDA 13 and cuDNN 9: conda env create -f environment-cuda.yml, or put their folders on LD_LIBRARY_PATH ' +
  'before node starts (docs/gpu.md)'

/** Whether the files of a provider are there at all; that it works is another question. */
export function isInstalled(provider: string, folder = onnxRuntimeFolder()): boolean {
  if (provider !== 'cuda') return true
  return (
    folder !== undefined && cudaProviderFiles.every((file) => existsSync(join(nativeFolder(folder), file)))
  )
}

function missingForCuda(folder: string): Missing[] {
  if (process.platform !== 'linux' || process.arch !== 'x64')
    return [
      { what: `a CUDA provider for ${process.platform} ${process.arch}`, fix: "device: 'webgpu' is for it" },
    ]
  const native = nativeFolder(folder)
  const files = cudaProviderFiles.filter((file) => !existsSync(join(native, file)))
  if (files.length > 0) return [{ what: files.join(' and '), fix: 'npm run setup:cuda' }]
  const missing = [
    ...unresolved(join(native, cudaProviderFiles[0])),
    ...loadedLater.filter((library) => !found(library)),
  ]
  const driver = missing.filter((library) => library === 'libcuda.so.1')
  const rest = missing.filter((library) => library !== 'libcuda.so.1')
  return [
    ...(rest.length > 0 ? [{ what: rest.join(', '), fix: libraries }] : []),
    ...(driver.length > 0
      ? [{ what: 'libcuda.so.1', fix: "install NVIDIA's driver, 580 or later for CUDA 13" }]
      : []),
  ]
}

function missingForWebgpu(): Missing[] {
  if (process.platform !== 'linux' || found('libvulkan.so.1')) return []
  return [
    { what: 'libvulkan.so.1', fix: 'install libvulkan1 (Debian, Ubuntu) or vulkan-loader (Fedora, conda)' },
  ]
}

/**
 * What is missing for a provider, as far as looking tells: for the words of an error, not for a decision, since the
 * loader may know places that are not looked at. Nothing when all that can be looked for is there.
 *
 * @param folder of onnxruntime-node; default: the one that is used
 */
export function missingFor(provider: string, folder = onnxRuntimeFolder()): Missing[] {
  if (provider === 'cuda' && folder) return missingForCuda(folder)
  return provider === 'webgpu' ? missingForWebgpu() : []
}

/** What to look at when nothing is missing, and a provider does not work all the same. */
export function otherwise(provider: string): string {
  if (provider === 'cpu')
    return 'install the packages again; on Linux it needs glibc 2.28 or later, on Windows the Visual C++ runtime'
  if (provider === 'cuda') return 'is there an NVIDIA GPU, and does nvidia-smi show it? see docs/gpu.md'
  const driver =
    process.platform === 'linux' ? 'a Vulkan driver (vulkaninfo --summary shows it)' : 'its driver'
  return `needs a GPU with ${driver}; see docs/gpu.md`
}
