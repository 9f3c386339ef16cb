// The cell API end to end, as a notebook uses it, on the golden tiny model: four stages, scores, and a
// comparison; what each result shows; what the cache and an interrupt do.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { writePromptFile } from '../../lib/data/prompt-file.ts'
import {
  bundleOf,
  chooseGuidance,
  compare,
  type Dataset,
  Expert,
  evaluate,
  experts,
  formatTable,
  getSkill,
  images,
  type ModelScores,
  merge,
  offline,
  Prompts,
  prompts,
  type SelmaError,
  scoreBars,
  scoreRadar,
  scoreTable,
  skill,
  suites,
  T2I,
} from '../../lib/index.ts'
import { goldenPath } from '../support/golden.ts'
import { folderForFile, writeTinyPipeline } from '../support/tiny-pipeline.ts'

const home = await folderForFile()
const root = join(home, 'jobs')
const model = join(home, 'tiny')
let base: T2I
beforeAll(async () => {
  await writeTinyPipeline(model)
  base = await T2I.load(model)
})

const rejection = (promise: Promise<unknown>): Promise<SelmaError> =>
  promise.then(
    () => expect.unreachable('it was not rejected'),
    (error) => error as SelmaError,
  )
const text = async (shown: object): Promise<string> => {
  const bundle = await bundleOf(shown)
  expect(typeof bundle['text/plain']).toBe('string')
  return bundle['text/plain'] as string
}

const count = skill('count', {
  teaches: 'counting objects',
  seeds: ['three red squares', 'two green rings', 'four blue crosses'],
})
const tiny = { rank: 2, steps: 3, batch: 2, warmup: 0, validateEvery: 2 }
const scoring = { steps: 1, guidance: 2, root }
const suite = suites.shapes({ perSkill: 1, skills: ['color', 'count', 'size'] })

