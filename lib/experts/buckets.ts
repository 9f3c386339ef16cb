// Shapes of pictures: which bucket a picture goes to, how it is brought to that shape, and in which order buckets are
// visited. Another shape is another graph, and only one is loaded at a time, so a bucket is visited for a run of steps.
// Source of the choice: diffusers 0.42, training_utils.py (`find_nearest_bucket`).
import sharp from 'sharp'
import type { Random } from '../base/random.ts'
import type { Picture } from '../formats/picture.ts'

/** [height, width] in pixels. */
export type Size = readonly [number, number]

/** Index of the bucket whose shape is nearest: |h · bucket width − w · bucket height| is least; of equals the last. */
export function nearestBucket([height, width]: Size, buckets: readonly Size[]): number {
  let best = 0
  let least = Number.POSITIVE_INFINITY
  for (const [i, [h, w]] of buckets.entries()) {
    const distance = Math.abs(height * w - width * h)
    if (distance <= least) [best, least] = [i, distance]
  }
  return best
}

/** A picture in a bucket's size, and the top and left of what was cut, in pixels of the scaled picture. */
export interface Fitted {
  picture: Picture
  crop: Size
}

/** Scales a picture until it covers `size`, and cuts its middle out. */
export async function fitPicture(picture: Picture, [height, width]: Size): Promise<Fitted> {
  if (picture.height === height && picture.width === width) return { picture, crop: [0, 0] }
  const factor = Math.max(height / picture.height, width / picture.width)
  const scaled = [picture.height, picture.width].map((length) => Math.round(length * factor))
  const [top, left] = [Math.floor((scaled[0] - height) / 2), Math.floor((scaled[1] - width) / 2)]
  const raw = { width: picture.width, height: picture.height, channels: 3 as const }
  const { data } = await sharp(picture.data, { raw })
    .resize({ width: scaled[1], height: scaled[0], fit: 'fill', kernel: 'lanczos3' })
    .extract({ left, top, width, height })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { picture: { width, height, data: new Uint8Array(data) }, crop: [top, left] }
}

/** The mirror image. */
export function mirrored({ width, height, data }: Picture): Picture {
  const out = new Uint8Array(data.length)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) out[(y * width + x) * 3 + c] = data[(y * width + width - 1 - x) * 3 + c]
  return { width, height, data: out }
}

/** Whether a caption would be wrong of the mirror image: it says left or right, whatever it means by it. */
export const saysSide = (caption: string): boolean => /\b(left|right)/i.test(caption)

/** The examples of a step; all of one bucket. */
export interface StepPlan {
  bucket: number
  indices: number[]
}

/** Steps that a visit to a bucket takes on average, so that exchanging graphs does not cost more than training. */
const RUN = 50

/** The examples at places of an endless sequence: epoch after epoch in shuffled order. */
function examplesAt(places: readonly number[], members: readonly number[], random: Random): number[] {
  const orders = new Map<number, number[]>()
  return places.map((place) => {
    const epoch = Math.floor(place / members.length)
    const order = orders.get(epoch) ?? random.derive('epoch', epoch).shuffle(members)
    orders.set(epoch, order)
    return order[place % members.length]
  })
}

/**
 * What each step trains on; follows from the random stream and the step alone. With several buckets, whole numbers of
 * epochs make a cycle, in which each bucket is visited once, for steps in proportion to its pictures, in shuffled order.
 *
 * @param buckets the indices of each bucket's examples; none is empty
 */
export function planSteps(
  buckets: readonly (readonly number[])[],
  batch: number,
  random: Random,
): (step: number) => StepPlan {
  const places = (from: number): number[] => Array.from({ length: batch }, (_, i) => from + i)
  if (buckets.length === 1)
    return (step) => ({ bucket: 0, indices: examplesAt(places(step * batch), buckets[0], random) })
  const total = buckets.reduce((sum, members) => sum + members.length, 0)
  const epochs = Math.max(1, Math.ceil((RUN * buckets.length * batch) / total))
  const visits = buckets.map((members) => Math.max(1, Math.round((epochs * members.length) / batch)))
  const cycle = visits.reduce((sum, steps) => sum + steps, 0)
  return (step) => {
    const turn = Math.floor(step / cycle)
    let left = step % cycle
    for (const bucket of random.derive('cycle', turn).shuffle(buckets.map((_, i) => i))) {
      if (left < visits[bucket]) {
        const from = (turn * visits[bucket] + left) * batch
        const stream = random.derive('bucket', bucket)
        return { bucket, indices: examplesAt(places(from), buckets[bucket], stream) }
      }
      left -= visits[bucket]
    }
    throw new Error(`step ${step} is in no visit of its cycle`)
  }
}
