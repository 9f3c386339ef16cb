// An object as if what is undefined in it had not been named: for spreading over defaults, and for JSON.

/** A copy without the entries that are undefined. */
export function dropUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as T
}