describe.sequential('from prompts to a comparison', { timeout: 180_000 }, () => {
  let written: Prompts
  let data: Dataset
  let one: Expert
  let merged: Expert
  let scores: ModelScores

  it('writes prompts with the offline writer', async () => {
    const progress: number[] = []
    const onEvent = (event: { type: string; done?: number }) => {
      if (event.type === 'progress') progress.push(event.done!)
    }
    const options = { n: 4, llm: offline, seed: 1, shapesOnly: true, root }
    written = await prompts.generate(count, { ...options, onEvent })
    expect(written).toHaveLength(4)
    expect(written.skill).toBe('count')
    expect(progress.at(-1)).toBe(4)
    const shown = await text(written)
    expect(shown).toContain('4 prompts for count')
    expect(shown).toContain('computed')
    expect(shown).toContain(written.records[0].text)
    const again = await prompts.generate(count, options)
    expect(again.records).toEqual(written.records)
    expect(await text(again)).toMatch(/from the cache \(\d{4}-\d\d-\d\d \d\d:\d\d, [0-9a-f]{8}\)/)
    const path = join(home, 'prompts.jsonl')
    await writePromptFile(path, [...written.records])
    expect((await Prompts.read(path)).records).toEqual(written.records)
  })

  it('makes pictures of them', async () => {
    data = await images.generate(base, written, { steps: 1, guidance: 2, root })
    expect(data.records.map((record) => record.text)).toEqual(written.records.map((record) => record.text))
    expect(data).toHaveLength(4)
    const bundle = await bundleOf(data)
    expect(bundle['text/plain']).toContain('4 pictures, computed')
    expect(bundle['image/png']).toBeTruthy()
  })

  it('trains experts on them', async () => {
    one = await experts.train(base, data, { ...tiny, name: 'one', validation: data, root })
    expect(one.training?.losses).toHaveLength(3)
    expect(one.training?.validation.map(({ step }) => step)).toEqual([2, 3])
    expect(await text(one)).toMatch(/^Expert one: \d+ layers, rank 2, computed$/)
    expect(one.lossChart()?.summary).toContain('validation')
    const again = await experts.train(base, data, { ...tiny, name: 'one', validation: data, root })
    expect(await text(again)).toContain('from the cache')
    expect(again.path).toBe(one.path)
    const loaded = await Expert.load(one.path)
    expect(loaded.name).toBe('one')
    expect(loaded.lossChart()).toBeUndefined()
    expect((await loaded.stats()).layers).toBeDefined()
  })

  it('merges them, in a folder of their own', async () => {
    const two = await Expert.load(goldenPath('lora-final'), { name: 'two' })
    merged = await merge([one, two], { root })
    expect(await text(merged)).toContain('merged from one, two by average')
    expect((await merged.load()).metadata.selma_expert).toBe('merged')
    const others = await Promise.all([
      merge([one, two], { root, name: 'both' }),
      merge([two, one], { root }),
      merge([one, two], { root, method: 'svd' }),
    ])
    expect(new Set([merged, ...others].map(({ path }) => path)).size).toBe(4)
    expect((await merge([one, two], { root })).path).toBe(merged.path)
    expect(await rejection(merge([], { root }))).toMatchObject({ name: 'SelmaError', code: 'bad-input' })
    const error = await rejection(merge([one], { method: 'mean' as never, root }))
    expect(error.hint ?? error.message).toContain('average')
  })

  it('scores, tabulates and compares', async () => {
    scores = await evaluate(base, suite, scoring)
    expect(scores.rows).toHaveLength(3)
    expect(scores.name).toBe('tiny')
    expect(await text(scores)).toContain('tiny')
    expect(scores.note).toBe('computed')
    const better = base.with(merged, { name: 'better' })
    const mine = await evaluate(better, suite, scoring)
    expect(mine.rows.map(({ model: name }) => name)).toEqual(['better', 'better', 'better'])
    const again = await evaluate(better, suite, scoring)
    expect(again.note).toContain('from the cache')
    expect(again.rows).toEqual(mine.rows)
    expect(Object.keys(mine.byCategory()).length).toBeGreaterThan(1)
    const table = formatTable(scoreTable([scores, mine], 'Two models'), 'text')
    for (const part of ['Two models', 'tiny', 'better', 'DSG %']) expect(table).toContain(part)
    expect(scoreBars([scores, mine]).summary).toContain('better')
    if (Object.keys(mine.byCategory()).length >= 3)
      expect(scoreRadar([scores, mine]).summary).toContain('better')
    const difference = compare(mine, scores)
    expect(difference.measures.map(({ measure }) => measure)).toEqual(['dsg', 'strict'])
    const shown = await text(difference)
    for (const part of ['better − tiny', 'DSG', 'strict accuracy']) expect(shown).toContain(part)
    const strict = await text(compare(mine, scores, ['strict']))
    expect(strict).toContain('strict accuracy')
    expect(strict).not.toContain('DSG')
  })

  it('finds a model’s best guidance on other prompts', async () => {
    const others = suites.shapes({ perSkill: 1, skills: ['color'], seed: 5 })
    const choice = await chooseGuidance(base, others, { guidances: [3, 1], steps: 1, root })
    expect(choice.points.map(({ guidance }) => guidance)).toEqual([3, 1])
    const [first, second] = choice.points.map(({ mean }) => mean)
    expect(choice.best).toBe(first > second ? 3 : 1)
    const scored = await evaluate(base, others, { guidance: 3, steps: 1, seeds: [0], root })
    expect(scored.summary().dsg.mean).toBe(first)
    expect(await text(choice)).toContain('tiny: best')
    const error = await rejection(chooseGuidance(base, others, { guidances: [], root }))
    expect(error).toMatchObject({ code: 'bad-input', message: 'no guidance scales to choose from' })
  })

  it('refuses to compare pictures of other prompts', async () => {
    const others = await evaluate(base, suites.shapes({ perSkill: 1, skills: ['color'] }), scoring)
    expect(() => compare(others, scores)).toThrowError(
      expect.objectContaining({ code: 'mismatch', message: expect.stringContaining('do not pair') }),
    )
  })

  it('refuses to train a model that has LoRAs', async () => {
    const error = await rejection(experts.train(base.with(one), data, { ...tiny, root }))
    expect(error).toMatchObject({ code: 'unsupported', message: expect.stringContaining('tiny + one') })
    expect(error.hint).toContain('merge')
  })

  it('stops its job when the call is interrupted, and goes on when asked again', async () => {
    const stop = new AbortController()
    const settings = { ...tiny, steps: 2000, root }
    const onEvent = (event: { type: string }) => {
      if (event.type === 'metrics') stop.abort()
    }
    const error = await rejection(experts.train(base, data, { ...settings, onEvent, signal: stop.signal }))
    expect(error).toMatchObject({ name: 'SelmaError', code: 'stopped' })
    expect(error.hint).toMatch(/go on from step \d+/)
    // Before anything begins, nothing begins.
    const jobs = await readdir(root)
    const before = await rejection(
      experts.train(base, data, { ...settings, seed: 9, signal: AbortSignal.abort() }),
    )
    expect(before).toMatchObject({ name: 'SelmaError', code: 'stopped' })
    for (const call of [
      () => images.generate(base, ['a red ring'], { root, signal: AbortSignal.abort() }),
      () => evaluate(base, suite, { ...scoring, seeds: [5], signal: AbortSignal.abort() }),
      () => prompts.generate(getSkill('count'), { n: 3, root, signal: AbortSignal.abort() }),
    ])
      expect(await rejection(call())).toMatchObject({ code: 'stopped' })
    expect(await readdir(root)).toEqual(jobs)
  })
})

