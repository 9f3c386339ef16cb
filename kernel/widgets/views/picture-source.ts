// Pictures by prompt and seed, from whatever the library returns: scored models, datasets, drawn pictures. What the
// image grid and the blind comparison have in common. Pictures stay where they are until somebody asks for one.
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../../../lib/base/errors.ts'
import { confine, fileError } from '../../../lib/base/files.ts'
import { type ImageRecord, metadataName, parseRecords } from '../../../lib/data/imagefolder.ts'
import type { Question } from '../../../lib/data/question.ts'
import type { Dataset, ModelScores, Pictures } from '../../../lib/index.ts'
import { questionScores } from '../../../lib/metrics/index.ts'
import { picture as pictureBundle } from '../../display/pictures.ts'
import { brief } from './brief.ts'

/** What pictures can be taken from. */
export type PictureSource = ModelScores | Dataset | Pictures

/** One picture, not read yet. */
export interface SourcePicture {
  /** Pictures of different sources with the same key belong side by side: same prompt, same seed. */
  key: string
  /** Names the prompt, within its source and across sources. */
  item: string
  prompt: string
  skill: string
  seed: number | null
  settings: string
  questions: readonly Question[]
  /** See lib/messages/views/image-grid.ts. */
  outcomes: string
  said: string[]
  bytes(): Promise<Uint8Array>
}

export interface OpenSource {
  name: string
  judge: string | null
  pictures: SourcePicture[]
}

const largest = 20_000_000
const plain = { questions: [], outcomes: '', said: [] }

/** Bytes and type of a picture file. @throws SelmaError `bad-file` for what is no picture, or too large */
export async function readPictureFile(path: string): Promise<Uint8Array> {
  const { size } = await stat(path).catch((error) => {
    throw fileError(error, 'read', path)
  })
  if (size > largest) fail('bad-file', `${path} has ${size} bytes, which is more than ${largest}`)
  const bytes = await readFile(path)
  mimeOf(bytes)
  return bytes
}

/** The MIME type of a picture's bytes. @throws SelmaError `bad-file` for other bytes */
export function mimeOf(bytes: Uint8Array): string {
  const type = Object.keys(pictureBundle(bytes) ?? {})[0]
  return type ?? fail('bad-file', 'the file is no PNG, JPEG, GIF or WebP picture')
}

const isScores = (source: PictureSource): source is ModelScores => 'answers' in source
const isDataset = (source: PictureSource): source is Dataset => 'records' in source && 'dir' in source

/**
 * Lists a source's pictures without reading them.
 *
 * @param name how it is called; default its own name
 * @throws SelmaError `bad-input` for something else than a source, `io` or `bad-file` for a folder that cannot be read
 */
export async function openSource(source: PictureSource, name?: string): Promise<OpenSource> {
  if (typeof source === 'object' && source !== null) {
    if (isScores(source)) return fromScores(source, name ?? source.name)
    if (isDataset(source)) return fromDataset(source, name ?? 'pictures')
    if ('pictures' in source && 'captions' in source) return fromPictures(source, name ?? 'pictures')
  }
  return fail(
    'bad-input',
    'this is nothing to take pictures from',
    'give scores, a dataset, or drawn pictures',
  )
}

async function fromScores(scores: ModelScores, name: string): Promise<OpenSource> {
  const path = join(scores.images, metadataName)
  const text = await readFile(path, 'utf8').catch((error) => {
    throw fileError(error, 'read', path)
  })
  const files = new Map(
    parseRecords(text, scores.images).map((record) => [`${record.id} ${record.sample}`, record]),
  )
  const answers = new Map<string, Map<number, string>>()
  for (const { itemId, seed, questionId, answer } of scores.answers) {
    const key = `${itemId} ${seed}`
    const known = answers.get(key)
    if (known) known.set(questionId, answer)
    else answers.set(key, new Map([[questionId, answer]]))
  }
  const items = new Map(scores.questions.items.map((item) => [item.id, item]))
  const pictures = scores.rows.flatMap((row): SourcePicture[] => {
    const key = `${row.itemId} ${row.seed}`
    const item = items.get(row.itemId)
    const record = files.get(key)
    if (!item || !record) return []
    const given = answers.get(key)
    const said = item.questions.map(({ id }) => given?.get(id) ?? '')
    const counted = questionScores(item, said)
    // Of a set whose questions depend on none: what a question says by itself.
    const alone = questionScores(
      { ...item, questions: item.questions.map((question) => ({ ...question, dependencies: [] })) },
      said,
    )
    return [
      {
        key,
        item: row.itemId,
        prompt: item.text,
        skill: item.skill ?? '',
        seed: row.seed,
        settings: [
          `seed ${row.seed}`,
          ...(row.guidance === undefined ? [] : [`guidance ${row.guidance}`]),
          ...(row.trainingSeed === undefined ? [] : [`training seed ${row.trainingSeed}`]),
          `DSG ${(row.dsg * 100).toFixed(0)} %`,
        ].join(', '),
        questions: item.questions,
        outcomes: counted.map((score, at) => (score ? '1' : alone[at] ? 'x' : '0')).join(''),
        said,
        bytes: () => readPictureFile(confine(scores.images, record.file_name)),
      },
    ]
  })
  return { name, judge: scores.rows[0]?.judge ?? null, pictures }
}

/** The further columns of a record, for people. */
function columns({ file_name, text: _, ...more }: ImageRecord): string {
  const parts = Object.entries(more)
    .filter(([, value]) => ['string', 'number', 'boolean'].includes(typeof value) && value !== '')
    .map(([key, value]) => `${key} ${value}`)
  return brief([...parts, file_name].join(', '), 400)
}

/** Counts how often each text came so far. */
function counter(): (text: string) => number {
  const seen = new Map<string, number>()
  return (text) => {
    const times = seen.get(text) ?? 0
    seen.set(text, times + 1)
    return times
  }
}

function fromDataset({ dir, records }: Dataset, name: string): OpenSource {
  const times = counter()
  const pictures = records.map((record): SourcePicture => {
    const item = typeof record.id === 'string' ? record.id : record.text
    return {
      ...plain,
      key: `${item} ${typeof record.sample === 'number' ? record.sample : times(item)}`,
      item,
      prompt: record.text,
      skill: typeof record.skill === 'string' ? record.skill : '',
      seed: typeof record.seed === 'number' ? record.seed : null,
      settings: columns(record),
      bytes: () => readPictureFile(confine(dir, record.file_name)),
    }
  })
  return { name, judge: null, pictures }
}

function fromPictures(drawn: Pictures, name: string): OpenSource {
  const times = counter()
  const { title } = drawn.grid()
  const pictures = drawn.captions.map(
    (prompt, at): SourcePicture => ({
      ...plain,
      key: `${prompt} ${times(prompt)}`,
      item: prompt,
      prompt,
      skill: '',
      seed: null,
      settings: brief(title, 400),
      bytes: () => drawn.png(at),
    }),
  )
  return { name, judge: null, pictures }
}
