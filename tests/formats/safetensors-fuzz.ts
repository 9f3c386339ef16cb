// Damages valid safetensors files in random places; what the reader makes of it must stay sane.
import { SelmaError } from '../../lib/base/errors.ts'
import { Random } from '../../lib/base/random.ts'
import { decodeSafetensors, encodeSafetensors } from '../../lib/formats/safetensors.ts'

/** A file from a header's text (or bytes) and so many zero bytes of data. */
export function fileOf(header: string | Uint8Array, dataLength: number): Uint8Array {
  const json = Buffer.from(header)
  const out = new Uint8Array(8 + json.length + dataLength)
  new DataView(out.buffer).setBigUint64(0, BigInt(json.length), true)
  out.set(json, 8)
  return out
}

const pieces = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '0',
  '9',
  '-',
  '1e9',
  '99999999999999999999',
  'null',
  '\\u0000',
  'F32',
  '"a":',
]

/** The file with its header, length or end damaged in one random way. */
export function damage(source: Uint8Array, random: Random): Uint8Array {
  const length = Number(new DataView(source.buffer).getBigUint64(0, true))
  const header = Buffer.from(source.subarray(8, 8 + length))
  const at = random.int(0, header.length - 1)
  const data = source.length - 8 - length
  switch (random.int(0, 6)) {
    case 0: // one byte changed
      header[at] = random.int(0, 255)
      return fileOf(header, data)
    case 1: // a piece of JSON put in
      return fileOf(
        Buffer.concat([header.subarray(0, at), Buffer.from(random.pick(pieces)), header.subarray(at)]),
        data,
      )
    case 2: // a stretch cut out
      return fileOf(Buffer.concat([header.subarray(0, at), header.subarray(at + random.int(1, 8))]), data)
    case 3: // a digit changed, which keeps the JSON valid
      return fileOf(
        header.toString().replace(/\d/g, (d) => (random.chance(0.05) ? String(random.int(0, 9)) : d)),
        data,
      )
    case 4: // the file cut short or lengthened
      return fileOf(header, Math.max(0, data + random.int(-20, 20)))
    case 5: {
      // the length field damaged
      const out = source.slice()
      out[random.int(0, 7)] = random.int(0, 255)
      return out
    }
    default: // cut anywhere
      return source.slice(0, random.int(0, source.length - 1))
  }
}

/**
 * Reads `count` damaged files. Anything but a `bad-file` error or a result whose tensors fit their
 * shapes is thrown on, with the file as hex.
 */
export function mutateHeaders(count: number, seed: number): { refused: number; accepted: number } {
  const random = new Random(seed)
  let refused = 0
  for (let i = 0; i < count; i++) {
    const source = encodeSafetensors(
      {
        a: { dtype: 'F32', shape: [2, 3], data: new Float32Array(6) },
        'unet.b': { dtype: 'F16', shape: [4], data: new Uint16Array(4) },
        c: { dtype: 'U8', shape: [0], data: new Uint8Array(0) },
      },
      random.chance(0.5) ? { format: 'pt', note: 'é"' } : undefined,
    )
    const bytes = damage(source, random)
    try {
      for (const { shape, data } of decodeSafetensors(bytes).tensors.values())
        if (shape.reduce((n, d) => n * d, 1) !== data.length) throw new Error('shape and data differ')
    } catch (error) {
      if (!(error instanceof SelmaError) || error.code !== 'bad-file')
        throw new Error(`file ${i}: ${Buffer.from(bytes).toString('hex')}`, { cause: error })
      refused++
    }
  }
  return { refused, accepted: count - refused }
}
