// The panel's files from the disk, as Jupyter's contents service gives them: what the tests read real jobs with.
import { open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JobFiles } from '../../../plugins/lab/jobs/files.ts'

export interface CountedFiles extends JobFiles {
  /** Paths that were read since the beginning. */
  readonly reads: string[]
}

/** @param root what paths are relative to */
export function diskFiles(root: string): CountedFiles {
  const reads: string[] = []
  const isMissing = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    return undefined
  }
  return {
    reads,
    async list(folder) {
      const entries = await readdir(join(root, folder), { withFileTypes: true }).catch(isMissing)
      if (!entries) return undefined
      const known = await Promise.all(
        entries.map(async (entry) => {
          // A file that is being replaced has another name for a moment: what has gone by now is not listed.
          const found = await stat(join(root, folder, entry.name)).catch(isMissing)
          if (!found) return []
          const isFolder = entry.isDirectory()
          const size = isFolder ? {} : { size: found.size }
          return [{ name: entry.name, folder: isFolder, ...size, modified: found.mtimeMs }]
        }),
      )
      return known.flat()
    },
    async read(path, { last } = {}) {
      reads.push(path)
      const serverTime = Date.now()
      if (last === undefined) {
        const text = await readFile(join(root, path), 'utf8').catch(isMissing)
        return text === undefined ? undefined : { text, whole: true, serverTime }
      }
      const file = await open(join(root, path)).catch(isMissing)
      if (!file) return undefined
      try {
        const { size } = await file.stat()
        const bytes = Buffer.alloc(Math.min(size, last))
        await file.read(bytes, 0, bytes.length, size - bytes.length)
        return { text: bytes.toString('utf8'), whole: bytes.length === size, serverTime }
      } finally {
        await file.close()
      }
    },
    write: (path, text) => writeFile(join(root, path), text),
    remove: (folder) => rm(join(root, folder), { recursive: true }),
  }
}
