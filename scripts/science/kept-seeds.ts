// The rows of finished training seeds as files, one a seed: a study of many hours goes on from them on another machine,
// and its tables can be made again without training. Only for seeds without controls: what the claims rest on.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { z } from 'zod'
import { fail } from '../../lib/base/errors.ts'
import { writeFileAtomic } from '../../lib/base/files.ts'
import { pictureRow } from '../../lib/metrics/rows.ts'
import type { Scored } from './score.ts'

/** A model as it was scored. */
export interface KeptModel extends Scored {
  name: string
  kind: string
}

/** What was found of one training seed. */
export interface KeptSeed {
  /** Of everything that decides the rows; see `readSeed`. */
  key: string
  teacher: { kept: number; first: number } | null
  models: KeptModel[]
}

const point = z.object({ guidance: z.number(), weight: z.number(), dsg: z.number() })
const kept = z.object({
  key: z.string(),
  teacher: z.object({ kept: z.number(), first: z.number() }).nullable(),
  models: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      best: point,
      curve: z.array(point),
      rows: z.array(pictureRow).nonempty(),
    }),
  ),
})

const fileOf = (folder: string, seed: number): string => join(folder, `seed-${seed}.json.gz`)

/**
 * The rows of a seed, where the folder has them.
 *
 * @param key hash of condition, base, questions and what is chosen from
 * @throws SelmaError `mismatch` when they are of another study, `bad-file` when the file is damaged
 */
export async function readSeed(folder: string, seed: number, key: string): Promise<KeptSeed | undefined> {
  const path = fileOf(folder, seed)
  if (!existsSync(path)) return undefined
  const bytes = await readFile(path)
  const json = await promisify(gunzip)(bytes)
    .then((text) => JSON.parse(text.toString('utf8')))
    .catch((error) => fail('bad-file', `${path} is no compressed JSON: ${(error as Error).message}`))
  const parsed = kept.safeParse(json)
  if (!parsed.success) fail('bad-file', `${path} holds no seed's rows: ${z.prettifyError(parsed.error)}`)
  if (parsed.data.key !== key)
    fail(
      'mismatch',
      `${path} is of another study (${parsed.data.key.slice(0, 8)}, this is ${key.slice(0, 8)})`,
      'name another folder with --rows, or give the options that it was made with',
    )
  return parsed.data
}

export async function writeSeed(folder: string, seed: number, found: KeptSeed): Promise<void> {
  const text = JSON.stringify(found)
  await writeFileAtomic(fileOf(folder, seed), await promisify(gzip)(text, { level: 9 }))
}
