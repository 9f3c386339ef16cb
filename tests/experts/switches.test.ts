// Switches of the train stage that no recording shows: buckets, flips, noise offset, early stopping, records, resuming
// with an optimiser of more states.
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { ImageFolderWriter } from '../../lib/data/imagefolder-writer.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import { NoiseSchedule, schedulerConfig } from '../../lib/diffusion/schedulers/noise-schedule.ts'
import { drawBatch } from '../../lib/experts/batches.ts'
import { fitPicture, mirrored, nearestBucket, planSteps, saysSide } from '../../lib/experts/buckets.ts'
import { replayTraining, type TrainSettings, trainStage } from '../../lib/experts/index.ts'
import { prepare } from '../../lib/experts/prepare.ts'
import { huberBend, minSnrWeight } from '../../lib/experts/training-loss.ts'
import { loadLora } from '../../lib/formats/lora-files.ts'
import type { Picture } from '../../lib/formats/picture.ts'
import { encodePng } from '../../lib/formats/png.ts'
import { start } from '../../lib/jobs/index.ts'
import { atStep, eventOf, killProcessOf, newRoot, rejection, removeRoots } from '../jobs/support/help.ts'
import { goldenPath, relativeError } from '../support/golden.ts'
import { folderForFile } from '../support/tiny-pipeline.ts'

const home = await folderForFile()
const model = goldenPath('tiny-sd15')
const [square, mixed] = ['square', 'mixed'].map((name) => join(home, name))

function noisy(width: number, height: number, seed: number): Picture {
  const random = new Random(seed)
  return { width, height, data: Uint8Array.from({ length: width * height * 3 }, () => random.int(0, 255)) }
}

async function write(dir: string, sizes: readonly (readonly [number, number])[]): Promise<void> {
  const writer = await ImageFolderWriter.open(dir)
  for (const [i, [height, width]] of sizes.entries())
    await writer.add(await encodePng(noisy(width, height, i)), {
      file_name: `${i}.png`,
      text: `a red square ${i}`,
    })
  await writer.finish()
}

beforeAll(async () => {
  await write(square, [
    [64, 64],
    [64, 64],
    [64, 64],
  ])
  await write(mixed, [
    [64, 64],
    [128, 64],
    [120, 66],
    [70, 72],
    [130, 60],
    [64, 64],
    [64, 64],
  ])
})
afterAll(removeRoots)

const train = { rank: 2, steps: 4, batch: 2, warmup: 0, learningRate: 1e-2, schedule: 'constant' } as const
const withTrain = (change: TrainSettings['train'], rest: Partial<TrainSettings> = {}): TrainSettings => ({
  model,
  data: square,
  ...rest,
  train: { ...train, ...change },
})
async function trained(settings: TrainSettings) {
  const job = await start(trainStage, settings, { root: await newRoot(), inline: true })
  const result = await job.result()
  return {
    job,
    result,
    bytes: await readFile(join(job.dir, result.lora, 'pytorch_lora_weights.safetensors')),
  }
}

