// Loading and saving LoRA files and folders, whichever of the three formats they are in.
// Not the formats themselves: those are lora-diffusers.ts, lora-peft.ts and lora-kohya.ts.
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { fail } from '../base/errors.ts'
import { fileError, readJson, writeJson } from '../base/files.ts'
import { isKohyaKey } from './kohya-names.ts'
import { checkLora, type Lora } from './lora.ts'
import { diffusersLoraFile, readDiffusersLora, writeDiffusersLora } from './lora-diffusers.ts'
import type { LoraDtype } from './lora-drafts.ts'
import { kohyaLoraFile, readKohyaLora, writeKohyaLora } from './lora-kohya.ts'
import { peftConfigFile, peftLoraFile, readPeftLora, writePeftLora } from './lora-peft.ts'
import { type ReadTensor, SafetensorsFile, writeSafetensors } from './safetensors.ts'

/** File formats a LoRA can be saved in. */
export const loraFormats = ['diffusers', 'peft', 'kohya'] as const
export type LoraFormat = (typeof loraFormats)[number]

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (s) => s.isFile(),
    () => false,
  )

/** The LoRA file of a folder: diffusers' name, PEFT's name, or the only safetensors file. */
async function fileIn(path: string): Promise<string> {
  const found = await stat(path).catch((error) => {
    throw fileError(error, 'read', path)
  })
  if (!found.isDirectory()) return path
  const names = (await readdir(path)).filter((name) => name.endsWith('.safetensors')).sort()
  for (const name of [diffusersLoraFile, peftLoraFile]) if (names.includes(name)) return join(path, name)
  if (names.length === 1) return join(path, names[0])
  return fail(
    'not-found',
    `${path} has ${names.length === 0 ? 'no' : names.length} safetensors files`,
    names.length === 0
      ? `a folder with ${diffusersLoraFile} or ${peftLoraFile} is needed`
      : `name one of ${names.join(', ')}`,
  )
}

/**
 * Loads a LoRA from a file, or from a folder as diffusers or PEFT write it. The format is told from the keys.
 * Where no alpha is recorded, alpha = rank. Weights become float32.
 *
 * @param component the model a PEFT adapter belongs to, when its file does not say; see `readPeftLora`
 * @throws SelmaError `not-found`; `bad-file` listing keys that are not understood; `unsupported` for DoRA and such
 */
export async function loadLora(pathOrFolder: string, options: { component?: string } = {}): Promise<Lora> {
  const path = await fileIn(pathOrFolder)
  const file = await SafetensorsFile.open(path)
  const tensors: [string, ReadTensor][] = []
  for (const name of file.names()) tensors.push([name, await file.tensor(name)])
  if (tensors.length > 0 && tensors.every(([key]) => isKohyaKey(key)))
    return readKohyaLora(tensors, file.metadata, path)
  if (tensors.some(([key]) => key.startsWith('base_model.model.'))) {
    const configPath = join(dirname(path), peftConfigFile)
    const config = (await isFile(configPath)) ? await readJson(configPath) : undefined
    return readPeftLora(tensors, file.metadata, config, path, options.component)
  }
  return readDiffusersLora(tensors, file.metadata, path)
}

/**
 * Saves a LoRA. Each file appears whole or not at all.
 *
 * @param folder a folder (made if missing); for `diffusers` and `kohya` also a file name ending in `.safetensors`
 * @param options.format `diffusers` (default): `pytorch_lora_weights.safetensors`; `peft`: `adapter_model.safetensors`
 *   and `adapter_config.json`; `kohya`: one file of flat names
 * @param options.dtype `F32` (default), `F16` or `BF16`
 * @returns the path of the weights file
 * @throws SelmaError `bad-input` for an unknown format, `mismatch` for shapes that do not fit, `unsupported`, `io`
 */
export async function saveLora(
  folder: string,
  lora: Lora,
  options: { format?: LoraFormat; dtype?: LoraDtype } = {},
): Promise<string> {
  const { format = 'diffusers', dtype = 'F32' } = options
  if (!loraFormats.includes(format))
    fail('bad-input', `unknown LoRA format: ${format}`, `choose ${loraFormats.join(', ')}`)
  if (!['F32', 'F16', 'BF16'].includes(dtype))
    fail('bad-input', `unknown LoRA dtype: ${dtype}`, 'choose F32, F16 or BF16')
  checkLora(lora)
  const named = folder.endsWith('.safetensors')
  if (format === 'peft') {
    if (named) fail('bad-input', `the PEFT format is a folder, but ${basename(folder)} names a file`)
    const { tensors, metadata, config } = writePeftLora(lora, dtype)
    const path = join(folder, peftLoraFile)
    await writeSafetensors(path, tensors, metadata)
    await writeJson(join(folder, peftConfigFile), config)
    return path
  }
  const path = named ? folder : join(folder, format === 'kohya' ? kohyaLoraFile : diffusersLoraFile)
  const { tensors, metadata } =
    format === 'kohya' ? writeKohyaLora(lora, dtype) : writeDiffusersLora(lora, dtype)
  await writeSafetensors(path, tensors, metadata)
  return path
}
