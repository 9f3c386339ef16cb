// Folders that appear and go as a whole, so that Jupyter never reads half a kernel.
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileError } from '../../lib/base/files.ts'

/** What an installation did to a folder. */
export type Change = 'installed' | 'updated' | 'unchanged'

/**
 * Puts a folder in the place of another: it is made beside Jupyter's folders, where nothing looks for it, and
 * renamed when it is whole.
 *
 * @param dataDir on the same disk as `folder`
 */
export async function replaceFolder(
  dataDir: string,
  folder: string,
  make: (path: string) => Promise<void>,
): Promise<void> {
  const temporary = join(dataDir, `.selma-${randomBytes(6).toString('hex')}.tmp`)
  try {
    await mkdir(join(temporary, 'new'), { recursive: true })
    await make(join(temporary, 'new'))
    await mkdir(dirname(folder), { recursive: true })
    if (existsSync(folder)) await rename(folder, join(temporary, 'old'))
    await rename(join(temporary, 'new'), folder)
  } catch (error) {
    if (existsSync(join(temporary, 'old')) && !existsSync(folder))
      await rename(join(temporary, 'old'), folder).catch(() => {})
    throw fileError(error, 'install into', folder)
  } finally {
    await rm(temporary, { recursive: true, force: true }).catch(() => {})
  }
}

/** A folder is gone at once or not at all: it is renamed away first. */
export async function removeFolder(dataDir: string, folder: string): Promise<void> {
  const temporary = join(dataDir, `.selma-${randomBytes(6).toString('hex')}.tmp`)
  try {
    await rename(folder, temporary)
    await rm(temporary, { recursive: true })
  } catch (error) {
    throw fileError(error, 'remove', folder)
  }
}
