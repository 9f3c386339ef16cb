import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readAnswerRows, readPictureRows, writeAnswerRows, writePictureRows } from '../../lib/metrics/rows.ts'
import { answers, pictureRow } from './sets.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rows-'))
})
afterAll(() => rm(folder, { recursive: true }))

describe('stored rows', () => {
  it('come back as they were', async () => {
    const rows = answers('a', 'yn', { skill: 'count', trainingSeed: 3, guidance: 7.5, answer: 'no\n"bus" é' })
    await writeAnswerRows(join(folder, 'answers.jsonl'), rows)
    expect(await readAnswerRows(join(folder, 'answers.jsonl'))).toEqual(rows)
    expect((await readFile(join(folder, 'answers.jsonl'), 'utf8')).split('\n').length).toBe(3)
    const pictures = [pictureRow('a', 0.5, { objects: 3, layout: 'x' }), pictureRow('b', 1)]
    await writePictureRows(join(folder, 'pictures.jsonl'), pictures)
    expect(await readPictureRows(join(folder, 'pictures.jsonl'))).toEqual(pictures)
  })

  it('are refused with the line when broken, and nothing is written of a broken row', async () => {
    const path = join(folder, 'bad.jsonl')
    await expect(writePictureRows(path, [pictureRow('a', 1), pictureRow('b', Number.NaN)])).rejects.toThrow(
      /row 2.*dsg/,
    )
    expect(await readdir(folder)).not.toContain('bad.jsonl')
    await writeFile(path, `${JSON.stringify(pictureRow('a', 1))}\n\n{"model":"m"}\n`)
    await expect(readPictureRows(path)).rejects.toThrow(/bad\.jsonl, line 3: judge/)
    await writeFile(path, '{"model":')
    await expect(readAnswerRows(path)).rejects.toMatchObject({ code: 'bad-file' })
    await expect(readAnswerRows(join(folder, 'none'))).rejects.toMatchObject({ code: 'not-found' })
  })
})
