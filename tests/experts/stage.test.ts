// Training one expert, as a job, on the golden tiny model: what comes out, what follows from the
// settings, what is refused, and that stops and kills change no byte.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readJson } from '../../lib/base/files.ts'
import { Random } from '../../lib/base/random.ts'
import { ImageFolderWriter } from '../../lib/data/imagefolder-writer.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import { type TrainSettings, trainOptions, trainStage } from '../../lib/experts/index.ts'
import { loraScale } from '../../lib/formats/lora.ts'
import { loadLora } from '../../lib/formats/lora-files.ts'
import { blankPicture } from '../../lib/formats/picture.ts'
import { encodePng } from '../../lib/formats/png.ts'
import { createJob, describeJob, run, start } from '../../lib/jobs/index.ts'
import { layout, parseCaption, render } from '../../lib/shapes/index.ts'
import { atStep, eventOf, killProcessOf, newRoot, rejection, removeRoots } from '../jobs/support/help.ts'
import { goldenPath } from '../support/golden.ts'
import { folderForFile, writeTinyPipeline } from '../support/tiny-pipeline.ts'

const home = await folderForFile()
const model = join(home, 'tiny')
const [red, blue, wrong] = ['red', 'blue', 'wrong'].map((name) => join(home, name))

async function writeData(dir: string, captions: readonly string[]): Promise<void> {
  const writer = await ImageFolderWriter.open(dir)
  for (const [i, text] of captions.entries()) {
    const picture = render(layout(parseCaption(text), new Random(i)))
    await writer.add(await encodePng(picture), { file_name: `${i}.png`, text })
  }
  await writer.finish()
}

beforeAll(async () => {
  await writeTinyPipeline(model)
  await writeData(red, ['a red square', 'two red squares', 'a red ring', 'three red crosses', 'a red cross'])
  await writeData(blue, ['a blue square', 'two blue rings'])
  const writer = await ImageFolderWriter.open(wrong)
  await writer.add(await encodePng(blankPicture(64, 64)), { file_name: 'right.png', text: 'a red square' })
  await writer.add(await encodePng(blankPicture(48, 32)), { file_name: 'small.png', text: 'a red square' })
  await writer.finish()
})
afterAll(removeRoots)

const train = { rank: 2, steps: 4, batch: 2, warmup: 0, learningRate: 1e-2, schedule: 'constant' } as const
const base: TrainSettings = { model, data: red, train }
const withTrain = (change: TrainSettings['train'], rest: Partial<TrainSettings> = {}): TrainSettings => ({
  ...base,
  ...rest,
  train: { ...train, ...change },
})

async function trained(settings: TrainSettings) {
  const root = await newRoot()
  const job = await start(trainStage, settings, { root, inline: true })
  const result = await job.result()
  const folder = join(job.dir, result.lora)
  const bytes = await readFile(join(folder, 'pytorch_lora_weights.safetensors'))
  return { root, job, result, folder, bytes }
}
const failure = async (settings: TrainSettings) =>
  rejection(run(trainStage, settings, { root: await newRoot(), inline: true }))

