// Weights in another precision, once: half-precision ones as float32, since the CPU computes in float32 and would widen
// them anew for every session, into memory of its own (the wide file is mapped instead); and weights rounded to float16,
// for where they stay so. Kept in the user's cache, never beside the original.
import { closeSync, existsSync, openSync, readSync } from 'node:fs'
import { realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheFolder } from '../base/cache-folder.ts'
import { fail } from '../base/errors.ts'
import { fileError, sha256, writeFileAtomic } from '../base/files.ts'
import { toHalf } from '../formats/half.ts'
import type { SafetensorsDtype, SafetensorsEntry, SafetensorsHeader } from '../formats/safetensors.ts'
import { dtypeSize, toFloats, viewAs } from '../formats/safetensors-dtypes.ts'

/** Numbers converted at once; a tensor may be larger. */
const CHUNK = 1 << 22

/** What can be converted; the rest (float64, integers) stays as it is. */
const convertible: readonly SafetensorsDtype[] = ['F32', 'F16', 'BF16']
const isNarrow = ({ dtype }: SafetensorsEntry): boolean => dtype === 'F16' || dtype === 'BF16'

/** Bytes of a file's weights that are stored in half precision. */
export const narrowBytes = ({ tensors }: SafetensorsHeader): number =>
  [...tensors.values()].filter(isNarrow).reduce((sum, { length }) => sum + length, 0)

type Target = 'F32' | 'F16'
/** Whether a tensor has to be written anew. */
const differs = ({ dtype }: SafetensorsEntry, to: Target): boolean =>
  convertible.includes(dtype) && dtype !== to

/** The largest number of float16. */
const LARGEST = 65_504

function halves(values: Float32Array, path: string): Uint16Array {
  const bits = toHalf(values)
  const at = bits.findIndex((half, i) => (half & 0x7fff) === 0x7c00 && Number.isFinite(values[i]))
  if (at >= 0)
    fail(
      'unsupported',
      `${path} has the weight ${values[at]}: float16 ends at ${LARGEST}`,
      "use dtype: 'float32'",
    )
  return bits
}

/** The new file, in pieces: header, then every tensor in the order of the old one. */
function* convertedFile({ path, tensors }: SafetensorsHeader, to: Target): Generator<Uint8Array> {
  let end = 0
  const fields = [...tensors].map(([name, entry]) => {
    const start = end
    const changed = differs(entry, to)
    end += changed ? (entry.length / dtypeSize(entry.dtype)) * dtypeSize(to) : entry.length
    const dtype = changed ? to : entry.dtype
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
      for (let at = 0; at < entry.length; at += CHUNK * 4) {
        const bytes = new Uint8Array(Math.min(CHUNK * 4, entry.length - at))
        if (readSync(file, bytes, 0, bytes.length, entry.offset + at) !== bytes.length)
          fail('bad-file', `${path} ended while it was read`, 'fetch it again')
        if (!differs(entry, to)) yield bytes
        else {
          const values = toFloats(viewAs(bytes, entry.dtype), entry.dtype, path)
          yield new Uint8Array((to === 'F32' ? values : halves(values, path)).buffer)
        }
      }
    }
  } finally {
    closeSync(file)
  }
}

async function converted(header: SafetensorsHeader, to: Target, folder = cacheFolder()): Promise<string> {
  let identity: string
  try {
    // In the Hub's cache the real path is the content's hash; elsewhere a file that changed has another time.
    const path = await realpath(header.path)
    const { size, mtimeMs } = await stat(path)
    identity = sha256(JSON.stringify([path, size, mtimeMs])).slice(0, 32)
  } catch (error) {
    throw fileError(error, 'read', header.path)
  }
  const made = join(folder, to === 'F32' ? 'float32' : 'float16', `${identity}.safetensors`)
  if (!existsSync(made)) await writeFileAtomic(made, convertedFile(header, to))
  return made
}

/**
 * The path of a file with the same weights in float32. A tenth of a second a hundred million weights the first
 * time; two processes that need it at once both make it, and one of them wins.
 *
 * @param options.folder default: `cacheFolder()`
 * @throws SelmaError `io` when there is no room for it (it takes four bytes a weight)
 */
export const widenedWeights = (
  header: SafetensorsHeader,
  options: { folder?: string } = {},
): Promise<string> => converted(header, 'F32', options.folder)

/**
 * The path of a file with the same weights rounded to float16: the file itself where they all are float16.
 *
 * @param options.folder default: `cacheFolder()`
 * @throws SelmaError `unsupported` for a weight beyond float16's range; `io` when there is no room
 */
export async function narrowedWeights(
  header: SafetensorsHeader,
  options: { folder?: string } = {},
): Promise<string> {
  const done = [...header.tensors.values()].every((entry) => !differs(entry, 'F16'))
  return done ? header.path : converted(header, 'F16', options.folder)
}
