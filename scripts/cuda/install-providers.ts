// Brings the CUDA provider's libraries to where ONNX Runtime looks for them. Each whole or not at all; nothing else of
// the wheel is written anywhere.
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { fail, SelmaError } from '../../lib/base/errors.ts'
import { fileError, writeFileAtomic } from '../../lib/base/files.ts'
import { onnxRuntimeFolder } from '../../lib/runtime/load-onnxruntime.ts'
import { cudaProviderFiles, nativeFolder } from '../../lib/runtime/provider-libraries.ts'
import { get, type IndexFile, withoutCredentials } from './package-index.ts'

type Zip = new (path: string) => { getEntry(name: string): { getData(): Buffer } | null }

/** The reader of zip files that onnxruntime-node has for the same purpose. */
function zipReader(): Zip {
  const folder = onnxRuntimeFolder()
  if (!folder) return fail('not-found', 'onnxruntime-node is not installed', 'npm ci')
  return createRequire(join(folder, 'package.json'))('adm-zip')
}

/**
 * Downloads a file and makes sure that it is what was promised.
 *
 * @param index whose credentials, if it has any, are given to its own host only
 * @throws SelmaError `io` when it is cut off or has another hash
 */
async function download(
  { name, url, sha256, size }: IndexFile,
  to: string,
  index: string,
  onProgress?: (received: number, size: number | undefined) => void,
): Promise<void> {
  const from = new URL(url)
  const own = withoutCredentials(index)
  const response = await get(from, own.url.host === from.host ? own.headers : {})
  const hash = createHash('sha256')
  const file = await open(to, 'wx')
  let received = 0
  try {
    for await (const chunk of Readable.fromWeb(response.body as ReadableStream<Uint8Array>)) {
      hash.update(chunk)
      await file.writeFile(chunk)
      received += chunk.length
      onProgress?.(received, size)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall) throw fileError(error, 'write', to)
    throw new SelmaError('io', `${name} was cut off after ${received} bytes`, {
      hint: 'run it again',
      cause: error,
    })
  } finally {
    await file.close()
  }
  const found = hash.digest('hex')
  if (found !== sha256)
    fail(
      'io',
      `${name} has the sha256 ${found}, the index says ${sha256}`,
      'run it again, or try another --index',
    )
}

/**
 * Takes the provider's libraries out of the wheel, into the folder of onnxruntime-node.
 *
 * @param options.folder of onnxruntime-node
 * @returns the files that were written
 * @throws SelmaError `io` as above or when the folder cannot be written; `bad-file` when the wheel lacks one
 */
export async function installFromWheel(
  wheel: IndexFile,
  options: {
    folder: string
    index: string
    onProgress?: (received: number, size: number | undefined) => void
  },
): Promise<string[]> {
  const { folder, index, onProgress } = options
  const temporary = await mkdtemp(join(tmpdir(), 'selma-cuda-'))
  try {
    const path = join(temporary, 'package.whl')
    await download(wheel, path, index, onProgress)
    const libraries = cudaProviderFiles.map((file) => ({ file, data: entryOf(path, wheel.name, file) }))
    const written: string[] = []
    for (const { file, data } of libraries) {
      const target = join(nativeFolder(folder), file)
      await writeFileAtomic(target, data)
      written.push(target)
    }
    return written
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
}

/** One library's bytes. Asked for by its one name: whatever else is in the wheel, under whatever name, stays there. */
function entryOf(path: string, name: string, file: string): Buffer {
  const place = `onnxruntime/capi/${file}`
  try {
    const entry = new (zipReader())(path).getEntry(place)
    if (entry) return entry.getData()
  } catch (error) {
    if (error instanceof SelmaError) throw error
    throw new SelmaError('bad-file', `${name} cannot be unpacked: ${(error as Error).message}`, {
      cause: error,
    })
  }
  return fail('bad-file', `${name} has no ${place}`, 'was the package made otherwise? see docs/gpu.md')
}

/** Which of the provider's libraries are there. */
export const providersThere = (folder: string): string[] =>
  cudaProviderFiles.filter((file) => existsSync(join(nativeFolder(folder), file)))
