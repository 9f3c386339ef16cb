// Writing so that nothing half-written is ever left behind: temporary name, fsync, rename.
// Not a virtual file system; paths are real paths.
import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, isAbsolute, relative, resolve, sep } from 'node:path'
import { SelmaError } from './errors.ts'

const explanations: Record<string, string> = {
  ENOSPC: 'the disk is full; free some space and run it again, finished parts are kept',
  EDQUOT: 'the disk quota is used up; free some space and run it again, finished parts are kept',
  EACCES: 'no permission to write there; choose another folder or change its permissions',
  EPERM: 'not permitted there; choose another folder or change its permissions',
  EROFS: 'that file system is read-only; choose another folder',
  ENOENT: 'check the path',
  ENOTDIR: 'a part of the path is a file, not a folder; choose another path',
}

/** Turns a Node file error into a `SelmaError` that names the path and what to do. */
export function fileError(error: unknown, doing: string, path: string): SelmaError {
  if (error instanceof SelmaError) return error
  const code = (error as NodeJS.ErrnoException)?.code ?? ''
  const kind = code === 'ENOENT' ? 'not-found' : 'io'
  const hint = explanations[code]
  return new SelmaError(kind, `cannot ${doing} ${path}${code ? ` (${code})` : ''}`, { hint, cause: error })
}

/**
 * Writes a whole file, or nothing: to a temporary name beside it, fsync, rename.
 *
 * @param data bytes, text, or chunks written one after another
 * @throws SelmaError `io` with the path; the temporary file is removed
 */
export async function writeFileAtomic(
  path: string,
  data: string | Uint8Array | Iterable<Uint8Array>,
): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(temporary, 'wx')
    try {
      const chunks = typeof data === 'string' || data instanceof Uint8Array ? [data] : data
      for (const chunk of chunks) await file.writeFile(chunk)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw fileError(error, 'write', path)
  }
}

/** Writes a value as indented JSON, atomically. */
export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeFileAtomic(path, `${JSON.stringify(value, null, 2)}\n`)
}

/** Reads a JSON file; a syntax error names the file. */
export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw fileError(error, 'read', path)
  })
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SelmaError('bad-file', `${path} is not JSON: ${(error as Error).message}`, { cause: error })
  }
}

/** SHA-256 of bytes or text, lower-case hex. */
export function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex')
}

/** SHA-256 of a file's content, streamed, lower-case hex. */
export async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array)
  } catch (error) {
    throw fileError(error, 'read', path)
  }
  return hash.digest('hex')
}

/**
 * Joins an untrusted relative name to a folder and refuses to leave it.
 *
 * @throws SelmaError `bad-file` for absolute names and names with `..` that escape
 */
export function confine(folder: string, name: string): string {
  const root = resolve(folder)
  const path = resolve(root, name)
  const inside = relative(root, path)
  if (
    name.includes('\0') ||
    isAbsolute(name) ||
    inside === '' ||
    inside === '..' ||
    inside.startsWith(`..${sep}`)
  ) {
    throw new SelmaError('bad-file', `the name ${JSON.stringify(name)} points outside ${folder}`, {
      hint: 'use a relative name inside the folder',
    })
  }
  return path
}
