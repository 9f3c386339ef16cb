// Where a mix is saved: never over another expert unless that was asked for, never over one that is being mixed.
import { readdir, realpath, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { fail } from '../../../lib/base/errors.ts'
import { fileError } from '../../../lib/base/files.ts'
import { saveLora } from '../../../lib/formats/lora-files.ts'
import { Expert } from '../../../lib/index.ts'

/** The weights files of a folder; none where there is no folder. @throws SelmaError `bad-input` for a file */
async function weightsIn(folder: string): Promise<string[]> {
  const path = resolve(folder)
  const found = await stat(path).catch((error) => {
    if (error.code === 'ENOENT') return undefined
    throw fileError(error, 'read', path)
  })
  if (!found) return []
  if (!found.isDirectory()) fail('bad-input', `${path} is a file`, 'name a folder; it is made if missing')
  const names = await readdir(path).catch((error) => {
    throw fileError(error, 'read', path)
  })
  return names.filter((name) => name.endsWith('.safetensors'))
}

/** Whether a folder has an expert in it. @throws SelmaError `bad-input` when the path is a file, `io` */
export const holdsExpert = async (folder: string): Promise<boolean> => (await weightsIn(folder)).length > 0

const real = (path: string): Promise<string> => realpath(path).catch(() => resolve(path))

/**
 * Saves an expert into a folder.
 *
 * @param options.keep folders and files that are never written to
 * @returns the saved one
 * @throws SelmaError `bad-input` for a folder with an expert (unless `overwrite`), with other weights, or to be kept
 */
export async function saveMix(
  expert: Expert,
  folder: string,
  { name, overwrite, keep }: { name: string; overwrite: boolean; keep: readonly string[] },
): Promise<Expert> {
  const path = resolve(folder)
  if (path.endsWith('.safetensors'))
    fail('bad-input', `${path} names a file`, 'name a folder; it is made if missing')
  const there = await weightsIn(path)
  const where = await real(path)
  const kept = await Promise.all(keep.map(real))
  if (kept.some((one) => one === where || dirname(one) === where))
    fail('bad-input', `${path} is one of the experts that are mixed`, 'choose another folder')
  if (there.some((file) => file !== 'pytorch_lora_weights.safetensors'))
    fail('bad-input', `${path} has other weights in it: ${there.join(', ')}`, 'choose another folder')
  if (there.length > 0 && !overwrite)
    fail('bad-input', `${path} has an expert in it`, 'choose another folder, or { overwrite: true }')
  const lora = await expert.load()
  await saveLora(path, { ...lora, metadata: { ...lora.metadata, selma_expert: name } })
  return new Expert(name, path, expert.note)
}
