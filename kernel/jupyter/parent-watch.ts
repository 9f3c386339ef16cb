// A kernel whose Jupyter has died ends too. Jupyter names its process in JPY_PARENT_PID.

/**
 * Calls `gone` once the process that started the kernel no longer exists.
 *
 * @param pid of that process; without one nothing is watched
 */
export function watchParent(
  pid: number | undefined,
  gone: () => void,
  everyMs = 1000,
): NodeJS.Timeout | undefined {
  if (!pid || !Number.isInteger(pid) || pid <= 1) return undefined
  const direct = process.ppid === pid
  const timer = setInterval(() => {
    if (isAlive(pid) && !(direct && process.ppid !== pid)) return
    clearInterval(timer)
    gone()
  }, everyMs)
  return timer
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // Not allowed to signal it: it exists.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