describe('the train stage', () => {
  it('leaves a LoRA that loads, of the right layers, shapes and scale', async () => {
    const { result, folder, job } = await trained({
      ...withTrain({ rank: 3, alpha: 6, validateEvery: 2 }),
      name: 'redness',
      validation: blue,
    })
    expect(result).toMatchObject({ lora: 'lora', steps: 4, pictures: 5 })
    expect(result.losses).toHaveLength(4)
    expect(result.losses.every((loss) => loss > 0 && loss < 10)).toBe(true)
    expect(result.validation.map(({ step }) => step)).toEqual([2, 4])
    expect(result.validation.every(({ loss }) => loss > 0 && loss < 10)).toBe(true)
    expect(result.validation[1].loss).not.toBe(result.validation[0].loss)
    const lora = await loadLora(folder)
    const wanted = await loadLora(goldenPath('lora-final'))
    expect([...lora.layers.keys()].sort()).toEqual([...wanted.layers.keys()].sort())
    for (const [name, layer] of lora.layers) {
      const other = wanted.layers.get(name)!
      expect(layer.down.shape, name).toEqual([3, other.down.shape[1]])
      expect(layer.up.shape, name).toEqual([other.up.shape[0], 3])
      expect(loraScale(layer), name).toBe(2)
      expect(
        layer.up.data.some((value) => value !== 0),
        name,
      ).toBe(true)
    }
    expect(lora.metadata).toMatchObject({ selma_expert: 'redness', selma_base: 'tiny' })
    expect(trainOptions.parse(JSON.parse(lora.metadata.selma_settings))).toMatchObject({ rank: 3, alpha: 6 })
    const pipeline = await TextToImagePipeline.load(model, { loras: [{ lora, weight: 1 }] })
    const plain = await TextToImagePipeline.load(model)
    const draw = (each: TextToImagePipeline) =>
      each.sample(['a red square'], { seeds: [0], steps: 1, guidance: 1 })
    expect(await draw(pipeline)).not.toEqual(await draw(plain))
    await pipeline.release()
    await plain.release()
    expect((await readdir(job.dir)).filter((name) => name.startsWith('checkpoint'))).toEqual([])
  })

  it('follows from its seed and settings alone', async () => {
    const first = await trained(base)
    const again = await trained(base)
    expect(again.bytes.equals(first.bytes)).toBe(true)
    expect(again.result).toEqual(first.result)
    // Where it lies and what it is called make no other job; what is learned and how does.
    const id = async (settings: TrainSettings) => (await describeJob(trainStage, settings)).id
    expect(await id({ ...base, data: [red] })).toBe(await id(base))
    const others = [
      withTrain({ seed: 1 }),
      withTrain({}, { data: blue }),
      withTrain({}, { validation: blue }),
    ]
    const ids = await Promise.all([base, ...others].map(id))
    expect(new Set(ids).size).toBe(4)
    const other = await trained(withTrain({ seed: 1 }))
    expect(other.bytes.equals(first.bytes)).toBe(false)
  })

  it('draws samples and scores validation prompts on the way, which changes nothing', async () => {
    const samples = { prompts: ['a red square', 'a red ring'], steps: 2 }
    const dsg = { perSkill: 1, steps: 2 }
    const { bytes, job, root } = await trained({ ...withTrain({ checkpointEvery: 2 }), samples, dsg })
    expect(bytes.equals((await trained(withTrain({ checkpointEvery: 2 }))).bytes)).toBe(true)
    const drawn: string[] = []
    const memory: (number | null)[] = []
    const scores: { step: number; score: number | null }[] = []
    for await (const event of job) {
      if (event.type === 'metrics' && 'dsg' in event.values)
        scores.push({ step: event.step, score: event.values.dsg })
      if (event.type === 'image') drawn.push(`${event.step} ${event.caption} ${event.path}`)
      if (event.type === 'metrics' && 'loss' in event.values) memory.push(event.values.memory)
    }
    expect(drawn).toEqual(
      [0, 2, 4].flatMap((step) =>
        samples.prompts.map((prompt, at) => `${step} ${prompt} samples/step-00000${step}-${at}.png`),
      ),
    )
    expect(scores.map(({ step }) => step)).toEqual([0, 2, 4])
    for (const { score } of scores) {
      expect(score).toBeGreaterThanOrEqual(0)
      expect(score).toBeLessThanOrEqual(1)
    }
    const read = (step: number) => readFile(join(job.dir, `samples/step-00000${step}-0.png`))
    expect((await read(4)).equals(await read(0))).toBe(false)
    expect(memory).toHaveLength(4)
    expect(memory.every((bytes) => bytes !== null && bytes > 1e7)).toBe(true)
    // The same job with other samples is the same job.
    const again = await start(trainStage, { ...withTrain({ checkpointEvery: 2 }) }, { root, inline: true })
    expect(again.cached).toBeDefined()
  })

  it('mixes folders, and learns the same of them in one', async () => {
    const both = await trained(withTrain({ batch: 7, steps: 1 }, { data: [red, blue] }))
    expect(both.result.pictures).toBe(7)
    const joined = join(home, 'joined')
    await writeData(joined, [
      'a red square',
      'two red squares',
      'a red ring',
      'three red crosses',
      'a red cross',
    ])
    const writer = await ImageFolderWriter.open(joined)
    for (const { name, text } of [
      { name: '0.png', text: 'a blue square' },
      { name: '1.png', text: 'two blue rings' },
    ])
      await writer.add(await readFile(join(blue, name)), { file_name: `9${name}`, text })
    await writer.finish()
    const one = await trained(withTrain({ batch: 7, steps: 1 }, { data: joined }))
    expect(one.result.losses).toEqual(both.result.losses)
  })

  it('drops all captions, or none', async () => {
    const step = { steps: 1, batch: 5 }
    const captions = ['a green ring', 'a ring', 'a cross', 'two rings', 'a green square']
    const other = join(home, 'other-captions')
    const writer = await ImageFolderWriter.open(other)
    for (const [i, text] of captions.entries())
      await writer.add(await readFile(join(red, `${i}.png`)), { file_name: `${i}.png`, text })
    await writer.finish()
    const losses = async (captionDropout: number, data: string) =>
      (await trained(withTrain({ ...step, captionDropout }, { data }))).result.losses
    expect(await losses(1, other)).toEqual(await losses(1, red))
    expect(await losses(0, other)).not.toEqual(await losses(0, red))
  })

  it('trains other layers when told to', async () => {
    const { folder } = await trained(withTrain({ steps: 1, targets: ['ff.net.2'] }))
    const { layers } = await loadLora(folder)
    expect(layers.size).toBeGreaterThan(0)
    expect([...layers.keys()].every((name) => name.endsWith('ff.net.2'))).toBe(true)
  })
})

