// Where jobs are looked for: a notebook's jobs are in `.selma/jobs` beside it (lib/jobs/directory.ts), so there may be
// one such folder beside every notebook. Paths are relative to the server's root.

/** A folder's path without `.`, `..` and slashes at its ends; `..` does not leave the root. */
export function normal(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts.join('/')
}

/** The folder of a document; of a path on a drive, nothing: only the server's own files are read. */
export function folderOf(path: string): string | undefined {
  return path.includes(':') ? undefined : path.split('/').slice(0, -1).join('/')
}

/**
 * The folders to look into, the most likely first.
 *
 * @param setting as the person wrote it: `.selma/jobs` is beside every notebook, `/data/jobs` one place below the root
 * @param beside folders of what is open
 */
export function jobFolders(setting: string, beside: readonly (string | undefined)[]): string[] {
  if (setting.startsWith('/')) return [normal(setting)]
  const found = [...beside, ''].filter((one) => one !== undefined)
  return [...new Set(found.map((one) => normal(`${one}/${setting}`)))]
}

/** Whether a server that hides files would not show this folder. */
export const isHidden = (path: string): boolean => path.split('/').some((part) => part.startsWith('.'))
