// Pictures to and from PNG bytes, through sharp. Reads whatever sharp reads (JPEG, WebP, …); writes only PNG,
// lossless, with optional text entries. Not a drawing tool: contact-sheet.ts puts pictures side by side.
import { readFile } from 'node:fs/promises'
import sharp from 'sharp'
import { fail, SelmaError } from '../base/errors.ts'
import { fileError } from '../base/files.ts'
import type { Picture } from './picture.ts'
import { withPngText } from './png-text.ts'

/**
 * Encodes a picture as an 8-bit RGB PNG. Same picture and text, same bytes.
 *
 * @param options.text entries kept in the file (`iTXt`), e.g. prompt and seed; keys of 1–79 Latin-1 characters
 * @throws SelmaError `bad-input` when size and data do not fit, or for a bad key
 */
export async function encodePng(
  picture: Picture,
  options: { text?: Record<string, string> } = {},
): Promise<Uint8Array> {
  const { width, height, data } = picture
  if (
    !(Number.isInteger(width) && Number.isInteger(height) && width > 0 && height > 0) ||
    data.length !== width * height * 3
  )
    fail(
      'bad-input',
      `a picture of ${width}×${height} needs ${width * height * 3} bytes of RGB but has ${data.length}`,
    )
  const png = await sharp(data, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer()
  return withPngText(new Uint8Array(png), options.text ?? {})
}

/**
 * Decodes a picture to 8-bit RGB: transparency is laid on white, grey is expanded, 16 bits are reduced,
 * and a photo's EXIF rotation is applied.
 *
 * @param source bytes, or the path of a file
 * @throws SelmaError `bad-file` naming the file; `not-found` or `io` if it cannot be read
 */
export async function decodePng(source: Uint8Array | string): Promise<Picture> {
  const named = typeof source === 'string' ? source : 'the picture'
  const bytes =
    typeof source === 'string'
      ? await readFile(source).catch((error) => {
          throw fileError(error, 'read', source)
        })
      : source
  try {
    const { data, info } = await sharp(bytes, { failOn: 'truncated' })
      .rotate()
      .flatten({ background: '#ffffff' })
      .toColourspace('srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return { width: info.width, height: info.height, data: expand(data, info.channels) }
  } catch (cause) {
    throw new SelmaError(
      'bad-file',
      `${named} is not a picture that can be read: ${(cause as Error).message}`,
      {
        hint: 'PNG, JPEG, WebP, GIF, TIFF and AVIF are read; the file may be cut short',
        cause,
      },
    )
  }
}

/** Grey to RGB; RGB as it is, in an array of its own. */
function expand(data: Uint8Array, channels: number): Uint8Array {
  if (channels === 3) return Uint8Array.from(data)
  const pixels = data.length / channels
  const out = new Uint8Array(pixels * 3)
  for (let i = 0; i < pixels; i++) out.fill(data[i * channels], i * 3, i * 3 + 3)
  return out
}
