// The cache folder that Python's huggingface_hub and this library share:
//   models--org--name/refs/main                     a commit's id
//   models--org--name/trees/<commit>.json           what the commit holds (huggingface_hub ≥ 1.17 writes it)
//   models--org--name/blobs/<hash>                  the content: SHA-256 for big files, git's SHA-1 for others
//   models--org--name/snapshots/<commit>/unet/…     links to blobs (copies where links are not possible)
// A file cached by either is found by the other. Scanning and cleaning is left to `hf cache`.
import { randomBytes } from 'node:crypto'
import { copyFile, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { z } from 'zod'
import { SelmaError } from '../base/errors.ts'
import { confine, fileError, writeFileAtomic } from '../base/files.ts'
import { isCommit } from './repo-id.ts'

/** A file of a repository. */
export interface HubFile {
  /** With slashes, relative to the repository. Untrusted until it is asked for. */
  path: string
  /** Bytes. */
  size: number
  /** SHA-256 of its content, where the Hub keeps it in its storage for big files. */
  sha256?: string
  /** git's object id: SHA-1 of `blob <size>\0` and the content (of the pointer file, where there is a `sha256`). */
  oid?: string
  /** Name of the content in the Hub's chunked storage; kept for Python's sake. */
  xetHash?: string
}

const sha1 = z.string().regex(/^[0-9a-f]{40}$/)
const sha256 = z.string().regex(/^[0-9a-f]{64}$/)
const size = z.int().nonnegative()

const tree = z.object({
  format_version: z.literal(1),
  files: z.record(
    z.string(),
    z.object({
      size,
      blob_id: sha1,
      lfs_sha256: sha256.nullish(),
      lfs_size: size.nullish(),
      xet_hash: sha256.nullish(),
    }),
  ),
})

/** The part of the cache that belongs to one repository. */
export class RepoCache {
  readonly folder: string
  readonly #locks: string

  constructor(cacheDir: string, repo: string) {
    const name = `models--${repo.replaceAll('/', '--')}`
    this.folder = join(cacheDir, name)
    this.#locks = join(cacheDir, '.locks', name)
  }

  blob(hash: string): string {
    return join(this.folder, 'blobs', hash)
  }

  lock(hash: string): string {
    return join(this.#locks, `${hash}.selma.lock`)
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit)
  }

  /** Where a file of a commit is, or would be. @throws SelmaError `bad-file` for a name that leaves the folder */
  pointer(commit: string, path: string): string {
    return confine(this.snapshot(commit), path)
  }

  /** The commit that a branch or tag was when it was last asked for. */
  async readRef(revision: string): Promise<string | undefined> {
    if (isCommit(revision)) return revision
    const text = await readFile(confine(join(this.folder, 'refs'), revision), 'utf8').catch(() => '')
    return isCommit(text.trim()) ? text.trim() : undefined
  }

  /** Best effort: a cache that cannot be written to is still good for reading. */
  async writeRef(revision: string, commit: string): Promise<void> {
    if (isCommit(revision) || (await this.readRef(revision)) === commit) return
    await writeFileAtomic(confine(join(this.folder, 'refs'), revision), commit).catch(() => {})
  }

  /** The whole listing of a commit, where somebody kept it. */
  async readTree(commit: string): Promise<HubFile[] | undefined> {
    const text = await readFile(this.#tree(commit), 'utf8').catch(() => undefined)
    if (text === undefined) return undefined
    try {
      return Object.entries(tree.parse(JSON.parse(text)).files).map(([path, file]) => ({
        path,
        size: file.lfs_size ?? file.size,
        oid: file.blob_id,
        ...(file.lfs_sha256 ? { sha256: file.lfs_sha256 } : {}),
        ...(file.xet_hash ? { xetHash: file.xet_hash } : {}),
      }))
    } catch {
      return undefined // of a later version, or damaged: ask the Hub again
    }
  }

  /** Keeps a listing as Python does. Best effort. */
  async writeTree(commit: string, files: readonly HubFile[]): Promise<void> {
    const entries = [...files]
      .sort((a, b) => (a.path < b.path ? -1 : 1))
      .map((file) => [
        file.path,
        {
          size: file.size,
          blob_id: file.oid,
          ...(file.sha256 ? { lfs_sha256: file.sha256, lfs_size: file.size } : {}),
          ...(file.xetHash ? { xet_hash: file.xetHash } : {}),
        },
      ])
    const text = JSON.stringify({ format_version: 1, files: Object.fromEntries(entries) }, null, 1)
    await writeFileAtomic(this.#tree(commit), text).catch(() => {})
  }

  /** What lies in a snapshot folder, links followed. */
  async listSnapshot(commit: string): Promise<HubFile[]> {
    const folder = this.snapshot(commit)
    const names = await readdir(folder, { recursive: true }).catch(() => [])
    const found = await Promise.all(
      names.map(async (name) => ({
        path: name.split(sep).join('/'),
        size: await fileSize(join(folder, name)),
      })),
    )
    return found
      .filter((file): file is HubFile => file.size !== undefined)
      .sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  /** Makes a blob appear in a snapshot. `move`: where links are not possible, the blob may become the file. */
  async link(
    blob: string,
    pointer: string,
    { symlinks, move }: { symlinks: boolean; move: boolean },
  ): Promise<void> {
    try {
      await mkdir(dirname(pointer), { recursive: true })
      if (symlinks && (await linkTo(relative(dirname(pointer), blob), pointer))) return
      if (move) return await rename(blob, pointer)
      const copy = `${blob}.${randomBytes(4).toString('hex')}.incomplete`
      try {
        await copyFile(blob, copy)
        await rename(copy, pointer)
      } finally {
        await rm(copy, { force: true })
      }
    } catch (error) {
      throw cacheError(error, pointer)
    }
  }

  #tree(commit: string): string {
    return join(this.folder, 'trees', `${commit}.json`)
  }
}

/** False where the platform or the file system has no links. */
async function linkTo(target: string, path: string): Promise<boolean> {
  for (let attempt = 0; ; attempt++) {
    try {
      await symlink(target, path)
      return true
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EPERM' || code === 'ENOSYS' || code === 'ENOTSUP' || code === 'UNKNOWN') return false
      if (code !== 'EEXIST' || attempt >= 3) throw error
      await rm(path, { force: true }) // it points to nothing, or to something else
    }
  }
}

/** Bytes of a regular file, links followed; undefined where there is none. */
export async function fileSize(path: string): Promise<number | undefined> {
  const found = await stat(path).catch(() => undefined)
  return found?.isFile() ? found.size : undefined
}

/** A failure to write to the cache, with what to do about it. */
export function cacheError(error: unknown, path: string): SelmaError {
  const plain = fileError(error, 'write', path)
  if (plain !== error && plain.code === 'io')
    return new SelmaError('io', plain.message, {
      hint: `${plain.hint ?? 'check the disk'}; HF_HOME or HF_HUB_CACHE name another cache folder`,
      cause: error,
    })
  return plain
}
