import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type KeptSeed, readSeed, writeSeed } from '../../../scripts/science/kept-seeds.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kept-'))
})
afterAll(() => rm(folder, { recursive: true }))

const best = { guidance: 3, weight: 1.25, dsg: 0.1 + 0.2 }
const found: KeptSeed = {
  key: 'a'.repeat(64),
  teacher: null,
  models: [
    {
      name: 'merged',
      kind: 'merged',
      best,
      curve: [best],
      rows: [
        {
          model: 'merged',
          judge: 'shapes scene reader',
          seed: 0,
          trainingSeed: 1,
          itemId: 'color-001',
          skill: 'color',
          dsg: 7 / 9,
          strict: false,
        },
      ],
    },
  ],
}

it('gives back what was kept, number by number, and nothing for another seed', async () => {
  await writeSeed(folder, 1, found)
  expect(await readSeed(folder, 1, found.key)).toEqual(found)
  expect(await readSeed(folder, 2, found.key)).toBeUndefined()
})

it('refuses rows of another study, and a damaged file', async () => {
  await writeSeed(folder, 3, found)
  await expect(readSeed(folder, 3, 'b'.repeat(64))).rejects.toMatchObject({
    code: 'mismatch',
    message: expect.stringContaining('another study (aaaaaaaa, this is bbbbbbbb)'),
  })
  await writeFile(join(folder, 'seed-4.json.gz'), 'half')
  await expect(readSeed(folder, 4, found.key)).rejects.toMatchObject({ code: 'bad-file' })
  await writeSeed(folder, 5, { ...found, models: [{ ...found.models[0], rows: [] }] })
  await expect(readSeed(folder, 5, found.key)).rejects.toMatchObject({ code: 'bad-file' })
  await writeFile(join(folder, 'seed-6.json.gz'), gzipSync('{"key":'))
  await expect(readSeed(folder, 6, found.key)).rejects.toMatchObject({ code: 'bad-file' })
})