describe('T2I', () => {
  it('draws one prompt or several, the same for the same seed', { timeout: 120_000 }, async () => {
    const options = { steps: 1, guidance: 2 }
    const [one] = (await base.draw('a red square', { ...options, seed: 3 })).pictures
    const both = await base.draw(['a red square', 'a ring'], { ...options, seed: [3, 4] })
    expect([one.width, one.height]).toEqual([64, 64])
    expect(both.pictures).toHaveLength(2)
    expect((await base.draw('a red square', { ...options, seed: 3 })).pictures[0]).toEqual(one)
    const close = both.pictures[0].data.filter((value, i) => Math.abs(value - one.data[i]) > 1)
    expect(close).toHaveLength(0)
    expect(await text(both)).toContain('2 pictures')
    expect(
      Buffer.from(await both.png(1))
        .subarray(1, 4)
        .toString(),
    ).toBe('PNG')
    expect(() => both.png(2)).toThrowError(expect.objectContaining({ code: 'bad-input' }))
    const expert = await Expert.load(goldenPath('lora-final'))
    const [other] = (await base.with(expert).draw('a red square', { ...options, seed: 3 })).pictures
    expect(other).not.toEqual(one)
    expect(await text(base)).toBe(`T2I tiny (${model})`)
  })

  it('stops drawing when the signal aborts', { timeout: 120_000 }, async () => {
    const stop = new AbortController()
    const drawing = base.draw(new Array(32).fill('a ring'), { steps: 500, signal: stop.signal })
    setTimeout(() => stop.abort(), 300)
    expect(await rejection(drawing)).toMatchObject({ name: 'SelmaError', code: 'stopped' })
    expect((await base.draw('a ring', { steps: 1 })).pictures).toHaveLength(1)
  })

  it('says what is wrong', async () => {
    expect(await rejection(T2I.load('shappes'))).toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('"shappes"'),
      hint: expect.stringContaining('shapes'),
    })
    for (const prompt of [[], [3], undefined])
      expect(await rejection(base.draw(prompt as never))).toMatchObject({ code: 'bad-input' })
    for (const options of [
      { steps: 0 },
      { guidance: Number.NaN },
      { seed: [1, 2] },
      { scheduler: 'magic' as never },
    ])
      expect(await rejection(base.draw('a ring', options))).toMatchObject({ name: 'SelmaError' })
    const expert = await Expert.load(goldenPath('lora-final'), { name: 'x' })
    expect(() => base.with(expert, { weight: Number.NaN })).toThrowError(
      expect.objectContaining({ code: 'bad-input' }),
    )
    expect(base.with(expert, { weight: 0.5 }).name).toBe('tiny + x × 0.5')
    expect(base.with(expert).with(expert).loras).toHaveLength(2)
    expect(base.loras).toHaveLength(0)
  })
})
