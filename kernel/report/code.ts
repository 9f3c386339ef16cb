// The code of cells in colours, by highlight.js. Only how it looks: the checking is kernel/language.
import hljs from 'highlight.js/lib/core'
import typescript from 'highlight.js/lib/languages/typescript'

hljs.registerLanguage('typescript', typescript)

/** TypeScript as HTML, its words in `<span class="hljs-…">`. */
export function highlighted(code: string): string {
  return hljs.highlight(code, { language: 'typescript', ignoreIllegals: true }).value
}
