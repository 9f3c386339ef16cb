// Where onnxruntime-node comes from. It is an optional dependency: its installation script downloads the CUDA
// provider from outside the npm registry, and where that cannot be reached npm takes the whole package away
// again. Then it is fetched here, without the script, at the first use.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fetchedPackage, fetchPackage, type PackageToFetch } from '../base/fetch-package.ts'
import { inPackage } from '../base/own-file.ts'

export type OnnxRuntime = typeof import('onnxruntime-node')

const name = 'onnxruntime-node'

function wanted(): PackageToFetch {
  const { optionalDependencies } = JSON.parse(readFileSync(inPackage('package.json'), 'utf8'))
  return { name, version: optionalDependencies[name] }
}

/** The folder of onnxruntime-node, installed or fetched; undefined when it is neither yet. */
export function onnxRuntimeFolder(): string | undefined {
  try {
    return join(createRequire(import.meta.url).resolve(`${name}/package.json`), '..')
  } catch {
    return fetchedPackage(wanted())
  }
}

/**
 * Loads ONNX Runtime, and fetches it before that when it is not installed (half a minute, once, said on stderr).
 *
 * @throws SelmaError `io` when it cannot be fetched
 */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  const installed = onnxRuntimeFolder()
  const folder =
    installed ??
    (await fetchPackage({
      ...wanted(),
      onDownload: (place) =>
        process.stderr.write(
          `ONNX Runtime is not installed: fetching it from the package registry into ${place} (about 290 MB, once) …\n`,
        ),
    }))
  return createRequire(join(folder, 'package.json'))(folder)
}
