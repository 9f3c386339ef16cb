// A pipeline folder that holds one variant only, its weights under their unmarked names: links to a folder that has
// several. What opens a pipeline needs to know nothing of variants then, and neither does a job in another process.
import { randomBytes } from 'node:crypto'
import { copyFile, link, mkdir, readdir, realpath, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { cacheFolder } from '../base/cache-folder.ts'
import { confine, fileError, sha256 } from '../base/files.ts'
import { pipelineFiles } from './pipeline-files.ts'

export interface VariantOptions {
  /** What the folder is called, without the variant. */
  name: string
  variant: string
  /** Default: `variants` in the user's cache (`SELMA_CACHE`). */
  cache?: string
}

/** Every file below a folder, with slashes. */
async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true }).catch((error) => {
    throw fileError(error, 'read', folder)
  })
  return entries.map((name) => name.split(sep).join('/'))
}

/** The name of a weight file without its mark: `model.fp16.safetensors` → `model.safetensors`. */
const unmarked = (path: string, variant: string): string =>
  path
    .replace(`.${variant}-`, '-')
    .replace(`.${variant}.safetensors`, '.safetensors')
    .replace(`.index.${variant}.json`, '.index.json')
    .replace(`.${variant}.index.json`, '.index.json')

/** A link where that is possible, a copy elsewhere. */
async function place(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await symlink(from, to)
    .catch(() => link(from, to))
    .catch(() => copyFile(from, to))
}

/**
 * The folder of one variant of a pipeline; components that lack it come unmarked. Made once for the same files.
 *
 * @throws SelmaError as `pipelineFiles`; `io` when the cache cannot be written
 */
export async function variantFolder(folder: string, options: VariantOptions): Promise<string> {
  const { name, variant, cache = join(cacheFolder(), 'variants') } = options
  const listing = (await listFiles(folder)).map((path) => ({ path }))
  const { files, weights, variants } = pipelineFiles(listing, { variant })
  const marked = new Set(Object.keys(weights).filter((component) => variants[component] === variant))
  const places = await Promise.all(
    files.map(async (path) => {
      const from = await realpath(confine(folder, path))
      const { size, mtimeMs } = await stat(from)
      const [component] = path.split('/')
      return { from, to: marked.has(component) ? unmarked(path, variant) : path, size, mtimeMs }
    }),
  ).catch((error) => {
    throw fileError(error, 'read', folder)
  })
  const identity = sha256(JSON.stringify(places)).slice(0, 16)
  const made = join(cache, identity, `${name.replace(/[^\w.-]+/g, '-')}-${variant.replace(/[^\w.-]+/g, '-')}`)
  const known = await stat(made).catch(() => undefined)
  if (known) return made
  const temporary = join(cache, `${identity}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    for (const { from, to } of places) await place(from, join(temporary, to))
    await mkdir(dirname(made), { recursive: true })
    // Another process may have made it meanwhile: the same one.
    await rename(temporary, made).catch(async (error) => {
      if (!(await stat(made).catch(() => undefined))) throw error
    })
  } catch (error) {
    throw fileError(error, 'write', made)
  } finally {
    await rm(temporary, { recursive: true, force: true })
  }
  return made
}
