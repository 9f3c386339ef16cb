// Who is still running with a mark in its environment. Every process that a test starts, and whatever those start
// in turn, inherits it; so this finds what a parent lost sight of. Linux only: elsewhere it finds nobody.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

/** Process id and command line. */
export interface Left {
  pid: number
  command: string
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

/** Processes with `name=value` in the environment they were started with; zombies are not counted. */
export function processesWith(name: string, value: string): Left[] {
  if (!existsSync('/proc/self/environ')) return []
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .filter((entry) => read(`/proc/${entry}/environ`).split('\0').includes(`${name}=${value}`))
    .map((entry) => ({
      pid: Number(entry),
      command: read(`/proc/${entry}/cmdline`).replaceAll('\0', ' ').trim(),
    }))
    .filter(({ command }) => command !== '')
}

/** Waits for all of them to end, and says which have not. */
export async function stillRunning(name: string, value: string, patienceMs = 20_000): Promise<Left[]> {
  const end = Date.now() + patienceMs
  let left = processesWith(name, value)
  while (left.length > 0 && Date.now() < end) {
    await sleep(100)
    left = processesWith(name, value)
  }
  return left
}
