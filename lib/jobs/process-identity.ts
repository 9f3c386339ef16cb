// Which process is it, and is it still alive? A pid alone does not say: pids are used again.
// Linux is tested; macOS (`ps`) and Windows (pid only) are not. Not for processes of other machines.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import type { ProcessIdentity } from '../messages/process-file.ts'

const once = new Map<string, string>()

/** Boot and start time of a live process; '' where the platform does not say; undefined when it is gone. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') return startOnLinux(pid)
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return undefined
  }
  if (process.platform === 'win32') return ''
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined
  } catch {
    return undefined
  }
}

function startOnLinux(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in brackets and may hold anything: count from the last bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, start] = [fields[0], fields[19]]
    if (state === 'Z' || state === 'X') return undefined
    let boot = once.get('boot')
    if (boot === undefined) {
      boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      once.set('boot', boot)
    }
    return `${boot}:${start}`
  } catch {
    return undefined
  }
}

/** The identity of a process of this machine; undefined when there is no such process. */
export function identityOf(pid: number): ProcessIdentity | undefined {
  const startedAs = startOf(pid)
  return startedAs === undefined ? undefined : { pid, startedAs, host: hostname() }
}

/** The identity of this process. */
export function ownIdentity(): ProcessIdentity {
  return identityOf(process.pid) ?? { pid: process.pid, startedAs: '', host: hostname() }
}

/** True for a process of this machine that runs now, and is the one that was meant. */
export function isRunning(identity: ProcessIdentity): boolean {
  return identity.host === hostname() && startOf(identity.pid) === identity.startedAs
}

/** True when both name one process. */
export function sameProcess(a: ProcessIdentity, b: ProcessIdentity): boolean {
  return a.pid === b.pid && a.startedAs === b.startedAs && a.host === b.host
}
