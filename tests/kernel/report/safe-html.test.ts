// What may not get from a cell's HTML into a report.
import { JSDOM } from 'jsdom'
import { describe, expect, it } from 'vitest'
import { safeHtml } from '../../../kernel/report/safe-html.ts'
import { markdownToHtml } from '../../../lib/plots/index.ts'

const clean = (html: string) =>
  safeHtml(html, (name) => (name === 'beside.png' ? 'data:image/png;base64,AA==' : undefined))

describe('HTML of a cell', () => {
  it.each([
    '<img src=x onerror=hit()>',
    '<svg onload=hit()><script>hit()</script></svg>',
    '<a href="javascript:hit()">a</a>',
    '<a href=" &#106;ava&#9;script:hit()">a</a>',
    '<svg><a xlink:href="javascript:hit()"><text>a</text></a><animate attributeName=href to=javascript:hit() /></svg>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=hit()&gt;">',
    '<iframe srcdoc="<script>hit()</script>"></iframe><object data="data:text/html,hit()"></object><embed src=x>',
    '<form action="https://example.org"><button formaction="javascript:hit()">b</button></form>',
    '<meta http-equiv=refresh content="0;url=https://example.org"><base href="https://example.org/">',
    '<link rel=stylesheet href="https://example.org/x.css"><style>@import "https://example.org"</style>',
    '<div style="background:url(https://example.org/x);position:fixed;inset:0;margin-top:-9999px">a</div>',
    '<template><img src=x onerror=hit()></template><noscript><img src=x onerror=hit()></noscript>',
    '<img srcset="https://example.org/x 1x" src="https://example.org/y" alt="far away">',
    '<video src="https://example.org/x" poster="https://example.org/y"></video><audio src=x></audio>',
    '<svg><image href="https://example.org/x"/><use href="https://example.org/x#a"/><rect fill="url(https://example.org/x#g)"/></svg>',
    '<p class="selma-figure" id="selma-report">a</p><td background="https://example.org/x">b</td>',
  ])('loads and runs nothing: %s', (html) => {
    const { window } = new JSDOM(`<main>${clean(html)}</main>`, { runScripts: 'dangerously' })
    const all = [...window.document.querySelectorAll('main *')]
    const attributes = all.flatMap((element) =>
      [...element.attributes].map(({ name, value }) => ({ name, value })),
    )
    expect(
      attributes.filter(({ name }) =>
        /^(on|action|formaction|srcset|srcdoc|poster|background|data$)/.test(name),
      ),
    ).toEqual([])
    expect(
      attributes.filter(({ value }) => /javascript:|example\.org|position|-9999|selma-/i.test(value)),
    ).toEqual([])
    const names = all.map(({ tagName }) => tagName.toLowerCase())
    const refused =
      'script style iframe object embed form button input meta base link template video audio image use animate'
    expect(names.filter((name) => refused.split(' ').includes(name))).toEqual([])
    window.close()
  })

  it('keeps what makes a table, a drawing and a picture', () => {
    const table =
      '<table><caption>c</caption><tbody><tr><th scope="row">a</th><td style="text-align: right">1</td></tr></tbody></table>'
    expect(clean(table)).toBe(table)
    expect(clean('<svg width="9"><rect fill="red"></rect></svg>')).toBe(
      '<svg width="9"><rect fill="red"></rect></svg>',
    )
    expect(clean('<img src="beside.png">')).toBe('<img src="data:image/png;base64,AA==" alt="">')
    expect(clean('<img src="elsewhere.png" alt="a tree">')).toBe('a tree')
    expect(clean('<h2>t</h2>')).toBe('<h2 role="heading" aria-level="4">t</h2>')
    expect(clean('<a href="https://example.org/">l</a>')).toBe(
      '<a href="https://example.org/" rel="noopener noreferrer">l</a>',
    )
  })
})

describe('Markdown', () => {
  it.each([
    ['[a](javascript:hit())', '<p><a rel="noopener noreferrer">a</a></p>\n'],
    ['[a](data:text/html,hit)', '<p><a rel="noopener noreferrer">a</a></p>\n'],
    [
      '<https://example.org/>',
      '<p><a href="https://example.org/" rel="noopener noreferrer">https://example.org/</a></p>\n',
    ],
    ['<javascript:hit()>', '<p><a rel="noopener noreferrer">javascript:hit()</a></p>\n'],
    ['![x" onerror="hit()](x.png)', '<p>x&quot; onerror=&quot;hit()</p>\n'],
    ['<b onclick=hit()>x</b>', '<p>&lt;b onclick=hit()&gt;x&lt;/b&gt;</p>\n'],
    ['$<b>$ and $5 to $6', '<p><span class="formula">$&lt;b&gt;$</span> and $5 to $6</p>\n'],
  ])('is harmless: %s', (source, html) => {
    expect(markdownToHtml(source)).toBe(html)
  })
})
