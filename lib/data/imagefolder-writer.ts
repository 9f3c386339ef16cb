// Writing an imagefolder picture by picture, so that a killed job goes on where it was. Until `finish` there is
// no metadata.jsonl: a half-made dataset cannot be mistaken for a whole one. One writer a folder.
import { appendFile, mkdir, readFile, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fail } from '../base/errors.ts'
import { confine, fileError, writeFileAtomic } from '../base/files.ts'
import { canonicalJson } from '../jobs/job-name.ts'
import { type ImageRecord, metadataName, parseRecords } from './imagefolder.ts'

/** Lists the pictures written so far; gone after `finish`. */
const journalName = `${metadataName}.part`
const pictureName = /\.(png|jpe?g|webp)$/i

export class ImageFolderWriter {
  /** Absolute. */
  readonly dir: string
  readonly #records: Map<string, ImageRecord>

  private constructor(dir: string, records: Map<string, ImageRecord>) {
    this.dir = dir
    this.#records = records
  }

  /**
   * Opens a folder, made when there is none, with what an earlier writer has put there.
   *
   * @throws SelmaError `io` when it cannot be written
   */
  static async open(dir: string): Promise<ImageFolderWriter> {
    const full = resolve(dir)
    await mkdir(full, { recursive: true }).catch((error) => {
      throw fileError(error, 'make', full)
    })
    const records = new Map<string, ImageRecord>()
    for (const name of [metadataName, journalName]) {
      const text = await readFile(join(full, name), 'utf8').catch(() => '')
      // What follows the last line break was cut off by a kill.
      for (const record of parseRecords(text.slice(0, text.lastIndexOf('\n') + 1), full)) {
        const size = (await stat(join(full, record.file_name)).catch(() => undefined))?.size
        if (size) records.set(record.file_name, record)
      }
    }
    const writer = new ImageFolderWriter(full, records)
    await writer.#writeRecords(journalName)
    await rm(join(full, metadataName), { force: true })
    return writer
  }

  /** How many pictures are there. */
  get size(): number {
    return this.#records.size
  }

  /** True when this picture is there already. */
  has(fileName: string): boolean {
    return this.#records.has(fileName)
  }

  /** The records so far, ordered by file name, whatever the order they came in. */
  get records(): ImageRecord[] {
    return [...this.#records.values()].sort((a, b) => (a.file_name < b.file_name ? -1 : 1))
  }

  /**
   * Writes a picture and notes its record; afterwards it survives a kill.
   *
   * @param picture the bytes of a PNG, JPEG or WebP file, as its name says
   * @throws SelmaError `bad-input` for a name that is taken or no picture's, `bad-file` for one outside the folder,
   *   `io` when it cannot be written
   */
  async add(picture: Uint8Array, record: ImageRecord): Promise<void> {
    const { file_name: name } = record
    const path = confine(this.dir, name)
    if (!pictureName.test(name))
      fail('bad-input', `no name for a picture: ${name}`, 'end it in .png, .jpg or .webp')
    if (this.has(name))
      fail('bad-input', `there is a picture ${name} already`, 'ask has() first, or take another name')
    if (picture.length === 0) fail('bad-input', `the picture ${name} has no bytes`)
    canonicalJson(record, `the record of ${name}`)
    await writeFileAtomic(path, picture)
    const journal = join(this.dir, journalName)
    await appendFile(journal, lineOf(record)).catch((error) => {
      throw fileError(error, 'write', journal)
    })
    this.#records.set(name, { ...record })
  }

  /**
   * Writes metadata.jsonl: the dataset is whole.
   *
   * @throws SelmaError `bad-input` when there are no pictures, `io` when it cannot be written
   */
  async finish(): Promise<ImageRecord[]> {
    if (this.size === 0) fail('bad-input', `no pictures were added to ${this.dir}`, 'add at least one')
    await this.#writeRecords(metadataName)
    await rm(join(this.dir, journalName), { force: true })
    return this.records
  }

  async #writeRecords(name: string): Promise<void> {
    await writeFileAtomic(join(this.dir, name), this.records.map(lineOf).join(''))
  }
}

const lineOf = (record: ImageRecord) => `${JSON.stringify(record)}\n`
