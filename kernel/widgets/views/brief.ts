// Text that somebody else chose (a caption, a prompt, an error), cut to a length that a page can show. Not escaped:
// the views set it as text, never as markup.
import { longestText } from '../../../lib/messages/views/common.ts'

// Controls other than line breaks, halves of characters, and overrides of the direction of reading.
const unprintable = /(?![\n])[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069\ufffe\uffff]/gu

/** At most `length` UTF-16 units of a text, with an ellipsis where it was cut. */
export function brief(text: string, length = longestText): string {
  const whole = text.length <= length
  const clean = text.slice(0, length).replace(unprintable, ' ')
  return whole ? clean : `${clean.slice(0, length - 1).trimEnd()}…`
}
