// Pictures from prompts, as jobs: what is written, what follows from the seed, and what a kill changes
// (nothing). The model is the golden tiny one: it draws noise.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { readImageFolder } from '../../lib/data/imagefolder.ts'
import { TextToImagePipeline } from '../../lib/diffusion/pipeline.ts'
import { decodePng } from '../../lib/formats/png.ts'
import { Chooser } from '../../lib/images/choose.ts'
import { type ImagesSettings, imagesStage } from '../../lib/images/index.ts'
import { pictureSeed } from '../../lib/images/stage.ts'
import { createJob, type Job, run, start } from '../../lib/jobs/index.ts'
import { layout, parseCaption, render } from '../../lib/shapes/index.ts'
import { eventOf, killProcessOf, newRoot, rejection, removeRoots } from '../jobs/support/help.ts'
import { goldenPath } from '../support/golden.ts'
import { folderForFile, writeTinyPipeline } from '../support/tiny-pipeline.ts'

const model = join(await folderForFile(), 'tiny')
beforeAll(() => writeTinyPipeline(model))
afterAll(removeRoots)

const texts = ['a red square', 'two blue squares', 'a green ring and a red cross']
const prompts = texts.map((text, i) => ({ id: `p${i}`, skill: 'color', text }))
const base: ImagesSettings = { model, prompts: prompts as never, steps: 2, guidance: 2, seed: 7 }

/** Everything the dataset consists of: names and bytes. */
async function content(dir: string): Promise<Record<string, string>> {
  const names = (await readdir(dir)).sort()
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, (await readFile(join(dir, name))).toString('base64')]),
    ),
  )
}

async function made(settings: Partial<ImagesSettings> = {}) {
  const root = await newRoot()
  const job = await start(imagesStage, { ...base, ...settings } as ImagesSettings, { root, inline: true })
  const result = await job.result()
  const dir = join(job.dir, result.folder)
  return { root, job, result, dir, records: (await readImageFolder(dir)).records }
}

