// Scoring as a job: pictures of every prompt and seed, put to the judge, kept as rows.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Random } from '../../lib/base/random.ts'
import { readImageFolder } from '../../lib/data/imagefolder.ts'
import { run, start } from '../../lib/jobs/index.ts'
import { readAnswerRows, readPictureRows } from '../../lib/metrics/index.ts'
import { shapesSuite } from '../../lib/shapes/suite.ts'
import { type EvaluationSettings, evaluateStage } from '../../lib/study/evaluation.ts'
import { newRoot, rejection, removeRoots } from '../jobs/support/help.ts'
import { goldenPath } from '../support/golden.ts'
import { folderForFile, writeTinyPipeline } from '../support/tiny-pipeline.ts'

const model = join(await folderForFile(), 'tiny')
beforeAll(() => writeTinyPipeline(model))
afterAll(removeRoots)

const suite = shapesSuite({ perSkill: 2, skills: ['color', 'count'] })
const questions = { name: suite.name, items: suite.items } as unknown as EvaluationSettings['questions']
const base: EvaluationSettings = { model, name: 'tiny', questions, steps: 1, guidance: 2, seeds: [0, 1] }

async function scored(settings: Partial<EvaluationSettings> = {}) {
  const root = await newRoot()
  const job = await start(evaluateStage, { ...base, ...settings }, { root, inline: true })
  const result = await job.result()
  const path = (name: string) => join(job.dir, name)
  return {
    root,
    job,
    result,
    pictures: await readPictureRows(path(result.pictureRows)),
    answers: await readAnswerRows(path(result.answerRows)),
    images: path(result.images),
  }
}

describe('the evaluate stage', () => {
  it('makes a picture of each prompt with each seed, and a row of each picture and question', async () => {
    const { pictures, answers, result, images } = await scored({ trainingSeed: 3 })
    expect(result.count).toBe(8)
    expect(pictures.map(({ itemId, seed }) => [seed, itemId])).toEqual(
      [0, 1].flatMap((seed) => suite.items.map(({ id }) => [seed, id])),
    )
    expect(answers).toHaveLength(2 * suite.items.reduce((sum, item) => sum + item.questions.length, 0))
    for (const row of pictures) {
      expect(row).toMatchObject({
        model: 'tiny',
        judge: 'shapes scene reader',
        trainingSeed: 3,
        guidance: 2,
        skill: row.itemId.split('-')[0],
      })
      expect(row.dsg).toBeGreaterThanOrEqual(0)
      expect(row.dsg).toBeLessThanOrEqual(1)
      expect(row.objectsAsked).toBeGreaterThan(0)
    }
    const { records } = await readImageFolder(images)
    expect(records).toHaveLength(8)
    expect(records[0]).toMatchObject({ file_name: '00000-s0.png', text: suite.items[0].text, sample: 0 })
    // Noise follows from seed and item alone, so that another suite or model is paired with it.
    expect(records[1].seed).toBe(new Random(1).derive('evaluate', suite.items[0].id).bits())
  })

  it('starts every model from the same noise', async () => {
    const plain = await scored()
    const zero = await scored({ name: 'other', loras: [{ path: goldenPath('lora-final'), weight: 0 }] })
    const whole = await scored({ loras: [{ path: goldenPath('lora-final'), weight: 1 }] })
    const seeds = async ({ images }: typeof plain) =>
      (await readImageFolder(images)).records.map(({ seed }) => seed)
    expect(await seeds(whole)).toEqual(await seeds(plain))
    const picture = ({ images }: typeof plain) => readFile(join(images, '00003-s1.png'))
    expect(await picture(zero)).toEqual(await picture(plain))
    expect(await picture(whole)).not.toEqual(await picture(plain))
    expect(zero.pictures.map(({ model: _, ...row }) => row)).toEqual(
      plain.pictures.map(({ model: _, ...row }) => row),
    )
  })

  it('goes on in the same batches after it was cut off', async () => {
    const whole = await scored()
    const root = await newRoot()
    const job = await start(evaluateStage, base, { root, inline: true })
    const result = await job.result()
    // As a kill among the notes of the third picture leaves it.
    const images = join(job.dir, 'images')
    const lines = (await readFile(join(images, 'metadata.jsonl'), 'utf8')).split('\n')
    await writeFile(join(images, 'metadata.jsonl.part'), `${lines[0]}\n${lines[5]}\n${lines[2].slice(0, 30)}`)
    for (const name of ['images/metadata.jsonl', 'result.json', 'pictures.jsonl', 'answers.jsonl'])
      await rm(join(job.dir, name))
    expect(await run(evaluateStage, base, { root, inline: true })).toEqual(result)
    for (const name of ['metadata.jsonl', '00000-s0.png', '00003-s1.png'])
      expect(await readFile(join(images, name)), name).toEqual(await readFile(join(whole.images, name)))
    for (const name of ['pictures.jsonl', 'answers.jsonl'])
      expect(await readFile(join(job.dir, name)), name).toEqual(await readFile(join(whole.job.dir, name)))
  })

  it('is wrong as often as its judge is asked to be', async () => {
    const exact = await scored()
    const noisy = await scored({ judge: { errorRate: 0.5, seed: 1 } })
    expect(noisy.pictures[0].judge).toContain('50 % wrong, seed 1')
    const differ = noisy.answers.filter((row, i) => row.answer !== exact.answers[i].answer).length
    expect(differ / noisy.answers.length).toBeGreaterThan(0.2)
    expect(differ / noisy.answers.length).toBeLessThan(0.8)
  })

  it.each([
    [
      'a prompt that the judge cannot read',
      [{ ...suite.items[0], id: 'cat', text: 'a photo of my cat' }],
      'item cat: cannot understand',
    ],
    [
      'a question that the judge cannot answer',
      [
        {
          ...suite.items[0],
          id: 'mood',
          questions: [{ ...suite.items[0].questions[0], question: 'Is the cat happy?' }],
        },
      ],
      'item mood: the shapes judge cannot answer',
    ],
    ['an item twice', [suite.items[0], suite.items[0]], 'names an item twice'],
  ])('refuses %s before it draws', async (_, items, said) => {
    const root = await newRoot()
    const settings = { ...base, questions: { name: 'mine', items } } as unknown as EvaluationSettings
    const job = await start(evaluateStage, settings, { root, inline: true })
    const error = await rejection(job.result())
    expect(error).toMatchObject({ name: 'SelmaError', code: 'bad-input' })
    expect(error.message).toContain(said)
    expect(error.message).toContain('mine')
    expect(await readdir(job.dir)).not.toContain('images')
  })
})