describe('buckets', () => {
  it('are chosen by shape', () => {
    const sizes = [
      [64, 64],
      [128, 64],
      [64, 128],
    ] as const
    expect(
      [
        [70, 72],
        [300, 150],
        [100, 400],
        [64, 100],
      ].map((size) => nearestBucket(size as never, sizes)),
    ).toEqual([0, 1, 2, 2])
  })

  it('show the middle of a scaled picture', async () => {
    const { picture, crop } = await fitPicture(noisy(60, 130, 1), [128, 64])
    expect([picture.width, picture.height, picture.data.length, crop]).toEqual([
      64,
      128,
      64 * 128 * 3,
      [5, 0],
    ])
    const same = noisy(64, 64, 2)
    expect((await fitPicture(same, [64, 64])).picture).toBe(same)
  })

  it('are visited in runs, each picture as often as the others', () => {
    const buckets = [
      [0, 1, 2, 3, 4, 5],
      [6, 7],
      [8, 9, 10, 11],
    ]
    const plan = planSteps(buckets, 2, new Random(3))
    const seen = new Array<number>(12).fill(0)
    let exchanges = 0
    const steps = Array.from({ length: 600 }, (_, step) => plan(step))
    steps.forEach(({ bucket, indices }, i) => {
      expect(indices.every((index) => buckets[bucket].includes(index))).toBe(true)
      for (const index of indices) seen[index]++
      if (i > 0 && steps[i - 1].bucket !== bucket) exchanges++
    })
    expect(exchanges).toBeLessThan(20)
    expect(exchanges).toBeGreaterThan(5)
    expect(Math.max(...seen) - Math.min(...seen)).toBeLessThanOrEqual(2)
    expect(plan(345)).toEqual(steps[345])
  })

  it('train, validate and resume to the same bytes', { timeout: 300_000 }, async () => {
    const aspectRatioBuckets: [[number, number], ...[number, number][]] = [
      [64, 64],
      [128, 64],
      [64, 128],
    ]
    const settings = withTrain(
      {
        aspectRatioBuckets,
        steps: 120,
        batch: 1,
        checkpointEvery: 20,
        validateEvery: 60,
        optimizer: 'prodigy',
      },
      { data: mixed, validation: mixed },
    )
    const whole = await trained(settings)
    expect(whole.result.validation).toHaveLength(2)
    expect(whole.result.losses.every(Number.isFinite)).toBe(true)
    const root = await newRoot()
    const killed = await start(trainStage, settings, { root, atOnce: 0 })
    await eventOf(killed, atStep(70))
    await killProcessOf(killed)
    await rejection(killed.result())
    const resumed = await start(trainStage, settings, { root, inline: true })
    expect(await resumed.result()).toEqual(whole.result)
    const bytes = await readFile(join(resumed.dir, 'lora', 'pytorch_lora_weights.safetensors'))
    expect(bytes.equals(whole.bytes)).toBe(true)
  })

  it('of a size that the model cannot halve are refused', async () => {
    const error = await rejection(trained(withTrain({ aspectRatioBuckets: [[64, 72]] })))
    expect(error).toMatchObject({ code: 'bad-input', hint: expect.stringContaining('multiples of 64') })
  })
})

describe('flips', () => {
  it('mirror, and spare captions that say left or right', () => {
    const picture = noisy(5, 3, 1)
    expect(mirrored(mirrored(picture))).toEqual(picture)
    expect([...mirrored(picture).data.slice(0, 3)]).toEqual([...picture.data.slice(12, 15)])
    const sided = ['a ring left of a square', 'Right: a cross', 'the rightmost ring', 'left-handed']
    expect(sided.every(saysSide)).toBe(true)
    expect(['a bright ring', 'two squares', 'copyright', 'cleft'].some(saysSide)).toBe(false)
  })

  it('change a run, but not one whose captions all say a side', async () => {
    const losses = async (data: string, randomFlip: boolean) =>
      (await trained(withTrain({ randomFlip, steps: 3, captionDropout: 1 }, { data }))).result.losses
    expect(await losses(square, true)).not.toEqual(await losses(square, false))
    const sided = join(home, 'sided')
    const writer = await ImageFolderWriter.open(sided)
    for (const i of [0, 1, 2])
      await writer.add(await readFile(join(square, `${i}.png`)), { file_name: `${i}.png`, text: 'left of' })
    await writer.finish()
    expect(await losses(sided, true)).toEqual(await losses(sided, false))
  })
})

describe('noise and weights', () => {
  const config = { beta_start: 0.00085, beta_end: 0.012, beta_schedule: 'scaled_linear' }
  const schedule = new NoiseSchedule(schedulerConfig.parse(config))

  it('offset the noise by one number a channel', () => {
    const text = { states: new Float32Array(4) }
    const example = { caption: '', text, latents: new Float32Array(4 * 6), sizes: [] }
    const draw = (noiseOffset?: number) =>
      drawBatch([example, example], [4, 2, 3], new Random(1), schedule, text, {
        captionDropout: 0,
        timestepShift: 1,
        noiseOffset,
      })
    const [plain, offset] = [draw(), draw(0.1)]
    expect(offset.timesteps).toEqual(plain.timesteps)
    const added = Array.from(offset.noise, (value, i) => value - plain.noise[i])
    const channels = Array.from({ length: 8 }, (_, c) => added.slice(c * 6, c * 6 + 6))
    for (const channel of channels) expect(Math.max(...channel) - Math.min(...channel)).toBeLessThan(1e-6)
    expect(new Set(channels.map(([value]) => value.toFixed(6))).size).toBe(8)
    expect(Math.max(...added.map(Math.abs))).toBeLessThan(0.5)
  })

  it('weigh an example that is nothing but noise by the limit', () => {
    const zero = new NoiseSchedule(schedulerConfig.parse({ ...config, rescale_betas_zero_snr: true }))
    expect(minSnrWeight(zero, 999, 5)).toBe(1)
    expect(minSnrWeight(schedule, 0, 5)).toBeLessThan(0.01)
    expect(huberBend(zero, 999, {})).toBeCloseTo(0.1, 9)
  })
})

