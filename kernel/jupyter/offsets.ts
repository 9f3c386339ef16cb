// Places in a text: Jupyter counts Unicode characters, JavaScript UTF-16 units.

/** From an offset in characters to one in UTF-16 units; out of range goes to the nearest end. */
export function toUtf16(text: string, characters: number): number {
  let at = 0
  for (let left = characters; left > 0 && at < text.length; left--)
    at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1
  return at
}

/** From an offset in UTF-16 units to one in characters. */
export function toCharacters(text: string, units: number): number {
  let count = 0
  for (let at = 0; at < units && at < text.length; count++)
    at += (text.codePointAt(at) as number) > 0xffff ? 2 : 1
  return count
}
