// `name?` and `?name`, as IPython has them: what is known of a name, shown in the client's pager. Twice the question
// mark, and it is also where it is declared. Neither is TypeScript, so nothing is taken from it.

export interface PageRequest {
  name: string
  detail: 0 | 1
}

/** What a cell asks about, if it does nothing else. */
export function pageRequest(code: string): PageRequest | undefined {
  const match = /^(\?{0,2})([\p{L}_$][\p{L}\d_$.]*)(\?{0,2})$/u.exec(code.trim())
  if (!match) return undefined
  const [, before, name, after] = match
  const marks = before.length + after.length
  if (marks === 0) return undefined
  return { name, detail: marks >= 2 ? 1 : 0 }
}
