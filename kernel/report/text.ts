// Printed text as it is left standing on a terminal, without its colours. Not HTML yet: what is made of it is escaped.
import { stripVTControlCharacters } from 'node:util'

/** Longest printed text that a report shows, in characters. */
const MAX_SHOWN = 100_000

/** A line after its carriage returns: what comes later is written over what stood there. */
function settled(line: string): string {
  return line
    .split('\r')
    .reduce((before, part) => (part === '' ? before : part + before.slice(part.length)), '')
}

/** Text without escape sequences, progress bars as they ended. */
export function printedText(text: string): string {
  return stripVTControlCharacters(text).split('\n').map(settled).join('\n')
}

/** The text, or its beginning and its end, and how much is left out between. */
export function shortened(text: string): string {
  if (text.length <= MAX_SHOWN) return text
  const half = MAX_SHOWN / 2
  const left = (text.length - 2 * half).toLocaleString('en')
  return `${text.slice(0, half)}\n… ${left} characters are left out here; the notebook has them …\n${text.slice(-half)}`
}
