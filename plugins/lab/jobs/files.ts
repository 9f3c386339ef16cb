// What the runs panel needs of files, so that reading jobs knows nothing of Jupyter. Paths are Jupyter's: relative to
// the server's root, with forward slashes.

export interface FileEntry {
  name: string
  folder: boolean
  /** Bytes; undefined for folders. */
  size?: number
  /** Of the last change, milliseconds since 1970 by the server's clock. */
  modified: number
}

export interface ReadText {
  text: string
  /** False when only the end was read. */
  whole: boolean
  /** The server's clock when it answered, milliseconds since 1970; undefined when it does not tell. */
  serverTime?: number
}

export interface JobFiles {
  /** What is in a folder; undefined when there is none (or the server does not show it). */
  list(folder: string): Promise<FileEntry[] | undefined>
  /** A file's text, or only about the last `last` bytes of it; undefined when there is none. */
  read(path: string, options?: { last?: number }): Promise<ReadText | undefined>
  write(path: string, text: string): Promise<void>
  /** Deletes a folder with everything in it, into the server's trash where it has one. */
  remove(folder: string): Promise<void>
}

export const join = (...parts: string[]): string => parts.filter(Boolean).join('/')

/**
 * What is in a folder, undefined when there is none: asked of the folders above it, because browsers write an error
 * into their console for everything that is not there.
 *
 * @param known it was there the last time, so that the folder just above it is enough
 */
export async function listIfThere(
  files: JobFiles,
  folder: string,
  known: boolean,
): Promise<FileEntry[] | undefined> {
  const parts = folder.split('/').filter(Boolean)
  for (let depth = known ? Math.max(0, parts.length - 1) : 0; depth < parts.length; depth++) {
    const above = await files.list(parts.slice(0, depth).join('/'))
    if (!above?.some((entry) => entry.folder && entry.name === parts[depth])) return undefined
  }
  return files.list(folder)
}
