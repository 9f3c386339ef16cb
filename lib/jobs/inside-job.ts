// Does this process run a job? Then further jobs run inside it: waiting for a place in a queue of one, held by
// the very job that waits, would never end.
let inside = false

export function markInsideJob(): void {
  inside = true
}

/** True in the process of a job. */
export function isInsideJob(): boolean {
  return inside
}
