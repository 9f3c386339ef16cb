// A lock between processes, held for milliseconds: a file made with O_EXCL that names its holder.
// The lock of a dead holder is broken. Not for long holds, and not fair.
import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { copyFile, mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fail } from '../base/errors.ts'
import { fileError } from '../base/files.ts'
import { processIdentity } from '../messages/process-file.ts'
import { isRunning, ownIdentity } from './process-identity.ts'

/** A lock that names no live process of this machine is given up on after this many milliseconds. */
const foreignLimit = 30_000

/**
 * Runs `body` while holding the lock file `path`.
 *
 * @param options patience: how long to wait for the lock, milliseconds, default 60 s
 * @throws SelmaError `io` when the lock cannot be made, or is not let go of in time
 */
export async function withLock<T>(
  path: string,
  body: () => Promise<T>,
  { patience = 60_000 }: { patience?: number } = {},
): Promise<T> {
  const mine = JSON.stringify({ ...ownIdentity(), nonce: randomBytes(8).toString('hex') })
  const until = Date.now() + patience
  while (!(await take(path, mine))) {
    if (Date.now() > until) {
      const holder = await readFile(path, 'utf8').catch(() => 'unknown')
      fail(
        'io',
        `the lock ${path} is not let go of`,
        `held by ${holder}; remove the file if that process is gone`,
      )
    }
    if (!(await breakStale(path, mine))) await sleep(5 + Math.random() * 20)
  }
  try {
    return await body()
  } finally {
    await rm(path, { force: true }).catch(() => {})
  }
}

async function take(path: string, mine: string): Promise<boolean> {
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(path, 'wx')
    try {
      await file.writeFile(mine)
    } catch (error) {
      await rm(path, { force: true })
      throw error
    } finally {
      await file.close()
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      return (await readFile(path, 'utf8').catch(() => '')) === mine
    throw fileError(error, 'write', path)
  }
  // Someone who broke a dead holder's lock a moment too late may have moved this one away: look again.
  await sleep(3)
  return (await readFile(path, 'utf8').catch(() => '')) === mine
}

/** Removes the lock of a holder that is gone; true when it is worth trying again at once. */
async function breakStale(path: string, mine: string): Promise<boolean> {
  try {
    const seen = await readFile(path, 'utf8')
    if (seen === mine || !(await isStale(path, seen))) return false
    const aside = `${path}.${randomBytes(6).toString('hex')}.tmp`
    await rename(path, aside)
    // Between reading and renaming the dead lock may have become a live one: give that back.
    if ((await readFile(aside, 'utf8')) !== seen) {
      await copyFile(aside, path, constants.COPYFILE_EXCL).catch(() => {})
    }
    await rm(aside, { force: true })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true
    throw fileError(error, 'write', path)
  }
}

async function isStale(path: string, content: string): Promise<boolean> {
  const age = Date.now() - (await stat(path)).mtimeMs
  try {
    const holder = processIdentity.parse(JSON.parse(content))
    return holder.host === hostname() ? !isRunning(holder) : age > foreignLimit
  } catch {
    return age > foreignLimit // made, and its maker died before writing its name
  }
}
