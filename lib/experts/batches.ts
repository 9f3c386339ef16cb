// One step's batch: which captions are left out, which pictures are flipped, the timesteps and the noise, and from
// them what the graph is fed. Everything follows from the seed and the step.
import type { Random } from '../base/random.ts'
import { type NoiseSchedule, trainingTimestep } from '../diffusion/schedulers/noise-schedule.ts'
import type { TextCondition, TextTokens } from '../diffusion/text-conditioner.ts'
import { dropoutSeeds, type Feeds, sizeOf } from '../runtime/index.ts'
import type { ResolvedTrainOptions } from './options.ts'
import type { Example } from './prepare.ts'
import { lossFeeds } from './training-loss.ts'

/** What a step is made of, before the forward process. */
export interface Drawn {
  prompts: string[]
  texts: TextCondition[]
  /** [batch, …latent], scaled as the UNet sees them. */
  latents: Float32Array
  /** With the noise offset in it. */
  noise: Float32Array
  timesteps: Float32Array
  /** [batch · 6], for Stable Diffusion XL. */
  sizes: number[]
  /** Of the dropout masks. */
  seed: number
}

type DrawOptions = Pick<ResolvedTrainOptions, 'captionDropout' | 'timestepShift' | 'noiseOffset'>

/** Draws a batch of examples of one size. */
export function drawBatch(
  examples: readonly Example[],
  latent: readonly [number, number, number],
  random: Random,
  { alphas }: NoiseSchedule,
  empty: TextCondition,
  { captionDropout, timestepShift, noiseOffset = 0 }: DrawOptions,
): Drawn {
  const size = sizeOf(latent)
  const latents = new Float32Array(examples.length * size)
  const timesteps = new Float32Array(examples.length)
  const flips = random.derive('flip')
  const texts: TextCondition[] = []
  const prompts: string[] = []
  examples.forEach(({ caption, text, latents: own, flipped }, i) => {
    latents.set(flipped && flips.chance(0.5) ? flipped : own, i * size)
    const dropped = random.chance(captionDropout)
    texts.push(dropped ? empty : text)
    prompts.push(dropped ? '' : caption)
    timesteps[i] = trainingTimestep(random, timestepShift, alphas.length)
  })
  const noise = random.normals(latents.length)
  if (noiseOffset > 0) {
    const area = latent[1] * latent[2]
    const offsets = random.derive('offset').normals(noise.length / area)
    for (let i = 0; i < noise.length; i++) noise[i] += noiseOffset * offsets[Math.floor(i / area)]
  }
  const seed = random.derive('dropout').int(0, dropoutSeeds - 1)
  return { prompts, texts, latents, noise, timesteps, sizes: examples.flatMap(({ sizes }) => sizes), seed }
}

/** Turns a prompt into each encoder's tokens, where the text encoders are trained. */
export type Tokenize = (prompt: string) => readonly TextTokens[]

/** Token ids of each encoder, and where the second one's end tokens are; see `trainedText`. */
function tokenFeeds(rows: readonly (readonly TextTokens[])[]): Feeds {
  const ids = (encoder: number): BigInt64Array =>
    BigInt64Array.from(
      rows.flatMap((row) => [...row[encoder].ids]),
      BigInt,
    )
  if (rows[0].length === 1) return { ids: ids(0) }
  const places = rows.map((row, i) => BigInt(i * row[1].ids.length + row[1].end))
  return { ids: ids(0), ids_2: ids(1), places: BigInt64Array.from(places) }
}

/** What a drawn batch's training graph is fed, in `parts` of equal size. */
export function feedsOf(
  drawn: Drawn,
  noise: NoiseSchedule,
  options: ResolvedTrainOptions,
  { tokenize, parts = 1, training = true }: { tokenize: Tokenize; parts?: number; training?: boolean },
): Feeds[] {
  const { prompts, texts, latents, noise: added, timesteps, sizes, seed } = drawn
  const rows = timesteps.length / parts
  const sample = noise.addNoise(latents, added, timesteps)
  const target = noise.target(latents, added, timesteps)
  const size = latents.length / timesteps.length
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [part * rows, (part + 1) * rows]
    const times = timesteps.slice(from, to)
    const joined = (arrays: Float32Array[]): Float32Array => {
      const out = new Float32Array(arrays.length * arrays[0].length)
      arrays.forEach((array, i) => {
        out.set(array, i * array.length)
      })
      return out
    }
    const own = texts.slice(from, to)
    const feeds: Feeds = {
      timesteps: times,
      sample: sample.slice(from * size, to * size),
      target: target.slice(from * size, to * size),
      ...lossFeeds(noise, times, options),
    }
    if (options.trainTextEncoder) Object.assign(feeds, tokenFeeds(prompts.slice(from, to).map(tokenize)))
    else {
      feeds.text = joined(own.map(({ states }) => states))
      if (own[0].pooled) feeds.pooled = joined(own.map(({ pooled }) => pooled!))
    }
    if (own[0].pooled) feeds.sizes = Float32Array.from(sizes.slice(from * 6, to * 6))
    if (training && (options.loraDropout ?? 0) > 0)
      feeds.dropout_seed = BigInt64Array.of(BigInt((seed + part) % dropoutSeeds))
    return feeds
  })
}
