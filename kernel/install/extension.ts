// The JupyterLab extension where Jupyter finds it. It comes with this package once it is built; where it is not,
// there is nothing to install.
import { existsSync } from 'node:fs'
import { cp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inPackage } from '../../lib/base/own-file.ts'
import { type Change, removeFolder, replaceFolder } from './folders.ts'

export const extensionName = '@selma-lab/jupyterlab'

export const builtExtension = (): string => inPackage('dist', 'labextension')

export const extensionFolder = (dataDir: string): string =>
  join(dataDir, 'labextensions', ...extensionName.split('/'))

async function sameFolder(a: string, b: string): Promise<boolean> {
  const list = async (folder: string) =>
    (await readdir(folder, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length))
      .sort()
  const [left, right] = [await list(a), await list(b).catch(() => [])]
  if (left.join('\n') !== right.join('\n')) return false
  for (const file of left)
    if (!(await readFile(join(a, file))).equals(await readFile(join(b, file)))) return false
  return true
}

/**
 * Copies the JupyterLab extension, if this package has one.
 *
 * @param source a built extension, a folder with its package.json
 */
export async function installExtension(
  dataDir: string,
  source = builtExtension(),
): Promise<{ folder: string; change: Change } | undefined> {
  if (!existsSync(join(source, 'package.json'))) return undefined
  const folder = extensionFolder(dataDir)
  const there = existsSync(folder)
  if (there && (await sameFolder(source, folder))) return { folder, change: 'unchanged' }
  await replaceFolder(dataDir, folder, (path) => cp(source, path, { recursive: true }))
  return { folder, change: there ? 'updated' : 'installed' }
}

/** @returns the folder that went, undefined when there was none */
export async function uninstallExtension(dataDir: string): Promise<string | undefined> {
  const folder = extensionFolder(dataDir)
  if (!existsSync(folder)) return undefined
  await removeFolder(dataDir, folder)
  return folder
}