describe('the images stage', () => {
  it('makes one picture a prompt, from a seed that follows from the root seed', async () => {
    const { records, result, dir, job, root } = await made()
    expect(result).toEqual({ folder: 'images', count: 3 })
    expect(records).toEqual(
      prompts.map(({ id, skill, text }, i) => ({
        file_name: `${i}.png`,
        text,
        id,
        skill,
        sample: 0,
        seed: pictureSeed(new Random(7), i, 0),
        model: 'tiny',
        guidance: 2,
        steps: 2,
      })),
    )
    expect(new Set(records.map(({ seed }) => seed)).size).toBe(3)
    // The record is enough to draw the picture again.
    const pipeline = await TextToImagePipeline.load(model)
    const seeds = records.map(({ seed }) => seed as number)
    const [, again] = await pipeline.decode(await pipeline.sample(texts, { seeds, steps: 2, guidance: 2 }))
    await pipeline.release()
    expect(await decodePng(join(dir, '1.png'))).toEqual(again)
    const second = await start(imagesStage, base, { root, inline: true })
    expect(second.cached).toMatchObject({ hash: expect.stringMatching(/^[0-9a-f]{64}$/) })
    expect(second.dir).toBe(job.dir)
    expect((await createJob(imagesStage, { ...base, seed: 8 }, { root })).cached).toBeUndefined()
  })

  it('keeps several pictures a prompt when asked to, and adds LoRAs', async () => {
    const { records, dir } = await made({ perPrompt: 2 })
    expect(records.map(({ text, sample }) => [text, sample])).toEqual(
      texts.flatMap((text) => [
        [text, 0],
        [text, 1],
      ]),
    )
    expect(new Set(records.map(({ seed }) => seed)).size).toBe(6)
    expect(records[2].seed).toBe(pictureSeed(new Random(7), 1, 0))
    const pictures = async (folder: string) =>
      Object.entries(await content(folder)).filter(([name]) => name.endsWith('.png'))
    const files = await pictures(dir)
    const with1 = await made({ perPrompt: 2, loras: [{ path: goldenPath('lora-final') }] })
    const with0 = await made({ perPrompt: 2, loras: [{ path: goldenPath('lora-final'), weight: 0 }] })
    expect(await pictures(with0.dir)).toEqual(files)
    expect(await pictures(with1.dir)).not.toEqual(files)
    expect(with1.job.id).not.toBe(with0.job.id)
    expect(with1.records[0].loras).toEqual([{ hash: expect.stringMatching(/^[0-9a-f]{64}$/), weight: 1 }])
    expect(records[0]).not.toHaveProperty('loras')
  })

  it('chooses by a judge that it names', async () => {
    const choose = { of: 3, errorRate: 0.4, seed: 5 }
    const { records, result, dir } = await made({ choose })
    const all = records.map(({ scores }) => scores as number[])
    // None is drawn after one without a fault.
    for (const scores of all) {
      expect(scores.slice(0, -1).every((score) => score < 1)).toBe(true)
      expect(scores.length === 3 || scores.at(-1) === 1).toBe(true)
    }
    const average = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    expect(result.chosen).toEqual({
      judge: 'shapes scene reader, 40 % wrong, seed 5',
      of: 3,
      kept: average(all.map((scores) => Math.max(...scores))),
      first: average(all.map(([first]) => first)),
      drawn: average(all.map((scores) => scores.length)),
      leftOut: 0,
    })
    records.forEach(({ seed, scores }, i) => {
      const list = scores as number[]
      expect(seed).toBe(pictureSeed(new Random(7), i, list.indexOf(Math.max(...list))))
    })
    expect((await readdir(dir)).sort()).toEqual(['0.png', '1.png', '2.png', 'metadata.jsonl'])
  })

  it('leaves prompts out whose best picture is not good enough', async () => {
    const choose = { of: 3, errorRate: 0.4, seed: 5 }
    const { records } = await made({ choose })
    const best = records.map(({ scores }) => Math.max(...(scores as number[])))
    const least = best.toSorted()[1]
    const strict = await made({ choose: { ...choose, least } })
    expect(strict.records).toEqual(records.filter((_, i) => best[i] >= least))
    expect(strict.records.length).toBeLessThan(3)
    expect(strict.result).toMatchObject({
      count: strict.records.length,
      chosen: { leftOut: 3 - strict.records.length },
    })
  })

  it('says so when no picture at all is good enough', async () => {
    const impossible = [{ text: 'four small red rings' }, { text: 'four small blue rings' }]
    const settings = { prompts: impossible as never, choose: { of: 2, errorRate: 0, least: 1 } }
    const error = await rejection(run(imagesStage, { ...base, ...settings }, { root: await newRoot() }))
    expect(error).toMatchObject({ code: 'bad-input', hint: 'lower it, or draw more of each' })
    expect(error.message).toBe('choose.least 1: no picture of 2 prompts is as good')
  })

  it('refuses to choose for a prompt that the judge cannot read, before anything is drawn', async () => {
    const odd = [...prompts, { text: 'a photo of my cat' }]
    const root = await newRoot()
    const settings = { ...base, prompts: odd, choose: { of: 2, errorRate: 0 } } as ImagesSettings
    const job = await start(imagesStage, settings, { root, inline: true })
    const error = await rejection(job.result())
    expect(error).toMatchObject({ name: 'SelmaError', code: 'bad-input' })
    expect(error.message).toContain('prompt 4, "a photo of my cat": cannot understand')
    expect(error.hint).toContain('a caption can use')
    expect(await readdir(job.dir)).not.toContain('images')
    // Without a judge any text will do.
    expect((await made({ prompts: odd as never })).records).toHaveLength(4)
  })

  it.each([
    ['no prompts', { prompts: [] as never }, 'prompts'],
    ['an empty prompt', { prompts: [{ text: '' }] as never }, 'prompts[0].text'],
    ['no steps', { steps: 0 }, 'steps'],
    ['a negative guidance', { guidance: -1 }, 'guidance'],
    ['an unknown sampler', { scheduler: 'magic' }, 'scheduler'],
    ['an unknown option', { stepz: 3 } as object, 'stepz'],
    ['a choice of one', { choose: { of: 1, errorRate: 0 } }, 'choose.of'],
  ])('refuses %s', async (_, settings, named) => {
    const error = await rejection(run(imagesStage, { ...base, ...settings }, { root: await newRoot() }))
    expect(error).toMatchObject({ name: 'SelmaError', code: 'bad-input' })
    expect(error.message).toContain(named)
  })

  it('names a model that is not there', async () => {
    const error = await rejection(
      run(imagesStage, { ...base, model: './nowhere' }, { root: await newRoot() }),
    )
    expect(error).toMatchObject({ code: 'not-found', message: expect.stringContaining('./nowhere') })
  })

  it('says that its folder cannot be made, and goes on once it can', async () => {
    const root = await newRoot()
    const job = await createJob(imagesStage, base, { root })
    await writeFile(join(job.dir, 'images'), 'in the way')
    const error = await rejection(run(imagesStage, base, { root, inline: true }))
    expect(error).toMatchObject({ name: 'SelmaError', code: 'io' })
    expect(error.message).toContain(join(job.dir, 'images'))
    await rm(join(job.dir, 'images'))
    expect(await run(imagesStage, base, { root, inline: true })).toEqual({ folder: 'images', count: 3 })
    expect((await readdir(job.dir, { recursive: true })).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
})

describe('Chooser', () => {
  it('scores a picture by the share of right answers', () => {
    const chooser = new Chooser({ of: 3, errorRate: 0, seed: 1, least: 0 })
    const score = (text: string) =>
      chooser.score(render(layout(parseCaption(text), new Random(text))), 'two blue rings', 'key', 0)
    expect(score('two blue rings')).toBe(1)
    expect(score('a blue ring')).toBeLessThan(1)
    expect(score('two red squares')).toBeLessThan(score('a blue ring'))
    expect(chooser.judge).toBe('shapes scene reader')
  })
})

describe('a killed images job', () => {
  const many: ImagesSettings = {
    ...base,
    prompts: Array.from({ length: 40 }, (_, i) => ({ text: texts[i % 3], id: `${i}` })) as never,
    steps: 1,
    guidance: 1,
  }
  const alive = async (job: Job): Promise<boolean> => (await job.status()).state === 'running'

  it('goes on, and leaves the same files as one that nobody killed', { timeout: 180_000 }, async () => {
    const whole = await start(imagesStage, many, { root: await newRoot(), inline: true })
    const result = await whole.result()
    expect(result.count).toBe(40)
    const root = await newRoot()
    const job = await start(imagesStage, many, { root, atOnce: 0 })
    await eventOf(job, (event) => event.type === 'progress' && event.done >= 32)
    await killProcessOf(job)
    expect(await rejection(job.result())).toMatchObject({ code: 'engine' })
    const images = join(job.dir, 'images')
    expect(await readdir(images)).not.toContain('metadata.jsonl')
    expect(await alive(job)).toBe(false)
    // As if the kill had come in the middle of noting the tenth picture of a batch.
    const journal = join(images, 'metadata.jsonl.part')
    const lines = (await readFile(journal, 'utf8')).split('\n')
    expect(lines.length).toBeGreaterThan(32)
    await writeFile(journal, `${lines.slice(0, 10).join('\n')}\n${lines[10].slice(0, 20)}`)
    expect(await run(imagesStage, many, { root, inline: true })).toEqual(result)
    expect(await content(images)).toEqual(await content(join(whole.dir, 'images')))
  })
})