describe('what cannot be trained', () => {
  it('targets that name no layer: the layers there are', async () => {
    const error = await failure(withTrain({ targets: ['to_quux'] }))
    expect(error).toMatchObject({ name: 'SelmaError', code: 'bad-input' })
    expect(error.message).toContain('to_quux')
    for (const name of ['to_q', 'to_out.0', 'proj_in']) expect(error.hint).toContain(name)
  })

  it.each([
    ['rank', 0],
    ['steps', 0],
    ['batch', -1],
    ['learningRate', 0],
    ['captionDropout', 1.5],
    ['schedule', 'sometimes'],
    ['rnk', 3],
  ])('%s %s', async (name, value) => {
    const error = await failure(withTrain({ [name]: value } as never))
    expect(error).toMatchObject({ name: 'SelmaError', code: 'bad-input' })
    expect(error.message).toContain(name)
  })

  it('folders without metadata.jsonl, and pictures of another size', async () => {
    const none = await failure({ ...base, data: home })
    expect(none).toMatchObject({ code: 'not-found', message: expect.stringContaining('metadata.jsonl') })
    const mixed = await failure({ ...base, data: wrong })
    expect(mixed).toMatchObject({ code: 'mismatch' })
    expect(mixed.message).toContain(`${join(wrong, 'small.png')} is 48×32 pixels`)
    expect(mixed.hint).toContain('64×64')
  })

  it('a rate that blows up: the step, and what to try', async () => {
    const root = await newRoot()
    const settings = withTrain({ learningRate: 1e30, steps: 10, maxGradNorm: 1e9 })
    const job = await start(trainStage, settings, { root, inline: true })
    const error = await rejection(job.result())
    expect(error).toMatchObject({ name: 'SelmaError', code: 'bad-input' })
    expect(error.message).toMatch(/the loss became (NaN|Infinity) at step \d/)
    expect(error.hint).toContain('1e+30')
    expect((await job.status()).state).toBe('failed')
    expect(await readdir(job.dir)).not.toContain('lora')
  })

  it('a result that cannot be written: nothing is left half-written, and later it is', async () => {
    const root = await newRoot()
    const job = await createJob(trainStage, base, { root })
    await writeFile(join(job.dir, 'lora'), 'in the way')
    const error = await rejection(run(trainStage, base, { root, inline: true }))
    expect(error).toMatchObject({ name: 'SelmaError', code: 'io' })
    expect(error.message).toContain(join(job.dir, 'lora'))
    expect((await readdir(job.dir)).filter((name) => name.endsWith('.tmp'))).toEqual([])
    await rm(join(job.dir, 'lora'))
    expect((await run(trainStage, base, { root, inline: true })).losses).toHaveLength(4)
  })
})

describe('a job that is killed, stopped and resumed', () => {
  const long = withTrain({ steps: 40, batch: 8, checkpointEvery: 5, validateEvery: 15 }, { validation: blue })

  it('gives the bytes of one that ran through', { timeout: 300_000 }, async () => {
    const whole = await trained(long)
    expect(whole.result.losses).toHaveLength(40)
    expect(whole.result.validation.map(({ step }) => step)).toEqual([15, 30, 40])
    const root = await newRoot()
    const killed = await start(trainStage, long, { root, atOnce: 0 })
    await eventOf(killed, atStep(7))
    await killProcessOf(killed)
    const error = await rejection(killed.result())
    expect(error).toMatchObject({ code: 'engine', hint: expect.stringContaining('resume from step') })
    const stopped = await start(trainStage, long, { root, atOnce: 0 })
    await eventOf(stopped, atStep(17))
    expect((await stopped.stop()).state).toBe('stopped')
    const kept = (await readdir(stopped.dir)).filter((name) => name.startsWith('checkpoint'))
    expect(kept).toHaveLength(1)
    expect(Number(kept[0].match(/\d+/))).toBeGreaterThanOrEqual(17)
    const resumed = await start(trainStage, long, { root, inline: true })
    const result = await resumed.result()
    expect(await readJson(join(resumed.dir, 'process.json'))).toMatchObject({ attempt: 3 })
    expect(result).toEqual(whole.result)
    const bytes = await readFile(join(resumed.dir, 'lora', 'pytorch_lora_weights.safetensors'))
    expect(bytes.equals(whole.bytes)).toBe(true)
  })
})
