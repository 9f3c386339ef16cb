// Half-precision weights as float32, once: the CPU computes in float32 and would widen them anew for every session,
// into memory of its own. The wide file is mapped instead. Kept in the user's cache, never beside the original.
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '../base/cache-folder.ts'
import { fail } from '../base/errors.ts'
import { fileError, sha256, writeFileAtomic } from '../base/files.ts'
import type { SafetensorsEntry, SafetensorsHeader } from '../formats/safetensors.ts'
import { toFloats } from '../formats/safetensors.ts'

/** Numbers converted at once; a tensor may be larger. */
const CHUNK = 1 << 22

const narrow = new Set(['F16', 'BF16'])
const isNarrow = ({ dtype }: SafetensorsEntry): boolean => narrow.has(dtype)

/** Bytes of a file's weights that are stored in half precision. */
export const narrowBytes = ({ tensors }: SafetensorsHeader): number =>
  [...tensors.values()].filter(isNarrow).reduce((sum, { length }) => sum + length, 0)

/** The new file, in pieces: header, then every tensor in the order of the old one. */
function* wideFile({ path, tensors }: SafetensorsHeader): Generator<Uint8Array> {
  let end = 0
  const fields = [...tensors].map(([name, entry]) => {
    const start = end
    end += isNarrow(entry) ? entry.length * 2 : entry.length
    const dtype = isNarrow(entry) ? 'F32' : entry.dtype
    return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape: entry.shape, data_offsets: [start, end] })}`
  })
  const json = Buffer.from(`{${fields.join(',')}}`)
  const head = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ')
  head.writeBigUInt64LE(BigInt(head.length - 8))
  json.copy(head, 8)
  yield head
  const file = openSync(path, 'r')
  try {
    for (const entry of tensors.values()) {
      for (let at = 0; at < entry.length; at += CHUNK * 2) {
        const bytes = new Uint8Array(Math.min(CHUNK * 2, entry.length - at))
        if (readSync(file, bytes, 0, bytes.length, entry.offset + at) !== bytes.length)
          fail('bad-file', `${path} ended while it was read`, 'fetch it again')
        if (!isNarrow(entry)) yield bytes
        else yield new Uint8Array(toFloats(new Uint16Array(bytes.buffer), entry.dtype, path).buffer)
      }
    }
  } finally {
    closeSync(file)
  }
}

/**
 * The path of a file with the same weights in float32. A tenth of a second a hundred million weights the first
 * time; two processes that need it at once both make it, and one of them wins.
 *
 * @param options.folder default: `cacheFolder()`
 * @throws SelmaError `io` when there is no room for it (it takes four bytes a weight)
 */
export async function widenedWeights(
  header: SafetensorsHeader,
  options: { folder?: string } = {},
): Promise<string> {
  const { folder = cacheFolder() } = options
  let identity: string
  try {
    // In the Hub's cache the real path is the content's hash; elsewhere a file that changed has another time.
    const path = await realpath(header.path)
    const { size, mtimeMs } = await stat(path)
    identity = sha256(JSON.stringify([path, size, mtimeMs])).slice(0, 32)
  } catch (error) {
    throw fileError(error, 'read', header.path)
  }
  const wide = join(folder, 'float32', `${identity}.safetensors`)
  if (!existsSync(wide)) await writeFileAtomic(wide, wideFile(header))
  return wide
}
