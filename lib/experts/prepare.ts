// A dataset made ready for training: latents and text states of every example, in memory, by bucket.
import { join } from 'node:path'
import { fail } from '../base/errors.ts'
import { readImageFolder } from '../data/imagefolder.ts'
import type { TextToImagePipeline } from '../diffusion/pipeline.ts'
import type { TextCondition } from '../diffusion/text-conditioner.ts'
import type { Picture } from '../formats/picture.ts'
import { decodePng } from '../formats/png.ts'
import type { JobContext } from '../jobs/index.ts'
import { fitPicture, mirrored, nearestBucket, type Size, saysSide } from './buckets.ts'
import type { ResolvedTrainOptions } from './options.ts'

/** One picture with its caption. */
export interface Example {
  caption: string
  /** The empty caption's where text encoders are trained. */
  text: TextCondition
  latents: Float32Array
  /** Latents of the mirror image, where pictures may be flipped and the caption allows it. */
  flipped?: Float32Array
  /** Original height and width, crop's top and left, target height and width: what Stable Diffusion XL is told. */
  sizes: number[]
}

/** Examples of one size. */
export interface Bucket {
  /** In pixels. */
  size: Size
  /** [channels, height, width] */
  latent: [number, number, number]
  /** Indices of its examples. */
  members: number[]
}

export interface Prepared {
  examples: Example[]
  /** None is empty. */
  buckets: Bucket[]
}

type Options = Pick<ResolvedTrainOptions, 'aspectRatioBuckets' | 'randomFlip' | 'trainTextEncoder'>

function ownSize(pipeline: TextToImagePipeline): Size {
  const [, height, width] = pipeline.latentShape
  return [height * pipeline.scale, width * pipeline.scale]
}

async function readPicture(path: string, wanted: Size | undefined): Promise<Picture> {
  const picture = await decodePng(path)
  if (!wanted || (picture.height === wanted[0] && picture.width === wanted[1])) return picture
  const [height, width] = wanted
  return fail(
    'mismatch',
    `${path} is ${picture.width}×${picture.height} pixels, the model draws ${width}×${height}`,
    `scale or crop the pictures to ${width}×${height}, or give aspectRatioBuckets`,
  )
}

function checkBuckets(buckets: readonly Size[], pipeline: TextToImagePipeline): void {
  const { block_out_channels: levels } = pipeline.checkpoint.unet.config
  const unit = pipeline.scale * 2 ** (levels.length - 1)
  const wrong = buckets.find(([height, width]) => height % unit || width % unit)
  if (wrong)
    fail('bad-input', `a bucket of ${wrong[1]}×${wrong[0]} pixels`, `this model takes multiples of ${unit}`)
}

/** Pictures encoded at once. */
const CHUNK = 64

/**
 * Reads folders of pictures and captions, and encodes them.
 *
 * @throws SelmaError `mismatch` naming a picture of another size than the model's, where there are no buckets
 */
export async function prepare(
  pipeline: TextToImagePipeline,
  folders: readonly string[],
  { aspectRatioBuckets, randomFlip = false, trainTextEncoder = false }: Options,
  job: Pick<JobContext, 'progress' | 'turn' | 'throwIfStopped'>,
): Promise<Prepared> {
  const sizes = aspectRatioBuckets ?? [ownSize(pipeline)]
  checkBuckets(sizes, pipeline)
  const parts: { path: string; caption: string }[] = []
  for (const folder of folders) {
    const { dir, records } = await readImageFolder(folder)
    parts.push(...records.map((record) => ({ path: join(dir, record.file_name), caption: record.text })))
  }
  // Text encoders that are trained are fed tokens, and only the shape of states is needed.
  const texts = trainTextEncoder
    ? (await pipeline.encodeConditions([''])).flatMap((text) => parts.map(() => text))
    : await pipeline.encodeConditions(parts.map(({ caption }) => caption))
  const examples: Example[] = []
  const members: number[][] = sizes.map(() => [])
  const encode = async (pictures: Picture[], [height, width]: Size): Promise<Float32Array[]> => {
    if (pictures.length === 0) return []
    const all = await pipeline.encode(pictures, { height, width })
    const size = all.length / pictures.length
    return pictures.map((_, i) => all.slice(i * size, (i + 1) * size))
  }
  for (let start = 0; start < parts.length; start += CHUNK) {
    const chunk = parts.slice(start, start + CHUNK)
    const wanted = aspectRatioBuckets ? undefined : sizes[0]
    const pictures = await Promise.all(chunk.map(({ path }) => readPicture(path, wanted)))
    const chosen = pictures.map(({ height, width }) => nearestBucket([height, width], sizes))
    for (const [bucket, size] of sizes.entries()) {
      const own = chosen.flatMap((found, i) => (found === bucket ? [i] : []))
      const fitted = await Promise.all(own.map((i) => fitPicture(pictures[i], size)))
      const latents = await encode(
        fitted.map(({ picture }) => picture),
        size,
      )
      const turned = own.flatMap((i, at) => (randomFlip && !saysSide(chunk[i].caption) ? [at] : []))
      const mirrors = await encode(
        turned.map((at) => mirrored(fitted[at].picture)),
        size,
      )
      for (const [at, i] of own.entries()) {
        const { height, width } = pictures[i]
        const index = start + i
        examples[index] = {
          caption: chunk[i].caption,
          text: texts[index],
          latents: latents[at],
          flipped: turned.includes(at) ? mirrors[turned.indexOf(at)] : undefined,
          sizes: [height, width, ...fitted[at].crop, ...size],
        }
        members[bucket].push(index)
      }
    }
    job.progress(start + chunk.length, parts.length, { unit: 'pictures', note: 'encoding' })
    await job.turn()
    job.throwIfStopped()
  }
  const [channels] = pipeline.latentShape
  const buckets = sizes.map(([height, width], i): Bucket => {
    const latent: Bucket['latent'] = [channels, height / pipeline.scale, width / pipeline.scale]
    return { size: [height, width], latent, members: members[i] }
  })
  return { examples, buckets: buckets.filter((bucket) => bucket.members.length > 0) }
}
