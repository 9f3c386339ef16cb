// The safetensors header: 8 bytes of length, then JSON that names every tensor's dtype, shape and bytes.
// Reads and checks it without touching tensor data, so a 7 GB file costs a few milliseconds.
// Rules: https://github.com/huggingface/safetensors (README "Format", and the Rust reader's validation).
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { SelmaError } from '../base/errors.ts'
import { fileError } from '../base/files.ts'
import { duplicateJsonKey } from './json-keys.ts'
import {
  dtypeSize,
  isSafetensorsDtype,
  type SafetensorsDtype,
  safetensorsDtypes,
} from './safetensors-dtypes.ts'

/** Where one tensor lies. */
export interface SafetensorsEntry {
  dtype: SafetensorsDtype
  shape: number[]
  /** absolute byte offset in the file, as ONNX external data wants it */
  offset: number
  /** bytes */
  length: number
}

/** What a safetensors file says about itself; tensors in the order of their bytes. */
export interface SafetensorsHeader {
  path: string
  metadata: Record<string, string>
  tensors: Map<string, SafetensorsEntry>
}

/** The reference reader's limit on the JSON part, bytes. */
export const maxHeaderLength = 100_000_000

const broken = (path: string, what: string, cause?: unknown): SelmaError =>
  new SelmaError('bad-file', `${path} is not a valid safetensors file: ${what}`, {
    hint: 'the file may be cut short or damaged; fetch or write it again',
    cause,
  })

/** Length of the JSON part from the first 8 bytes, checked against the limit and the file's size. */
export function headerLength(first: Uint8Array, fileSize: number, path: string): number {
  if (fileSize < 8 || first.length < 8)
    throw broken(path, `it has ${fileSize} bytes, fewer than the 8 of its length field`)
  const length = new DataView(first.buffer, first.byteOffset, 8).getBigUint64(0, true)
  if (length > BigInt(maxHeaderLength))
    throw broken(path, `its header claims ${length} bytes; at most 100,000,000 are allowed`)
  if (length > BigInt(fileSize - 8))
    throw broken(path, `its header claims ${length} bytes, but only ${fileSize - 8} follow`)
  return Number(length)
}

function parseJson(json: Uint8Array, path: string): Record<string, unknown> {
  if (json[0] !== 0x7b) throw broken(path, "its header does not start with '{'")
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json)
    value = JSON.parse(text)
  } catch (error) {
    throw broken(path, `its header is not UTF-8 JSON (${(error as Error).message})`, error)
  }
  const duplicate = duplicateJsonKey(text)
  if (duplicate !== undefined) throw broken(path, `its header has the key ${JSON.stringify(duplicate)} twice`)
  return value as Record<string, unknown>
}

function parseMetadata(value: unknown, path: string): Record<string, string> {
  if (value === undefined) return {}
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw broken(path, '__metadata__ is not an object')
  for (const [key, item] of Object.entries(value))
    if (typeof item !== 'string')
      throw broken(path, `__metadata__[${JSON.stringify(key)}] is ${JSON.stringify(item)}, not a string`)
  return value as Record<string, string>
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0

/** Begin and end of one tensor, relative to the data; size checked against dtype and shape. */
function parseEntry(name: string, value: unknown, available: number, path: string) {
  const bad = (what: string) => broken(path, `tensor ${JSON.stringify(name)} ${what}`)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw bad('is not described by an object')
  const { dtype, shape, data_offsets: offsets } = value as Record<string, unknown>
  if (!isSafetensorsDtype(dtype))
    throw bad(`has the dtype ${JSON.stringify(dtype)}; known are ${safetensorsDtypes.join(', ')}`)
  if (!Array.isArray(shape) || !shape.every(isCount))
    throw bad(`has the shape ${JSON.stringify(shape)}, not a list of whole numbers`)
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount))
    throw bad(`has the data_offsets ${JSON.stringify(offsets)}, not two whole numbers`)
  const [begin, end] = offsets as [number, number]
  if (begin > end) throw bad(`has data_offsets that run backwards: ${begin} to ${end}`)
  if (end > available) throw bad(`ends at byte ${end} of the data, which has only ${available}`)
  let size = dtypeSize(dtype)
  for (const dimension of shape) {
    size *= dimension
    if (!Number.isSafeInteger(size)) throw bad(`has a shape too large to count: ${JSON.stringify(shape)}`)
  }
  if (size !== end - begin)
    throw bad(`(${dtype} ${JSON.stringify(shape)}) needs ${size} bytes but has ${end - begin}`)
  return { name, dtype, shape: shape as number[], begin, end }
}

/**
 * Parses and checks the JSON part against a file of `fileSize` bytes.
 *
 * @param json the header without its 8 bytes of length
 * @throws SelmaError `bad-file` naming the file, the tensor and the broken rule
 */
export function parseSafetensorsHeader(json: Uint8Array, fileSize: number, path: string): SafetensorsHeader {
  const { __metadata__, ...described } = parseJson(json, path)
  const metadata = parseMetadata(__metadata__, path)
  const start = 8 + json.length
  const available = fileSize - start
  const entries = Object.entries(described).map(([name, value]) => parseEntry(name, value, available, path))
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  const tensors: SafetensorsHeader['tensors'] = new Map()
  let covered = 0
  for (const { name, dtype, shape, begin, end } of entries) {
    if (begin !== covered)
      throw broken(
        path,
        `tensor ${JSON.stringify(name)} begins at byte ${begin} of the data, not at ${covered} (${begin < covered ? 'overlap' : 'hole'})`,
      )
    covered = end
    tensors.set(name, { dtype, shape, offset: start + begin, length: end - begin })
  }
  if (covered !== available) throw broken(path, `its tensors cover ${covered} of ${available} bytes of data`)
  return { path, metadata, tensors }
}

/**
 * Reads a file's header, without its tensors.
 *
 * @throws SelmaError `bad-file` if any rule of the format is broken, `not-found` or `io` if it cannot be read
 */
export async function readSafetensorsHeader(path: string): Promise<SafetensorsHeader> {
  try {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const { buffer } = await file.read(new Uint8Array(8), 0, 8, 0)
      const length = headerLength(buffer, size, path)
      const { buffer: json, bytesRead } = await file.read(new Uint8Array(length), 0, length, 8)
      return parseSafetensorsHeader(json.subarray(0, bytesRead), size, path)
    } finally {
      await file.close()
    }
  } catch (error) {
    throw fileError(error, 'read', path)
  }
}

/** `readSafetensorsHeader`, blocking. */
export function readSafetensorsHeaderSync(path: string): SafetensorsHeader {
  try {
    const file = openSync(path, 'r')
    try {
      const { size } = fstatSync(file)
      const first = new Uint8Array(8)
      readSync(file, first, 0, 8, 0)
      const json = new Uint8Array(headerLength(first, size, path))
      const read = readSync(file, json, 0, json.length, 8)
      return parseSafetensorsHeader(json.subarray(0, read), size, path)
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw fileError(error, 'read', path)
  }
}
