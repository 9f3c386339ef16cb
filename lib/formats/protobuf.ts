// The protobuf wire format, as far as ONNX needs it: varints, length-delimited fields, packed
// numbers, fixed32. Not a schema compiler; `onnx.ts` knows the field numbers.
// Source: protobuf.dev/programming-guides/encoding.
import { fail } from '../base/errors.ts'

/** Writes one protobuf message; fields come out in the order of the calls. */
export class ProtoWriter {
  readonly #chunks: Uint8Array[] = []
  #length = 0

  #push(bytes: Uint8Array): void {
    this.#chunks.push(bytes)
    this.#length += bytes.length
  }

  #varint(value: number | bigint): void {
    let rest = BigInt.asUintN(64, BigInt(value))
    const bytes: number[] = []
    do {
      const low = Number(rest & 0x7fn)
      rest >>= 7n
      bytes.push(rest === 0n ? low : low | 0x80)
    } while (rest !== 0n)
    this.#push(Uint8Array.from(bytes))
  }

  int(field: number, value: number | bigint): this {
    this.#varint(field * 8)
    this.#varint(value)
    return this
  }

  float(field: number, value: number): this {
    this.#varint(field * 8 + 5)
    this.#push(new Uint8Array(Float32Array.of(value).buffer))
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.#varint(field * 8 + 2)
    this.#varint(value.length)
    this.#push(value)
    return this
  }

  string(field: number, value: string): this {
    return this.bytes(field, new TextEncoder().encode(value))
  }

  message(field: number, value: ProtoWriter): this {
    return this.bytes(field, value.finish())
  }

  packedInts(field: number, values: readonly (number | bigint)[]): this {
    const packed = new ProtoWriter()
    for (const value of values) packed.#varint(value)
    return this.bytes(field, packed.finish())
  }

  packedFloats(field: number, values: readonly number[]): this {
    return this.bytes(field, new Uint8Array(Float32Array.from(values).buffer))
  }

  finish(): Uint8Array {
    const out = new Uint8Array(this.#length)
    let at = 0
    for (const chunk of this.#chunks) {
      out.set(chunk, at)
      at += chunk.length
    }
    return out
  }
}

/** One field as read: a varint, four or eight raw bytes, or a length-delimited slice. */
export interface ProtoField {
  field: number
  value: bigint | Uint8Array
}

/**
 * Walks the fields of one message without copying.
 *
 * @throws SelmaError `bad-file` when a length or a varint runs past the end
 */
export function* readFields(bytes: Uint8Array): Generator<ProtoField> {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (at >= bytes.length) fail('bad-file', `protobuf: a number runs past the end at byte ${at}`)
      const byte = bytes[at++]
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return BigInt.asUintN(64, value)
    }
    return fail('bad-file', `protobuf: a number longer than ten bytes at byte ${at}`)
  }
  const take = (length: number): Uint8Array => {
    if (length > bytes.length - at) {
      fail(
        'bad-file',
        `protobuf: a field of ${length} bytes at byte ${at} runs past the end (${bytes.length})`,
      )
    }
    at += length
    return bytes.subarray(at - length, at)
  }
  while (at < bytes.length) {
    const key = varint()
    const field = Number(key >> 3n)
    const wire = Number(key & 7n)
    if (field === 0) fail('bad-file', `protobuf: field number 0 at byte ${at}`)
    if (wire === 0) yield { field, value: varint() }
    else if (wire === 1) yield { field, value: take(8) }
    else if (wire === 2) yield { field, value: take(Number(varint())) }
    else if (wire === 5) yield { field, value: take(4) }
    else fail('bad-file', `protobuf: wire type ${wire} at byte ${at}`)
  }
}

/**
 * Unpacks a packed run of varints as signed 64-bit integers.
 *
 * @throws SelmaError `bad-file` when the last number is cut short, or one is longer than ten bytes
 */
export function unpackInts(bytes: Uint8Array): bigint[] {
  const out: bigint[] = []
  let value = 0n
  let shift = 0n
  for (const byte of bytes) {
    // Without a limit, a run of continuation bytes would grow a number as long as the file.
    if (shift >= 70n) fail('bad-file', 'protobuf: a packed number is longer than ten bytes')
    value |= BigInt(byte & 0x7f) << shift
    shift += 7n
    if (byte < 0x80) {
      out.push(BigInt.asIntN(64, value))
      value = 0n
      shift = 0n
    }
  }
  if (shift !== 0n) fail('bad-file', 'protobuf: the last packed number is cut short')
  return out
}
