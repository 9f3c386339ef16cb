// Writing safetensors, byte for byte as the reference writer (Rust, through Python's safetensors 0.8.0) does.
// Not a converter: data comes in the typed array of its dtype (half.ts makes float16 and bfloat16).
import { fail } from '../base/errors.ts'
import { writeFileAtomic } from '../base/files.ts'
import {
  dtypeSize,
  holdsDtype,
  isSafetensorsDtype,
  type SafetensorsDtype,
  safetensorsDtypes,
  type TensorData,
} from './safetensors-dtypes.ts'

/** One tensor in memory, row-major. */
export interface SafetensorsTensor {
  dtype: SafetensorsDtype
  shape: readonly number[]
  /** the dtype's typed array; F16 and BF16 as bits in a `Uint16Array`, BOOL and F8 in a `Uint8Array` */
  data: TensorData
}

const bytesOf = (data: TensorData): Uint8Array =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength)

function check(name: string, { dtype, shape, data }: SafetensorsTensor): void {
  const what = `tensor ${JSON.stringify(name)}`
  if (name === '__metadata__') fail('bad-input', 'a tensor cannot be called "__metadata__"', 'rename it')
  if (Buffer.from(name).toString() !== name) fail('bad-input', `${what} has a name that is not valid Unicode`)
  if (!isSafetensorsDtype(dtype))
    fail('bad-input', `${what} has dtype ${dtype}`, `use ${safetensorsDtypes.join(', ')}`)
  if (!shape.every((n) => Number.isSafeInteger(n) && n >= 0))
    fail('bad-input', `${what} has the shape [${shape}]`)
  if (!holdsDtype(data, dtype))
    fail('bad-input', `${what} has dtype ${dtype} but its data is a ${data.constructor.name}`)
  const size = shape.reduce((product, n) => product * n, 1)
  if (size !== data.length)
    fail('bad-input', `${what} has shape [${shape}] (${size} numbers) but ${data.length} numbers of data`)
}

/** The file as chunks: length and header first, then every tensor's bytes, not copied. */
function chunks(tensors: Record<string, SafetensorsTensor>, metadata?: Record<string, string>): Uint8Array[] {
  const list = Object.entries(tensors).map(([name, tensor]) => {
    check(name, tensor)
    return { name, key: Buffer.from(name), order: safetensorsDtypes.indexOf(tensor.dtype), ...tensor }
  })
  // The reference sorts by dtype, the most aligned first, then by the UTF-8 bytes of the name.
  list.sort((a, b) => b.order - a.order || Buffer.compare(a.key, b.key))
  const fields: string[] = []
  if (metadata) {
    const sorted = Object.entries(metadata).sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    for (const [key, value] of sorted)
      if (typeof value !== 'string')
        fail('bad-input', `metadata ${JSON.stringify(key)} is not a string`, 'use JSON.stringify')
    const items = sorted.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`)
    fields.push(`"__metadata__":{${items.join(',')}}`)
  }
  let offset = 0
  for (const { name, dtype, shape, data } of list) {
    const end = offset + data.length * dtypeSize(dtype)
    const info = { dtype, shape, data_offsets: [offset, end] }
    fields.push(`${JSON.stringify(name)}:${JSON.stringify(info)}`)
    offset = end
  }
  const json = Buffer.from(`{${fields.join(',')}}`)
  const padded = Math.ceil(json.length / 8) * 8
  const head = new Uint8Array(8 + padded).fill(0x20)
  new DataView(head.buffer).setBigUint64(0, BigInt(padded), true)
  head.set(json, 8)
  return [head, ...list.map(({ data }) => bytesOf(data))]
}

/**
 * A whole safetensors file in memory, identical to what Python's `safetensors.numpy.save` gives.
 * Several metadata entries are sorted here; the reference leaves them in the random order of a hash map.
 *
 * @param metadata optional string pairs, kept under `__metadata__`
 * @throws SelmaError `bad-input` when a dtype, shape and data do not fit each other
 */
export function encodeSafetensors(
  tensors: Record<string, SafetensorsTensor>,
  metadata?: Record<string, string>,
): Uint8Array {
  const parts = chunks(tensors, metadata)
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** Writes a safetensors file atomically, tensor by tensor, without a second copy in memory. */
export async function writeSafetensors(
  path: string,
  tensors: Record<string, SafetensorsTensor>,
  metadata?: Record<string, string>,
): Promise<void> {
  await writeFileAtomic(path, chunks(tensors, metadata))
}
