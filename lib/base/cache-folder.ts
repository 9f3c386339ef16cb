// Where a user's caches are: for what can be made or fetched again. Not for jobs and results.
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** `$SELMA_CACHE`, else `selma` among the user's caches. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SELMA_CACHE) return resolve(env.SELMA_CACHE)
  return join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'selma')
}
