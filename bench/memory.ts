// Resident memory of a process, as Linux tells it: the highest at any time, and the highest of its two parts, its own
// (anonymous) pages and those of mapped files, which the system may drop and read again.
import { existsSync, readFileSync } from 'node:fs'

/** Bytes. */
export interface PeakMemory {
  /** The kernel's own mark (VmHWM). */
  peak: number
  /** Sampled every few milliseconds, so a little low. */
  anonymous: number
  /** Of mapped files, sampled as well: weights and libraries. */
  mapped: number
}

/** Watches a process from outside until asked; undefined where there is no /proc. */
export function watchMemory(pid: number): (() => PeakMemory) | undefined {
  const path = `/proc/${pid}/status`
  if (!existsSync(path)) return undefined
  const seen: PeakMemory = { peak: 0, anonymous: 0, mapped: 0 }
  const look = (): void => {
    let text: string
    try {
      text = readFileSync(path, 'utf8')
    } catch {
      return // It has ended.
    }
    const bytes = (name: string): number =>
      Number(new RegExp(`${name}:\\s+(\\d+)`).exec(text)?.[1] ?? 0) * 1024
    seen.peak = Math.max(seen.peak, bytes('VmHWM'))
    seen.anonymous = Math.max(seen.anonymous, bytes('RssAnon'))
    seen.mapped = Math.max(seen.mapped, bytes('RssFile'))
  }
  const timer = setInterval(look, 20)
  return () => {
    clearInterval(timer)
    look()
    return seen
  }
}
