// Stage 2 as calls: pictures of prompts, drawn by the model that will be trained. Like prompts.ts, one form waits and
// one starts a job.
import { basename, join } from 'node:path'
import { fail } from '../base/errors.ts'
import { type ImageRecord, readImageFolder } from '../data/imagefolder.ts'
import type { PromptRecord } from '../data/prompt-file.ts'
import { decodePng } from '../formats/png.ts'
import { type ImagesResult, type ImagesSettings, imagesStage } from '../images/index.ts'
import type { Job } from '../jobs/index.ts'
import { ImageGrid } from '../plots/index.ts'
import { type Device, resolveDevice } from '../runtime/index.ts'
import { begin, type CallOptions, call, type Where } from './call.ts'
import { computedOn } from './computed-on.ts'
import { bundleOf, displaySymbol, type MimeBundle, origin } from './display.ts'
import { Prompts } from './prompts.ts'
import type { T2I } from './t2i.ts'
import { hashed, tellOpened } from './used.ts'

/** An imagefolder with captions. */
export class Dataset {
  readonly dir: string
  readonly records: readonly ImageRecord[]
  readonly note: string
  readonly result?: ImagesResult

  constructor(dir: string, records: readonly ImageRecord[], note: string, result?: ImagesResult) {
    this.dir = dir
    this.records = records
    this.note = note
    this.result = result
  }

  get length(): number {
    return this.records.length
  }

  /** An imagefolder on disk. @throws SelmaError when metadata.jsonl or a picture is missing */
  static async read(dir: string): Promise<Dataset> {
    const folder = await readImageFolder(dir)
    await tellOpened('data', `${basename(folder.dir)}, ${folder.records.length} pictures`, dir)
    return new Dataset(folder.dir, folder.records, `read from ${dir}`)
  }

  /** The first pictures as a grid. */
  async grid(count = 10): Promise<ImageGrid> {
    const shown = this.records.slice(0, count)
    const items = await Promise.all(
      shown.map(async ({ file_name, text }) => ({
        picture: await decodePng(join(this.dir, file_name)),
        caption: text,
      })),
    )
    return new ImageGrid(items, { title: `${this.records.length} pictures, ${this.note}` })
  }

  async [displaySymbol](): Promise<MimeBundle> {
    return bundleOf(await this.grid())
  }
}

/** `device` default: the model's. */
type ImageOptions = Omit<ImagesSettings, 'model' | 'loras' | 'prompts' | 'device' | 'dtype'> & {
  device?: Device
}

const imageSettings = async (
  model: T2I,
  from: Prompts | readonly (string | PromptRecord)[],
  { device, ...options }: ImageOptions,
): Promise<ImagesSettings> => {
  const records =
    from instanceof Prompts
      ? from.records
      : from.map((each) => (typeof each === 'string' ? { text: each } : each))
  if (records.length === 0) fail('bad-input', 'there are no prompts to draw')
  return {
    model: model.base,
    loras: [...model.loras],
    prompts: records as ImagesSettings['prompts'],
    ...options,
    ...computedOn(device ? await resolveDevice(device) : model.device, model.dtype),
  }
}

/** Stage 2. */
export const images = {
  /** One picture a prompt (or more), by the model that will be trained. */
  async generate(
    model: T2I,
    from: Prompts | readonly (string | PromptRecord)[],
    options: ImageOptions & CallOptions = {},
  ): Promise<Dataset> {
    const { fresh, signal, onEvent, root, ...rest } = options
    const { job, result } = await call(
      imagesStage,
      await imageSettings(model, from, rest),
      { fresh, root, signal, onEvent },
      async ({ dir }, { folder, count, chosen }) => {
        const name = `${from instanceof Prompts ? from.skill : model.name}, ${count} pictures`
        const made = { kind: 'data' as const, ...(await hashed(name, join(dir, folder))) }
        return { made, ...(chosen ? { judge: chosen.judge } : {}) }
      },
    )
    const folder = await readImageFolder(join(job.dir, result.folder))
    return new Dataset(folder.dir, folder.records, origin(job.cached), result)
  },
  start: async (
    model: T2I,
    from: Prompts | readonly (string | PromptRecord)[],
    { fresh, root, ...options }: ImageOptions & Where = {},
  ): Promise<Job<ImagesResult>> =>
    begin(imagesStage, await imageSettings(model, from, options), { fresh, root }),
  read: Dataset.read,
}
