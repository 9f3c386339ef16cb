// A LoRA of the Hub: the one file that it is, or a PEFT folder, into the cache that Python uses.
import { join } from 'node:path'
import { fail } from '../base/errors.ts'
import { diffusersLoraFile } from '../formats/lora-diffusers.ts'
import { peftConfigFile, peftLoraFile } from '../formats/lora-peft.ts'
import { downloadSnapshot, type HubOptions } from '../hub/index.ts'
import { callerSignal } from './caller.ts'

export interface HubLoraOptions extends Pick<HubOptions, 'token' | 'endpoint' | 'cacheDir' | 'env'> {
  /** Branch, tag or commit on the Hub. Default 'main'. */
  revision?: string
  /** The file, where the repository has several: diffusers' `weight_name`. */
  weightName?: string
  signal?: AbortSignal
}

/** The files of a repository that are a LoRA: diffusers' name, PEFT's two, or the only safetensors file. */
function loraFiles(names: readonly string[], repo: string, wanted: string | undefined): string[] {
  const config = names.filter((name) => name === peftConfigFile)
  if (wanted !== undefined) return [wanted, ...(wanted === peftLoraFile ? config : [])]
  if (names.includes(diffusersLoraFile)) return [diffusersLoraFile]
  if (names.includes(peftLoraFile)) return [peftLoraFile, ...config]
  const files = names.filter((name) => /^[^/]+\.safetensors$/.test(name))
  if (files.length === 1) return files
  if (names.includes('model_index.json'))
    fail('bad-input', `${repo} is a whole model, not a LoRA`, `open it with T2I.load('${repo}')`)
  return fail(
    'not-found',
    `${repo} has ${files.length === 0 ? 'no LoRA in safetensors' : `${files.length} safetensors files`}`,
    files.length === 0
      ? `${diffusersLoraFile} or ${peftLoraFile} is needed`
      : `give weightName: one of ${files.slice(0, 8).join(', ')}`,
  )
}

/**
 * Brings a LoRA from the Hub.
 *
 * @returns where its file is, and where it came from in words
 * @throws SelmaError `not-found` when there is none, or several; as `downloadSnapshot`
 */
export async function fetchLora(
  repo: string,
  options: HubLoraOptions = {},
): Promise<{ at: string; note: string }> {
  const { weightName, signal = callerSignal(), ...rest } = options
  const { folder, files, note } = await downloadSnapshot({
    ...rest,
    ...{ repo, signal },
    select: (listing) =>
      loraFiles(
        listing.map(({ path }) => path),
        repo,
        weightName,
      ),
  })
  return { at: join(folder, files[0]), note }
}
