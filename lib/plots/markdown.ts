// Markdown to HTML for reports: CommonMark, tables, and formulas left as they are written; without raw HTML, and
// without anything from elsewhere.
import MarkdownIt, { type MarkdownIt as Parser } from 'markdown-it'
import { escapeHtml } from './html.ts'

export interface MarkdownOptions {
  /** A picture's `data:` URI by what the text calls it; without one it becomes a link, or its text. */
  picture?: (source: string) => string | undefined
  /** Headings go down by so many levels; default 0. */
  shift?: number
  /** Called for each heading with its level and text; what it returns is the heading's id. */
  heading?: (level: number, text: string) => string
}

let parser: Parser | undefined

const formula = /\$\$[^$]+\$\$|\$(?!\s)(?:\\[^\n]|[^$\\\n])*?(?<!\s)\$(?!\d)/y

const optionsOf = (env: unknown): MarkdownOptions =>
  (env as { options?: MarkdownOptions } | undefined)?.options ?? {}

function makeParser(): Parser {
  const made = new MarkdownIt('default', { html: false, linkify: false, typographer: false })
  const { rules } = made.renderer
  // Every link is read; the ones that may not be followed are shown without their target.
  made.validateLink = () => true
  rules.link_open = (tokens, index, options, _env, self) => {
    const token = tokens[index]
    const target = String(token.attrGet('href') ?? '').trim()
    token.attrs = (token.attrs ?? []).filter(([name]) => name !== 'href')
    if (/^(https?:|mailto:|#)/i.test(target)) token.attrSet('href', target)
    token.attrSet('rel', 'noopener noreferrer')
    return self.renderToken(tokens, index, options)
  }
  rules.image = (tokens, index, _options, env) => {
    const source = String(tokens[index].attrGet('src') ?? '')
    const text = escapeHtml(tokens[index].content)
    const data = optionsOf(env).picture?.(source)
    if (data !== undefined) return `<img src="${escapeHtml(data)}" alt="${text}">`
    return /^https?:/i.test(source)
      ? `<a href="${escapeHtml(source)}" rel="noopener noreferrer">${text || escapeHtml(source)}</a>`
      : text
  }
  rules.heading_open = (tokens, index, options, env, self) => {
    const { shift = 0, heading } = optionsOf(env)
    const level = Math.min(6, Number(tokens[index].tag.slice(1)) + shift)
    tokens[index].tag = `h${level}`
    const close = tokens.slice(index).find(({ type }) => type === 'heading_close')
    if (close) close.tag = `h${level}`
    const id = heading?.(level, plainText(tokens[index + 1].children ?? []))
    if (id !== undefined) tokens[index].attrSet('id', id)
    return self.renderToken(tokens, index, options)
  }
  made.inline.ruler.before('escape', 'formula', (state, silent) => {
    formula.lastIndex = state.pos
    const found = state.src.startsWith('$', state.pos) ? formula.exec(state.src) : null
    if (!found) return false
    if (!silent) state.push('formula', 'span', 0).content = found[0]
    state.pos += found[0].length
    return true
  })
  rules.formula = (tokens, index) => {
    const { content } = tokens[index]
    return `<span class="formula${content.startsWith('$$') ? ' display' : ''}">${escapeHtml(content)}</span>`
  }
  return made
}

const plainText = (tokens: { type: string; content: string }[]): string =>
  tokens.map(({ type, content }) => (type === 'softbreak' ? ' ' : content)).join('')

/**
 * Renders Markdown. HTML in it is shown as text; links are http(s), mailto or inside the page, other targets
 * are left out; a picture is shown only where `picture` has it; formulas between dollar signs stay text.
 */
export function markdownToHtml(markdown: string, options: MarkdownOptions = {}): string {
  parser ??= makeParser()
  return parser.render(markdown, { options })
}
