import { existsSync } from 'node:fs'
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { readImageFolder } from '../../lib/data/imagefolder.ts'
import { ImageFolderWriter } from '../../lib/data/imagefolder-writer.ts'

const made: string[] = []
let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'selma-imagefolder-'))
  made.push(dir)
})
afterAll(async () => {
  for (const folder of made) await rm(folder, { recursive: true, force: true })
})

const write = (...lines: string[]) => writeFile(join(dir, 'metadata.jsonl'), lines.join('\n'))
const line = (file_name: string, text = 'a caption') => JSON.stringify({ file_name, text })
const bytes = (text: string) => new TextEncoder().encode(text)

describe('readImageFolder', () => {
  it('reads records in order, with further columns, whoever wrote the line ends', async () => {
    await mkdir(join(dir, 'sub'))
    await writeFile(join(dir, 'b.png'), 'B')
    await writeFile(join(dir, 'sub', 'a.jpg'), 'A')
    await writeFile(
      join(dir, 'metadata.jsonl'),
      '\uFEFF{"file_name":"b.png","text":"zwei Bäume","seed":5}\r\n\r\n{"file_name":"sub/a.jpg","text":""}',
    )
    const { records, hash } = await readImageFolder(dir)
    expect(records).toEqual([
      { file_name: 'b.png', text: 'zwei Bäume', seed: 5 },
      { file_name: 'sub/a.jpg', text: '' },
    ])
    const moved = `${dir}-moved`
    made.push(moved)
    await rename(dir, moved)
    expect((await readImageFolder(moved)).hash).toBe(hash)
    await writeFile(join(moved, 'b.png'), 'C')
    expect((await readImageFolder(moved)).hash).not.toBe(hash)
  })

  it('says what is missing', async () => {
    await expect(readImageFolder(join(dir, 'nothing'))).rejects.toMatchObject({ code: 'not-found' })
    await expect(readImageFolder(dir)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringContaining('is empty'),
    })
    await writeFile(join(dir, 'metadata.csv'), 'file_name,text\n')
    await expect(readImageFolder(dir)).rejects.toMatchObject({
      code: 'not-found',
      hint: expect.stringContaining('metadata.csv is not read'),
    })
    await mkdir(join(dir, 'train'))
    await writeFile(join(dir, 'train', 'metadata.jsonl'), line('x.png'))
    await expect(readImageFolder(dir)).rejects.toMatchObject({ hint: expect.stringContaining('train') })
    await write('', '  ')
    await expect(readImageFolder(dir)).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining('names no pictures'),
    })
  })

  it('lists pictures that are not there', async () => {
    await writeFile(join(dir, '0.png'), 'x')
    await write(...Array.from({ length: 8 }, (_, index) => line(`${index}.png`)))
    await expect(readImageFolder(dir)).rejects.toMatchObject({
      code: 'not-found',
      message: expect.stringMatching(/^7 of 8 .*"1\.png", .*"5\.png", and 2 more$/),
    })
  })

  it.each([
    ['{"file_name": "a.png", "text"', 'line 2 is not JSON'],
    ['["a.png"]', 'line 2: '],
    ['{"file_name":"a.png","caption":"x"}', 'line 2: text'],
    ['{"file_name":5,"text":"x"}', 'line 2: file_name'],
    [line('../a.png'), 'line 2: the name "../a.png" points outside'],
    [line('/etc/passwd'), 'line 2: the name "/etc/passwd" points outside'],
  ])('names the line of %s', async (bad, message) => {
    await writeFile(join(dir, 'a.png'), 'x')
    await write(line('a.png'), bad)
    await expect(readImageFolder(dir)).rejects.toMatchObject({
      code: 'bad-file',
      message: expect.stringContaining(message),
    })
  })
})

