// Merging experts that lie in folders into a folder. Quick work, so no job: the merge is written
// atomically and recorded in the LoRA's own metadata.
import { loadLora, saveLora } from '../formats/lora-files.ts'
import { merge } from './merge.ts'
import type { MergeOptions } from './options.ts'

/** Merges LoRA folders or files and writes the result as a diffusers LoRA folder. Returns the path of its weights. */
export async function mergeFiles(
  experts: readonly string[],
  out: string,
  options: MergeOptions = {},
): Promise<string> {
  const loras = await Promise.all(experts.map((path) => loadLora(path)))
  return saveLora(out, merge(loras, { ids: [...experts], ...options }))
}