describe('early stopping', () => {
  it('keeps the best weights, and needs validation pictures', async () => {
    const options = { steps: 40, validateEvery: 2, earlyStoppingPatience: 2, learningRate: 0.3 }
    const { result, bytes } = await trained(withTrain(options, { validation: square }))
    const { best, validation, steps } = result
    expect(best!.loss).toBe(Math.min(...validation.map(({ loss }) => loss)))
    expect(steps).toBe(best!.step + 4)
    expect(steps).toBeLessThan(40)
    const upTo = await trained(withTrain({ ...options, earlyStoppingPatience: undefined, steps: best!.step }))
    const [stopped, direct] = await Promise.all(
      [bytes, upTo.bytes].map(async (data, i) => {
        const dir = join(home, `best-${i}`)
        await cp(goldenPath('lora-initial'), dir, { recursive: true })
        await writeFile(join(dir, 'pytorch_lora_weights.safetensors'), data)
        return (await loadLora(dir)).layers
      }),
    )
    for (const [name, { up }] of stopped) expect(up.data).toEqual(direct.get(name)!.up.data)
    const root = await newRoot()
    const error = await rejection(start(trainStage, withTrain(options), { root, inline: true }))
    expect(error.message).toContain('without validation pictures')
    expect(await readdir(root)).toEqual([])
  })
})

describe('records', () => {
  it('replay to the same losses and weights, whatever was switched on', { timeout: 120_000 }, async () => {
    const options = {
      useDora: true,
      loraDropout: 0.3,
      gradientAccumulationSteps: 2,
      schedule: 'cosine',
    } as const
    const more = { snrGamma: 5, lossType: 'huber', useEma: true, noiseOffset: 0.1, randomFlip: true } as const
    const { job, result } = await trained({ ...withTrain({ ...options, ...more, steps: 5 }), record: true })
    const out = join(home, 'replayed')
    const { losses } = await replayTraining({ model, replay: join(job.dir, result.recording!), out })
    expect(losses).toEqual(result.losses)
    const [theirs, ours] = [await loadLora(join(job.dir, 'lora')), await loadLora(out)]
    expect([...ours.layers.keys()].sort()).toEqual([...theirs.layers.keys()].sort())
    for (const [name, { up, magnitude }] of ours.layers) {
      expect(relativeError(up.data, theirs.layers.get(name)!.up.data), name).toBeLessThan(1e-6)
      expect(magnitude).toEqual(theirs.layers.get(name)!.magnitude)
    }
  })
})

describe('what cannot be recorded', () => {
  it('is refused without a job: a run with buckets', async () => {
    const root = await newRoot()
    const settings = { ...withTrain({ aspectRatioBuckets: [[64, 64]] }), record: true }
    const error = await rejection(start(trainStage, settings, { root, inline: true }))
    expect(error.message).toContain('a run with aspectRatioBuckets is not recorded')
    expect(await readdir(root)).toEqual([])
  })

  it('is refused before training: more than a file holds', async () => {
    const root = await newRoot()
    const settings = { ...withTrain({ steps: 10 ** 9 }), record: true }
    const job = await start(trainStage, settings, { root, inline: true })
    expect((await rejection(job.result())).message).toContain('a recording of 1000000000 steps')
    expect(await readFile(join(job.dir, 'events.jsonl'), 'utf8')).not.toContain('"progress"')
  })
})

it('one text stands for all where text encoders are trained: they are fed tokens', async () => {
  const pipeline = await TextToImagePipeline.load(model)
  const job = { progress: () => {}, turn: async () => 'continue' as const, throwIfStopped: () => {} }
  const texts = async (trainTextEncoder: boolean) =>
    new Set((await prepare(pipeline, [square], { trainTextEncoder }, job)).examples.map(({ text }) => text))
      .size
  expect([await texts(true), await texts(false)]).toEqual([1, 3])
  await pipeline.release()
})
