// One process downloads a file, the others wait for it. The lock of lib/jobs, kept alive by a heartbeat,
// because a download takes minutes. Python's locks cannot be taken from Node; with Python the two download
// beside each other under different names, which costs time and harms nothing.
import { utimes } from 'node:fs/promises'
import { SelmaError } from '../base/errors.ts'
import { withLock } from '../jobs/lock.ts'
import { cacheError } from './cache.ts'

/** Shorter than what lib/jobs takes for the age of a dead holder on another machine. */
const heartbeat = 5_000

/**
 * Runs `body` as the only one that holds the lock file `path`.
 *
 * @param wait called while another process holds it; to sleep, or to throw
 * @throws SelmaError `io` when the lock cannot be made
 */
export async function withDownloadLock<T>(
  path: string,
  body: () => Promise<T>,
  wait: () => Promise<void>,
): Promise<T> {
  for (;;) {
    let held = false
    try {
      return await withLock(
        path,
        async () => {
          held = true
          const timer = setInterval(() => {
            const now = new Date()
            utimes(path, now, now).catch(() => {})
          }, heartbeat)
          try {
            return await body()
          } finally {
            clearInterval(timer)
          }
        },
        { patience: 200 },
      )
    } catch (error) {
      // The lock itself fails with the file error as its cause, and with none when somebody holds it.
      if (held || !(error instanceof SelmaError)) throw error
      if (error.cause !== undefined) throw cacheError(error.cause, path)
    }
    await wait()
  }
}
