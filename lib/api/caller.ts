// Who stops a call that was given no signal: whatever runs the caller's code may have one, as a notebook's cell
// that is interrupted does. It offers it by name; the library does not know what it is.

const offers = globalThis as { [key: symbol]: (() => AbortSignal | undefined) | undefined }
/** Where the offer stands: a function that gives the signal of the code that calls now. */
const place = Symbol.for('selma.signal')

/** The signal of the code that calls, if it runs in something that can be interrupted. */
export function callerSignal(): AbortSignal | undefined {
  return offers[place]?.()
}
