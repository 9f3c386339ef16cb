// Datasets put together from others' pictures, kept by the hash of what is in them.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '../../lib/base/files.ts'
import type { ImageRecord } from '../../lib/data/imagefolder.ts'
import { ImageFolderWriter } from '../../lib/data/imagefolder-writer.ts'
import { Dataset } from '../../lib/index.ts'
import { jobsRoot } from '../../lib/jobs/index.ts'

/** Copies pictures into a folder of their own, with the captions given. */
export async function writeImageFolderCopy(
  parts: readonly { dir: string; record: ImageRecord }[],
): Promise<Dataset> {
  const key = sha256(JSON.stringify(parts.map(({ dir, record }) => [dir, record.file_name, record.text])))
  const folder = join(jobsRoot(), '..', 'datasets', key.slice(0, 16))
  const known = await Dataset.read(folder).catch(() => undefined)
  if (known) return known
  const writer = await ImageFolderWriter.open(folder)
  for (const [i, { dir, record }] of parts.entries()) {
    const name = `${String(i).padStart(5, '0')}.png`
    if (writer.has(name)) continue
    await writer.add(await readFile(join(dir, record.file_name)), { ...record, file_name: name })
  }
  await writer.finish()
  return Dataset.read(folder)
}
