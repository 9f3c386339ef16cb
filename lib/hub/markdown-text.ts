// Foreign text in Markdown and Python, so that it stays text. Escapes what CommonMark and GitHub's tables
// give a meaning to; not a renderer.

/** Text of one line that means nothing in Markdown: no HTML, links, emphasis, code or table cells. */
export function markdownText(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is removed
      .replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029\s]+/g, ' ')
      .trim()
      .replace(/[\\`*_{}[\]()#|~$]/g, '\\$&')
      .replace(/[<>&@]/g, (sign) => `&#${sign.charCodeAt(0)};`)
      // Addresses become links by themselves.
      .replace(/:\/\//g, '&#58;//')
      .replace(/www\./gi, (start) => `${start.slice(0, 3)}&#46;`)
      // A list, a rule, a heading below the line before.
      .replace(/^[-+=]/, '\\$&')
      .replace(/^(\d+)([.)])(?=\s|$)/, '$1\\$2')
  )
}

/** A file's name as the target of a link: percent-encoded, slashes kept. */
export function markdownTarget(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(part).replace(/[!'()*]/g, hex))
    .join('/')
}

const hex = (sign: string): string => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`

/** A table; cells are escaped. `numbers`: right-aligned columns. */
export function markdownTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  numbers: readonly number[] = [],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(markdownText).join(' | ')} |`
  const rule = heads.map((_, i) => (numbers.includes(i) ? '---:' : '---'))
  return [line(heads), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n')
}

/** A Python string literal. JSON's escapes are Python's, too; lone surrogates are escaped by JSON.stringify. */
export const pythonString = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
