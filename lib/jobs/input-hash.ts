// Content hashes of files and folders that a job reads. Remembered within this process by size and times,
// because a model of several gigabytes is named by many jobs. Not a check against someone who forges times.
import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { fileError, hashFile, sha256 } from '../base/files.ts'

const known = new Map<string, string>()

/**
 * SHA-256 over a file's bytes, or over a folder's relative names and file contents (sorted; links followed).
 *
 * @throws SelmaError `not-found` or `io` with the path
 */
export async function hashInput(path: string): Promise<string> {
  const full = resolve(path)
  const info = await stat(full, { bigint: true }).catch((error) => {
    throw fileError(error, 'read', full)
  })
  if (!info.isDirectory()) {
    const key = [full, info.ino, info.size, info.mtimeNs, info.ctimeNs].join('|')
    let hash = known.get(key)
    if (hash === undefined) {
      hash = await hashFile(full)
      known.set(key, hash)
    }
    return hash
  }
  const names = (await readdir(full)).sort()
  const lines: string[] = []
  for (const name of names) lines.push(`${JSON.stringify(name)} ${await hashInput(join(full, name))}`)
  return sha256(`folder\n${lines.join('\n')}`)
}
