// The element types of the safetensors format: sizes, typed arrays, conversion to float32.
// Not the sub-byte types (F4, F6) of safetensors 0.6: nothing here reads or writes them.
import { SelmaError } from '../base/errors.ts'
import { fromBfloat16, fromHalf } from './half.ts'

/** Bytes per element, and the typed array that holds the little-endian data. */
const table = {
  BOOL: { size: 1, array: Uint8Array },
  U8: { size: 1, array: Uint8Array },
  I8: { size: 1, array: Int8Array },
  F8_E5M2: { size: 1, array: Uint8Array },
  F8_E4M3: { size: 1, array: Uint8Array },
  I16: { size: 2, array: Int16Array },
  U16: { size: 2, array: Uint16Array },
  F16: { size: 2, array: Uint16Array },
  BF16: { size: 2, array: Uint16Array },
  I32: { size: 4, array: Int32Array },
  U32: { size: 4, array: Uint32Array },
  F32: { size: 4, array: Float32Array },
  F64: { size: 8, array: Float64Array },
  I64: { size: 8, array: BigInt64Array },
  U64: { size: 8, array: BigUint64Array },
} as const

/** A safetensors element type, spelled as in the file. */
export type SafetensorsDtype = keyof typeof table

/** Data of a tensor: F16 and BF16 are bit patterns in a `Uint16Array`, F8 and BOOL bytes in a `Uint8Array`. */
export type TensorData =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array

/** All element types, in the order in which the reference writer sorts them (ascending). */
export const safetensorsDtypes = Object.keys(table) as SafetensorsDtype[]

/** Whether a value names an element type. */
export function isSafetensorsDtype(value: unknown): value is SafetensorsDtype {
  return typeof value === 'string' && Object.hasOwn(table, value)
}

/** Bytes per element. */
export function dtypeSize(dtype: SafetensorsDtype): number {
  return table[dtype].size
}

/** Whether the typed array is the one that holds this element type. */
export function holdsDtype(data: TensorData, dtype: SafetensorsDtype): boolean {
  return data instanceof table[dtype].array
}

/** Views bytes (copied only if misaligned) as the element type's typed array. */
export function viewAs(bytes: Uint8Array, dtype: SafetensorsDtype): TensorData {
  const { size, array } = table[dtype]
  const aligned = bytes.byteOffset % size === 0 ? bytes : bytes.slice()
  return new array(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / size)
}

/**
 * Converts F64, F32, F16 or BF16 data to float32 (F32 is passed through, not copied).
 *
 * @throws SelmaError `unsupported` for other element types, with `what` in the message
 */
export function toFloats(data: TensorData, dtype: SafetensorsDtype, what: string): Float32Array {
  if (dtype === 'F32') return data as Float32Array
  if (dtype === 'F16') return fromHalf(data as Uint16Array)
  if (dtype === 'BF16') return fromBfloat16(data as Uint16Array)
  if (dtype === 'F64') return Float32Array.from(data as Float64Array)
  throw new SelmaError('unsupported', `${what} has dtype ${dtype}, which is not read as numbers here`, {
    hint: 'F32, F16, BF16 and F64 are converted to float32; read the raw data with tensor(name)',
  })
}
