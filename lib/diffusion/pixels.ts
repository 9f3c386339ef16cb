// Between 8-bit pictures [H, W, 3] and model pixels [3, H, W] in [-1, 1].
import type { Picture } from '../formats/picture.ts'

/** Writes a picture into a batch at place `index`. */
export function toPixels(picture: Picture, batch: Float32Array, index: number): void {
  const area = picture.width * picture.height
  const start = index * area * 3
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) batch[start + c * area + i] = picture.data[i * 3 + c] / 127.5 - 1
  }
}

/** Reads picture `index` out of a batch, clamped and rounded as diffusers' image processor does. */
export function fromPixels(batch: Float32Array, index: number, width: number, height: number): Picture {
  const area = width * height
  const start = index * area * 3
  const data = new Uint8Array(area * 3)
  for (let i = 0; i < area; i++) {
    for (let c = 0; c < 3; c++) {
      const value = batch[start + c * area + i] / 2 + 0.5
      data[i * 3 + c] = Math.round(Math.min(1, Math.max(0, value)) * 255)
    }
  }
  return { width, height, data }
}
