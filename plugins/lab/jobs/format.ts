// Numbers, times and untrusted words as short text. Words of a language are not here: they go through the translator.

// Control characters, lone surrogates, and marks that turn the direction of writing.
const unprintable = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069]+/gu

/** One line of printable text, at most `length` characters. */
export function oneLine(text: string, length = 200): string {
  const letters = [
    ...text
      .slice(0, length * 4)
      .replace(unprintable, ' ')
      .replace(/\s+/g, ' ')
      .trim(),
  ]
  const cut = letters.length > length || text.length > length * 4
  return cut
    ? `${letters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`
    : letters.join('')
}

/** `1.5 MB`, powers of 1000 as file managers count. */
export function bytes(count: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB']
  let value = count
  let unit = 0
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000
    unit++
  }
  return `${unit === 0 || value >= 99.5 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`
}

/** A number to be read in passing: three significant digits. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(2)
  return String(Number(value.toPrecision(3)))
}

/** `42 s`, `3 min 20 s`, `2 h 05 min`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 60) return `${whole} s`
  if (whole < 3600)
    return whole % 60 === 0 ? `${whole / 60} min` : `${Math.floor(whole / 60)} min ${whole % 60} s`
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`
}

/** Share done, 0 to 1; undefined when the whole is not known. */
export function share({ done, total }: { done: number; total: number }): number | undefined {
  return total > 0 ? Math.min(1, Math.max(0, done / total)) : undefined
}
