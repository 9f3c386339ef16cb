// The embedded models by name. Any other name is the path of a diffusers pipeline folder.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { fail } from '../base/errors.ts'

/** Models that come with the library: the base, and a weaker one for weak-to-strong. */
export const embeddedModels = ['shapes', 'shapes-weak'] as const

/** A model's short name and its pipeline folder. */
export interface ModelLocation {
  name: string
  folder: string
}

/** The name on the Hub of what lies in the Hub's cache: `models--org--name/snapshots/<commit>`. */
const hubName = (folder: string): string | undefined =>
  /[\\/]models--([^\\/]+?)--([^\\/]+)[\\/]snapshots[\\/][0-9a-f]{40}$/.exec(folder)?.slice(1).join('/')

/**
 * Where a model is: an embedded one by name, or a pipeline folder by path.
 *
 * @throws SelmaError `not-found` with what was looked for
 */
export function locateModel(nameOrFolder: string): ModelLocation {
  if ((embeddedModels as readonly string[]).includes(nameOrFolder)) {
    return { name: nameOrFolder, folder: fileURLToPath(new URL(`./models/${nameOrFolder}`, import.meta.url)) }
  }
  const folder = resolve(nameOrFolder)
  if (!existsSync(join(folder, 'model_index.json'))) {
    fail(
      'not-found',
      `there is no model ${JSON.stringify(nameOrFolder)}`,
      `give ${embeddedModels.join(', ')}, or a diffusers pipeline folder (one with a model_index.json)`,
    )
  }
  return { name: hubName(folder) ?? folder.split(/[\\/]/).pop() ?? folder, folder }
}
