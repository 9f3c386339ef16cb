// A golden checkpoint as the files of a repository on the Hub.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { goldenPath } from './golden.ts'

/** Every file of a golden pipeline folder, by its path there. */
export async function pipelineContent(folder: string): Promise<Record<string, Uint8Array>> {
  const root = goldenPath(folder)
  const names = (await readdir(root, { recursive: true, withFileTypes: true })).filter((one) => one.isFile())
  const read = names.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name)
    return [path.slice(root.length + 1), await readFile(path)] as const
  })
  return Object.fromEntries(await Promise.all(read))
}