describe('ImageFolderWriter', () => {
  it('writes what readImageFolder reads, in an order of its own', async () => {
    const writer = await ImageFolderWriter.open(join(dir, 'new', 'folder'))
    await writer.add(bytes('2'), { file_name: '0002.png', text: 'two "quoted"\nlines', seed: 2 })
    await writer.add(bytes('1'), { file_name: '0001.png', text: 'one', nested: { list: [1, null] } })
    await expect(readImageFolder(writer.dir)).rejects.toMatchObject({ code: 'not-found' })
    const records = await writer.finish()
    expect(records.map((record) => record.file_name)).toEqual(['0001.png', '0002.png'])
    expect((await readImageFolder(writer.dir)).records).toEqual(records)
    expect((await readdir(writer.dir)).sort()).toEqual(['0001.png', '0002.png', 'metadata.jsonl'])
  })

  it('goes on after a kill, to the same bytes', async () => {
    const names = ['a.png', 'b.png', 'c.png', 'd.png']
    const whole = await ImageFolderWriter.open(join(dir, 'whole'))
    for (const name of names) await whole.add(bytes(name), { file_name: name, text: name })
    await whole.finish()

    const cut = await ImageFolderWriter.open(join(dir, 'cut'))
    for (const name of names.slice(0, 3)) await cut.add(bytes(name), { file_name: name, text: name })
    // A record without its picture, a picture without its record, and half a line.
    await rm(join(cut.dir, 'b.png'))
    await writeFile(join(cut.dir, 'd.png'), 'half')
    await appendFile(join(cut.dir, 'metadata.jsonl.part'), '{"file_name":"d.p')

    const again = await ImageFolderWriter.open(cut.dir)
    expect(names.map((name) => again.has(name))).toEqual([true, false, true, false])
    expect(again.size).toBe(2)
    for (const name of names)
      if (!again.has(name)) await again.add(bytes(name), { file_name: name, text: name })
    await again.finish()
    expect((await readImageFolder(cut.dir)).hash).toBe((await readImageFolder(whole.dir)).hash)
    const files = async (folder: string) => readFile(join(folder, 'metadata.jsonl'), 'utf8')
    expect(await files(cut.dir)).toBe(await files(whole.dir))
  })

  it('adds to a finished folder, which is then not whole until finished again', async () => {
    const first = await ImageFolderWriter.open(dir)
    await first.add(bytes('1'), { file_name: '1.png', text: 'one' })
    await first.finish()
    const second = await ImageFolderWriter.open(dir)
    expect(second.records).toEqual([{ file_name: '1.png', text: 'one' }])
    expect(existsSync(join(dir, 'metadata.jsonl'))).toBe(false)
    await second.add(bytes('2'), { file_name: '2.png', text: 'two' })
    expect(await second.finish()).toHaveLength(2)
  })

  it('refuses names and records that would not be read back, and leaves nothing of them', async () => {
    const writer = await ImageFolderWriter.open(dir)
    await writer.add(bytes('1'), { file_name: '1.png', text: 'one' })
    const refused = async (picture: Uint8Array, record: Parameters<typeof writer.add>[1], code: string) =>
      expect(writer.add(picture, record)).rejects.toMatchObject({ code })
    await refused(bytes('x'), { file_name: '1.png', text: 'again' }, 'bad-input')
    await refused(bytes('x'), { file_name: '../1.png', text: '' }, 'bad-file')
    await refused(bytes('x'), { file_name: 'metadata.jsonl', text: '' }, 'bad-input')
    await refused(bytes(''), { file_name: '2.png', text: '' }, 'bad-input')
    await refused(bytes('x'), { file_name: '2.png', text: '', score: Number.NaN }, 'bad-input')
    expect((await readdir(dir)).sort()).toEqual(['1.png', 'metadata.jsonl.part'])
    const empty = await ImageFolderWriter.open(join(dir, 'empty'))
    await expect(empty.finish()).rejects.toMatchObject({ code: 'bad-input' })
  })

  it('says where it cannot write', async () => {
    await writeFile(join(dir, 'file'), '')
    await expect(ImageFolderWriter.open(join(dir, 'file', 'x'))).rejects.toMatchObject({ code: 'io' })
  })
})
