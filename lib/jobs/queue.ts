// So many jobs at once on this machine, and no more: each process takes a numbered ticket in <root>/.queue and
// goes when few enough live tickets are before its own. Not a scheduler: no priorities; a paused job keeps its place.
import { readFileSync } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fail } from '../base/errors.ts'
import { writeJson } from '../base/files.ts'
import { type ProcessIdentity, processIdentity } from '../messages/process-file.ts'
import { withLock } from './lock.ts'
import { isRunning, ownIdentity } from './process-identity.ts'

/** How many jobs run at once: as given, else `$SELMA_JOBS_AT_ONCE`, else 1. 0 means as many as there are. */
export function jobsAtOnce(given?: number): number {
  const count = given ?? Number(process.env.SELMA_JOBS_AT_ONCE || 1)
  if (!Number.isInteger(count) || count < 0) {
    fail('bad-input', `bad number of jobs at once: ${count}`, 'a whole number; 0 for no limit')
  }
  return count
}

export interface TurnOptions {
  /** The folder the jobs are in. */
  root: string
  id: string
  atOnce: number
  /** Called when it has to wait, and whenever fewer are ahead. */
  onQueued: (ahead: number) => void
  /** Aborting gives up the place. */
  signal: AbortSignal
}

/**
 * Waits for this process's turn, first come, first served.
 *
 * @returns gives the place back
 * @throws the signal's reason
 */
export async function waitForTurn({
  root,
  id,
  atOnce,
  onQueued,
  signal,
}: TurnOptions): Promise<() => Promise<void>> {
  if (atOnce === 0) return async () => {}
  const folder = join(root, '.queue')
  await mkdir(folder, { recursive: true })
  const ticket = await withLock(join(root, '.queue.lock'), async () => {
    const last = (await readdir(folder)).filter(isTicket).sort().at(-1)
    const name = `${String(last ? Number.parseInt(last, 10) + 1 : 1).padStart(12, '0')}-${id}.json`
    await writeJson(join(folder, name), ownIdentity())
    return name
  })
  const release = () => rm(join(folder, ticket), { force: true })
  try {
    let told: number | undefined
    for (;;) {
      signal.throwIfAborted()
      const ahead = await liveBefore(folder, ticket)
      if (ahead < atOnce) return release
      if (ahead !== told) onQueued(ahead)
      told = ahead
      // Those far behind look less often.
      await sleep(Math.min(2_000, 100 * (ahead - atOnce + 1)), undefined, { signal }).catch(() => {})
    }
  } catch (error) {
    await release()
    throw error
  }
}

const isTicket = (name: string) => /^\d{12}-.*\.json$/.test(name)

/** Counts the tickets before ours whose processes live, and clears away those of the dead. */
async function liveBefore(folder: string, ticket: string): Promise<number> {
  let live = 0
  for (const name of (await readdir(folder)).filter(isTicket).sort()) {
    if (name >= ticket) break
    const holder = readTicket(join(folder, name))
    if (!holder || holder.host !== hostname()) continue
    if (isRunning(holder)) live++
    else await rm(join(folder, name), { force: true })
  }
  return live
}

function readTicket(path: string): ProcessIdentity | undefined {
  try {
    return processIdentity.parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    return undefined
  }
}
