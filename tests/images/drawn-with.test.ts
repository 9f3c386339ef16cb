// Pictures of a job with every option of a cell's `draw`: the same pictures, refused before there is a job, and no other
// job where the options are absent.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { type DrawOptions, T2I } from '../../lib/api/t2i.ts'
import { readImageFolder } from '../../lib/data/imagefolder.ts'
import { decodePng } from '../../lib/formats/png.ts'
import { type ImagesSettings, imagesStage } from '../../lib/images/index.ts'
import { describeJob, start } from '../../lib/jobs/index.ts'
import { shapesSuite } from '../../lib/shapes/suite.ts'
import { evaluateStage } from '../../lib/study/evaluation.ts'
import { newRoot, rejection, removeRoots } from '../jobs/support/help.ts'
import { goldenPath } from '../support/golden.ts'

afterAll(removeRoots)

const texts = ['a red ring', 'two blue squares']
const base = (model: string): ImagesSettings => ({
  model: goldenPath(model),
  prompts: texts.map((text) => ({ text })) as never,
  steps: 3,
  guidance: 3,
  seed: 7,
})

const ancestral = { scheduler: 'ddim', eta: 0.7, timestepSpacing: 'trailing', rescale: 0.5 } as const
const sized = {
  scheduler: 'dpm++-2m-karras',
  originalSize: [200, 100],
  cropsCoordsTopLeft: [8, 0],
  targetSize: [64, 64],
} as const
const cases: [string, string, Partial<ImagesSettings> & DrawOptions][] = [
  ['its own settings', 'tiny-sd15', { perPrompt: 2, rescale: 0.3, negativePrompt: 'a cross' }],
  [
    'DDIM with noise, a wide picture, tiles',
    'tiny-sd15',
    { ...ancestral, width: 128, height: 64, tiling: true },
  ],
  [
    'zero terminal SNR',
    'tiny-sd21-v',
    { scheduler: 'ddim', rescaleBetasZeroSnr: true, timestepSpacing: 'trailing', clipSkip: 1 },
  ],
  ['sizes of Stable Diffusion XL', 'tiny-sdxl', { ...(sized as object), width: 64, height: 96 }],
]

describe('a job’s pictures', () => {
  it.each(cases)('are those of draw: %s, %s', { timeout: 120_000 }, async (_, model, options) => {
    const { perPrompt = 1, ...rest } = options
    const settings = { ...base(model), ...options } as ImagesSettings
    const job = await start(imagesStage, settings, { root: await newRoot(), inline: true })
    const { folder } = await job.result()
    const { dir, records } = await readImageFolder(join(job.dir, folder))
    expect(records).toHaveLength(2 * perPrompt)
    const seed = records.map((record) => record.seed as number)
    const t2i = await T2I.load(goldenPath(model))
    const captions = records.map(({ text }) => text)
    const drawn = await t2i.draw(captions, { steps: 3, guidance: 3, ...(rest as DrawOptions), seed })
    for (const [i, { file_name }] of records.entries())
      expect(await decodePng(join(dir, file_name)), file_name).toEqual(drawn.pictures[i])
    expect(new Set(drawn.pictures.map(({ width }) => width))).toEqual(new Set([options.width ?? 64]))
    const { eta, width, scheduler, negativePrompt, clipSkip } = records[0]
    expect({ eta, width, scheduler, negativePrompt, clipSkip }).toEqual({
      ...{ eta: options.eta, width: options.width, scheduler: options.scheduler },
      ...{ negativePrompt: options.negativePrompt, clipSkip: options.clipSkip },
    })
  })

  it('differ with the options, and are the same job without them', async () => {
    const id = async (more: object) =>
      (await describeJob(imagesStage, { ...base('tiny-sd15'), ...more } as ImagesSettings)).id
    const ids = await Promise.all(
      [
        {},
        { width: 128 },
        { height: 128 },
        { scheduler: 'ddim' },
        { scheduler: 'ddim', eta: 1 },
        { timestepSpacing: 'trailing' },
        { tiling: true },
        { clipSkip: 1 },
      ].map(id),
    )
    expect(new Set(ids).size).toBe(8)
    expect(await id({ width: undefined, eta: undefined, tiling: undefined })).toBe(ids[0])
    // What is hashed of a job without them has none of their names.
    const { file } = await describeJob(imagesStage, base('tiny-sd15'))
    const identity = imagesStage.identity!(imagesStage.settings.parse(file.settings)) as object
    expect(Object.keys(identity).sort()).toEqual(
      'guidance negativePrompt perPrompt prompts rescale seed steps weights'.split(' '),
    )
  })
})

describe('what no picture can be drawn with', () => {
  it.each<[string, object, string, string]>([
    ['a side that cannot be halved', { width: 72 }, 'bad-input', 'width 72'],
    ['eta without DDIM', { eta: 0.5 }, 'bad-input', 'eta 0.5 with PNDMScheduler'],
    ['eta above 1', { scheduler: 'ddim', eta: 2 }, 'bad-input', 'eta'],
    ['an unknown spacing', { timestepSpacing: 'even' }, 'bad-input', 'timestepSpacing'],
    ['too many steps', { steps: 2000 }, 'bad-input', '2000 sampling steps'],
    ['zero SNR with PNDM', { rescaleBetasZeroSnr: true }, 'unsupported', 'rescale_betas_zero_snr'],
    ['more layers left out than there are', { clipSkip: 99 }, 'bad-input', 'clipSkip 99'],
    ['sizes for a model without', { originalSize: [64, 64] }, 'bad-input', 'originalSize for this model'],
  ])('%s is refused before there is a job', async (_, more, code, message) => {
    const root = await newRoot()
    const error = await rejection(
      start(imagesStage, { ...base('tiny-sd15'), ...more } as ImagesSettings, { root }),
    )
    expect(error).toMatchObject({ name: 'SelmaError', code })
    expect(error.message).toContain(message)
    expect(await readdir(root)).toEqual([])
  })
})

describe('an evaluation', () => {
  const { name, items } = shapesSuite({ perSkill: 1, skills: ['color'] })
  const settings = { model: 'shapes', name: 'x', questions: { name, items }, steps: 3, guidance: 3 }

  it('draws with the same options, and refuses the same', async () => {
    const options = { scheduler: 'ddim', eta: 1, negativePrompt: 'a red ring' } as const
    const root = await newRoot()
    const job = await start(evaluateStage, { ...settings, ...options } as never, { root, inline: true })
    const { images } = await job.result()
    const { dir, records } = await readImageFolder(join(job.dir, images))
    const captions = records.map(({ text }) => text)
    const seed = records.map((record) => record.seed as number)
    const drawn = await (await T2I.load('shapes')).draw(captions, { steps: 3, guidance: 3, ...options, seed })
    expect(await decodePng(join(dir, records[0].file_name))).toEqual(drawn.pictures[0])
    const error = await rejection(start(evaluateStage, { ...settings, eta: 1, scheduler: 'pndm' } as never))
    expect(error.message).toContain('eta 1 with PNDMScheduler')
    const { file } = await describeJob(evaluateStage, settings as never)
    const identity = evaluateStage.identity!(evaluateStage.settings.parse(file.settings)) as object
    expect(Object.keys(identity).sort()).toEqual(
      'guidance judge name questions rescale seeds steps weights'.split(' '),
    )
  })
})
