// Results into the place the user named: copied beside it under a temporary name, then renamed, so that it is
// there whole or not at all. What was put there is remembered by its content hash in the store, so that a
// result is replaced by the next one, and anything else (edited since, or never ours) only with --force.
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { constants, cp, lstat, mkdir, readdir, realpath, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import { fail } from '../../lib/base/errors.ts'
import { fileError, readJson, sha256, writeJson } from '../../lib/base/files.ts'
import { hashInput, jobsRoot } from '../../lib/jobs/index.ts'

/** A place for a result, seen to be free or ours. */
export interface Target {
  /** Absolute, links followed. */
  path: string
  /** As the user wrote it. */
  shown: string
  force: boolean
}

const store = (): string => dirname(jobsRoot())
const noteOf = (path: string): string => join(store(), 'outputs', `${sha256(path).slice(0, 16)}.json`)

const isInside = (path: string, folder: string): boolean => {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === path)
}

/** A path with its links followed, as far as it exists. */
async function canonical(path: string): Promise<string> {
  const parent = dirname(path)
  return realpath(path).catch(async () =>
    parent === path ? path : join(await canonical(parent), basename(path)),
  )
}

async function isFree({ path, shown, force }: Target): Promise<void> {
  const info = await lstat(path).catch(() => undefined)
  if (!info || force) return
  if (info.isDirectory() && (await readdir(path)).length === 0) return
  const note = (await readJson(noteOf(path)).catch(() => undefined)) as { hash?: string } | undefined
  if (note?.hash === undefined)
    fail(
      'bad-input',
      `${shown} exists, and selma did not write it`,
      'name another place, or --force to replace it',
    )
  if ((await hashInput(path)) !== note.hash)
    fail(
      'bad-input',
      `${shown} has been changed since selma wrote it`,
      'name another place, or --force to replace it',
    )
}

/**
 * Checks, before any work, that a result may go to `out`.
 *
 * @param inputs paths that the command reads; the result must not replace them
 * @throws SelmaError `bad-input` for what is not ours to replace
 */
export async function targetFor(
  out: string,
  { force = false, inputs = [] }: { force?: boolean; inputs?: readonly string[] } = {},
): Promise<Target> {
  const path = await canonical(resolve(out))
  const target = { path, shown: out, force }
  if (isInside(await canonical(process.cwd()), path) || isInside(await canonical(store()), path))
    fail('bad-input', `${out} would replace the folder you are working in`, 'name a folder of its own')
  for (const input of inputs) {
    const other = await canonical(resolve(input))
    if (isInside(other, path) || isInside(path, other))
      fail('bad-input', `${out} and ${input} are in each other's way`, 'name another place')
  }
  await isFree(target)
  return target
}

const temporaries = new Set<string>()
process.on('exit', () => {
  for (const path of temporaries) rmSync(path, { recursive: true, force: true })
})

/**
 * Puts a result in its place.
 *
 * @param fill writes the file or folder under the temporary name it is given
 * @returns whether the place changed
 * @throws SelmaError `io`; what was there before is there still
 */
export async function publish(
  target: Target,
  fill: (temporary: string) => Promise<unknown>,
): Promise<'written' | 'unchanged'> {
  const { path, shown } = target
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  const aside = `${temporary.slice(0, -4)}.old.tmp`
  temporaries.add(temporary)
  try {
    await mkdir(dirname(path), { recursive: true })
    await fill(temporary)
    const hash = await hashInput(temporary)
    const before = await hashInput(path).catch(() => undefined)
    if (before !== hash) {
      await isFree(target)
      const moved = before !== undefined
      if (moved) await rename(path, aside)
      await rename(temporary, path).catch(async (error) => {
        if (moved) await rename(aside, path)
        throw error
      })
      await rm(aside, { recursive: true, force: true })
    }
    await writeJson(noteOf(path), { version: 1, path, hash, when: new Date().toISOString() })
    return before === hash ? 'unchanged' : 'written'
  } catch (error) {
    throw fileError(error, 'write', shown)
  } finally {
    await rm(temporary, { recursive: true, force: true })
    temporaries.delete(temporary)
  }
}

/** A copy of a file or folder as a result. Shares the bytes where the file system can. */
export const copyOf =
  (source: string) =>
  (temporary: string): Promise<void> =>
    cp(source, temporary, { recursive: true, mode: constants.COPYFILE_FICLONE })
