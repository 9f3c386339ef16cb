// Text entries of a PNG file: international text chunks (iTXt, uncompressed UTF-8) put in and read out.
// Not a PNG decoder; pixels are sharp's business. Format: PNG specification, third edition, 11.3.3.
import { crc32 } from 'node:zlib'
import { fail } from '../base/errors.ts'

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)
/** Signature and the header chunk, which must come first. */
const afterHeader = 8 + 25

function chunk(type: string, body: Uint8Array): Uint8Array {
  const out = Buffer.alloc(12 + body.length)
  out.writeUInt32BE(body.length, 0)
  out.write(type, 4, 'latin1')
  out.set(body, 8)
  out.writeUInt32BE(crc32(out.subarray(4, 8 + body.length)), 8 + body.length)
  return out
}

/**
 * The PNG with text entries added.
 *
 * @throws SelmaError `bad-input` for a key that PNG does not allow
 */
export function withPngText(png: Uint8Array, text: Record<string, string>): Uint8Array {
  const chunks = Object.entries(text).map(([key, value]) => {
    if (!/^[!-~¡-ÿ](?:[ -~¡-ÿ]{0,77}[!-~¡-ÿ])?$/.test(key) || key.includes('  '))
      fail(
        'bad-input',
        `${JSON.stringify(key)} cannot be the key of a PNG text`,
        'use 1 to 79 plain characters',
      )
    // key, 0, not compressed (0, 0), no language (0), no translated key (0), text
    return chunk(
      'iTXt',
      Buffer.concat([Buffer.from(key, 'latin1'), Buffer.alloc(5), Buffer.from(value, 'utf8')]),
    )
  })
  return new Uint8Array(Buffer.concat([png.subarray(0, afterHeader), ...chunks, png.subarray(afterHeader)]))
}

/** The uncompressed text entries (tEXt and iTXt) of a PNG; empty for anything that is not a PNG. */
export function readPngText(png: Uint8Array): Record<string, string> {
  const bytes = Buffer.from(png.buffer, png.byteOffset, png.byteLength)
  const text: [string, string][] = []
  if (!bytes.subarray(0, 8).equals(signature)) return {}
  for (let at = 8; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    const type = bytes.toString('latin1', at + 4, at + 8)
    const body = bytes.subarray(at + 8, at + 8 + length)
    const end = body.indexOf(0)
    if (end > 0) {
      const key = body.toString('latin1', 0, end)
      if (type === 'tEXt') text.push([key, body.toString('latin1', end + 1)])
      else if (type === 'iTXt' && body[end + 1] === 0) {
        const language = body.indexOf(0, end + 3)
        const translated = language < 0 ? -1 : body.indexOf(0, language + 1)
        if (translated >= 0) text.push([key, body.toString('utf8', translated + 1)])
      }
    }
    at += 12 + length
  }
  return Object.fromEntries(text)
}
