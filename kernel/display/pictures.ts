// Bytes that are a picture, told by their first ones. Not a decoder: the front end draws them.
import type { MimeBundle } from '../outputs.ts'
import { bytes } from './text.ts'

const signatures: [mime: string, name: string, magic: number[], offset: number][] = [
  ['image/png', 'PNG', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], 0],
  ['image/jpeg', 'JPEG', [0xff, 0xd8, 0xff], 0],
  ['image/gif', 'GIF', [0x47, 0x49, 0x46, 0x38], 0],
  ['image/webp', 'WebP', [0x57, 0x45, 0x42, 0x50], 8],
]

/** The bundle of PNG, JPEG, GIF or WebP bytes; undefined for others. */
export function picture(value: unknown): MimeBundle | undefined {
  if (!(value instanceof Uint8Array)) return undefined
  const found = signatures.find(([, , magic, offset]) =>
    magic.every((byte, at) => value[offset + at] === byte),
  )
  if (!found) return undefined
  const [mime, name] = found
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength)
  const size = name === 'PNG' && value.length >= 24 ? ` ${view.getUint32(16)}×${view.getUint32(20)},` : ''
  return { [mime]: value, 'text/plain': `${name} picture,${size} ${bytes(value.length)}` }
}

/** The picture in a Blob that says it is one, as `fetch` gives them. */
export function blobPicture(value: unknown): Promise<MimeBundle> | undefined {
  if (!(value instanceof Blob) || !value.type.startsWith('image/')) return undefined
  return value.arrayBuffer().then((buffer) => {
    const { type, size } = value
    return picture(new Uint8Array(buffer)) ?? { 'text/plain': `Blob of ${type}, ${bytes(size)}` }
  })
}
