// Finds a repeated key in JSON text, which JSON.parse silently overwrites.
// Not a parser: the text must already have passed JSON.parse.

/** End of the string literal that starts at `start` (index just past the closing quote). */
function stringEnd(text: string, start: number): number {
  let at = start + 1
  while (text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

/**
 * The first key that appears twice in one object of valid JSON, or undefined.
 * Keys are compared after unescaping, as a reader would see them.
 */
export function duplicateJsonKey(text: string): string | undefined {
  const scopes: (Set<string> | undefined)[] = []
  let at = 0
  while (at < text.length) {
    const char = text[at]
    if (char === '"') {
      const end = stringEnd(text, at)
      let next = end
      while (text[next] === ' ' || text[next] === '\n' || text[next] === '\r' || text[next] === '\t') next++
      if (text[next] === ':') {
        const key = JSON.parse(text.slice(at, end)) as string
        const scope = scopes.at(-1)!
        if (scope.has(key)) return key
        scope.add(key)
      }
      at = next
      continue
    }
    if (char === '{') scopes.push(new Set())
    else if (char === '[') scopes.push(undefined)
    else if (char === '}' || char === ']') scopes.pop()
    at++
  }
  return undefined
}
