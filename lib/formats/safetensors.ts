// Reading tensors from safetensors files, one at a time and only when asked for.
// Not a cache: each call reads from disk. Data is little-endian, as is every machine ONNX Runtime runs on.
import { closeSync, openSync, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { fail } from '../base/errors.ts'
import { fileError } from '../base/files.ts'
import { type SafetensorsDtype, type TensorData, toFloats, viewAs } from './safetensors-dtypes.ts'
import {
  headerLength,
  parseSafetensorsHeader,
  readSafetensorsHeader,
  readSafetensorsHeaderSync,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors-header.ts'

export { type SafetensorsDtype, safetensorsDtypes, type TensorData, toFloats } from './safetensors-dtypes.ts'
export {
  readSafetensorsHeader,
  readSafetensorsHeaderSync,
  type SafetensorsEntry,
  type SafetensorsHeader,
} from './safetensors-header.ts'
export { encodeSafetensors, type SafetensorsTensor, writeSafetensors } from './safetensors-write.ts'

/** A tensor that was read. */
export interface ReadTensor {
  dtype: SafetensorsDtype
  shape: number[]
  data: TensorData
}

/** One system call reads at most 2 GiB; larger tensors take several. */
const largestRead = 1 << 30

const cutShort = (path: string): never =>
  fail(
    'bad-file',
    `${path} ended while a tensor was read`,
    'it was changed or cut short meanwhile; fetch it again',
  )

function entryOf(header: SafetensorsHeader, name: string): SafetensorsEntry {
  const entry = header.tensors.get(name)
  if (entry) return entry
  const some = [...header.tensors.keys()].slice(0, 5).join(', ')
  return fail(
    'not-found',
    `${header.path} has no tensor ${JSON.stringify(name)}`,
    `it has ${header.tensors.size}: ${some}, …`,
  )
}

/** A safetensors file whose header is read and whose tensors are read on demand. */
export class SafetensorsFile {
  readonly header: SafetensorsHeader

  private constructor(header: SafetensorsHeader) {
    this.header = header
  }

  /** Reads and checks the header. @throws SelmaError `bad-file`, `not-found`, `io` */
  static async open(path: string): Promise<SafetensorsFile> {
    return new SafetensorsFile(await readSafetensorsHeader(path))
  }

  get path(): string {
    return this.header.path
  }

  get metadata(): Record<string, string> {
    return this.header.metadata
  }

  /** Tensor names in the order of their bytes in the file. */
  names(): string[] {
    return [...this.header.tensors.keys()]
  }

  has(name: string): boolean {
    return this.header.tensors.has(name)
  }

  /** dtype, shape and place of a tensor. @throws SelmaError `not-found` */
  entry(name: string): SafetensorsEntry {
    return entryOf(this.header, name)
  }

  /** Reads one tensor as it is stored. @throws SelmaError `not-found`, `bad-file` */
  async tensor(name: string): Promise<ReadTensor> {
    const { dtype, shape, offset, length } = this.entry(name)
    let file: FileHandle | undefined
    try {
      file = await open(this.path, 'r')
      const bytes = new Uint8Array(length)
      for (let at = 0; at < length; ) {
        const { bytesRead } = await file.read(bytes, at, Math.min(largestRead, length - at), offset + at)
        if (bytesRead === 0) cutShort(this.path)
        at += bytesRead
      }
      return { dtype, shape, data: viewAs(bytes, dtype) }
    } catch (error) {
      throw fileError(error, 'read', this.path)
    } finally {
      await file?.close()
    }
  }

  /** Reads one tensor as float32 (from F32, F16, BF16 or F64). @throws SelmaError `unsupported` for others */
  async floats(name: string): Promise<Float32Array> {
    const { dtype, data } = await this.tensor(name)
    return toFloats(data, dtype, `${this.path}: tensor ${name}`)
  }
}

/**
 * Reads tensors at once, blocking.
 *
 * @param names which; all by default
 * @throws SelmaError `bad-file`, `not-found`, `io`
 */
export function readSafetensorsSync(path: string, names?: readonly string[]): Map<string, ReadTensor> {
  const header = readSafetensorsHeaderSync(path)
  const out = new Map<string, ReadTensor>()
  try {
    const file = openSync(path, 'r')
    try {
      for (const name of names ?? header.tensors.keys()) {
        const { dtype, shape, offset, length } = entryOf(header, name)
        const bytes = new Uint8Array(length)
        for (let at = 0; at < length; ) {
          const read = readSync(file, bytes, at, Math.min(largestRead, length - at), offset + at)
          if (read === 0) cutShort(path)
          at += read
        }
        out.set(name, { dtype, shape, data: viewAs(bytes, dtype) })
      }
    } finally {
      closeSync(file)
    }
  } catch (error) {
    throw fileError(error, 'read', path)
  }
  return out
}

/**
 * Reads a safetensors file that is already in memory (a download, a message); tensors are views where aligned.
 *
 * @param path a name for the error messages
 */
export function decodeSafetensors(
  bytes: Uint8Array,
  path = 'the buffer',
): { metadata: Record<string, string>; tensors: Map<string, ReadTensor> } {
  const length = headerLength(bytes, bytes.length, path)
  const header = parseSafetensorsHeader(bytes.subarray(8, 8 + length), bytes.length, path)
  const tensors = new Map<string, ReadTensor>()
  for (const [name, { dtype, shape, offset, length: size }] of header.tensors)
    tensors.set(name, { dtype, shape, data: viewAs(bytes.subarray(offset, offset + size), dtype) })
  return { metadata: header.metadata, tensors }
}
