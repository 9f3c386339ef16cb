// Markdown to HTML for reports: CommonMark and tables, without raw HTML and without pictures from elsewhere.
import MarkdownIt, { type MarkdownIt as Parser } from 'markdown-it'

let parser: Parser | undefined

/**
 * Renders Markdown. HTML in it is shown as text, a picture becomes a link, links are http(s), mailto or inside
 * the page.
 */
export function markdownToHtml(markdown: string): string {
  if (!parser) {
    parser = new MarkdownIt('default', { html: false, linkify: false, typographer: false }).disable('image')
    parser.validateLink = (url: string) => /^(https?:|mailto:|#)/i.test(url.trim())
    const plain = parser.renderer.rules.link_open
    parser.renderer.rules.link_open = (tokens, index, options, env, self) => {
      tokens[index].attrSet('rel', 'noopener noreferrer')
      return plain ? plain(tokens, index, options, env, self) : self.renderToken(tokens, index, options)
    }
  }
  return parser.render(markdown)
}
