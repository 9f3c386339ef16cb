// The scripts and the style of a report page, inline: the page asks nobody for anything.
import { createHash } from 'node:crypto'
import { plotlySource } from './static.ts'

/** Draws every `.selma-figure` of the page; one that fails keeps its static picture. */
export const figureScript = `for (const box of document.querySelectorAll('.selma-figure')) {
  const plot = box.querySelector('.selma-plot')
  const draw = async () => {
    const figure = JSON.parse(box.querySelector('script').textContent)
    plot.hidden = false
    await Plotly.newPlot(plot, figure.data, figure.layout, figure.config)
    box.classList.add('selma-live')
  }
  draw().catch(() => { plot.hidden = true })
}`

/** plotly.js as it may stand inside a `<script>` element: no end tag and no comment can begin in it. */
export async function inlinePlotly(): Promise<string> {
  // Only in strings, template and regular-expression literals can these appear; \x3c means < in all of them.
  return (await plotlySource()).replace(/<(?=\/script|!--|script)/gi, '\\x3c')
}

/** A content security policy that runs exactly these scripts and loads nothing from anywhere. */
export function pagePolicy(scripts: readonly string[]): string {
  const hashes = scripts.map((script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`)
  return [
    "default-src 'none'",
    `script-src ${hashes.join(' ') || "'none'"}`,
    "style-src 'unsafe-inline'",
    'img-src data: blob:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
}

export const pageStyle = `
:root { color-scheme: light dark; --paper: #fff; --ink: #222; --faint: #595959; --line: #d9d9d9; --band: #f5f6f8; --mark: #fff3d6; --link: #00639b }
@media (prefers-color-scheme: dark) {
  :root { --paper: #16191d; --ink: #e6e6e6; --faint: #a9afb6; --line: #3a4047; --band: #1f242a; --mark: #4a3a12; --link: #6cb8f0 }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 Inter, "Segoe UI", system-ui, "DejaVu Sans", sans-serif }
main { max-width: 900px; margin: 0 auto; padding: 32px 20px 64px }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 20px }
h2 { font-size: 1.25rem; margin: 2.2em 0 .6em } h3 { font-size: 1.05rem }
a[href] { color: var(--link) } p, li { max-width: 46em }
code, pre { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .88em; background: var(--band); border-radius: 3px; padding: .1em .3em }
pre { padding: 12px; overflow-x: auto } pre code { padding: 0 }
.scroll { overflow-x: auto; margin: 1em 0 }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums }
table caption { text-align: left; font-weight: 600; padding-bottom: 6px }
th, td { text-align: left; padding: 5px 14px 5px 8px; border-bottom: 1px solid var(--line); vertical-align: top }
thead th { border-bottom: 2px solid var(--line) } td.number, th.number { text-align: right }
.provenance { background: var(--band); border: 1px solid var(--line); border-radius: 6px; padding: 12px 16px }
.provenance h2 { margin: 0 0 .4em; font-size: 1rem } .provenance table { width: 100% }
.provenance th { white-space: nowrap; font-weight: 600; width: 1% } .provenance td { overflow-wrap: anywhere }
.provenance tr:last-child > * { border-bottom: 0 } .provenance ul { margin: 0; padding: 0; list-style: none }
tr.changed > * { background: var(--mark) } tr.changed td { font-weight: 600 } tr td.value { overflow-wrap: anywhere }
figure { margin: 1.4em 0 } figcaption { color: var(--faint); font-size: .9rem; margin-top: 8px; max-width: 52em }
.selma-figure { background: #fff; border: 1px solid var(--line); border-radius: 6px; overflow-x: auto; width: fit-content; max-width: 100% }
.selma-static { display: block } .selma-live .selma-static { display: none }
table.selma-images th, table.selma-images td { border: 0; padding: 4px 6px } table.selma-images th { text-align: center }
table.selma-images tbody th { text-align: right; vertical-align: middle }
@media print {
  :root { color-scheme: light; --paper: #fff; --ink: #000; --faint: #444; --line: #bbb; --band: #fff; --mark: #fff3d6; --link: #000 }
  body { font-size: 10.5pt } main { max-width: none; padding: 0 } .download { display: none }
  .selma-figure { border: 0; overflow: visible } .selma-plot { display: none } .selma-static, .selma-live .selma-static { display: block; max-width: 100%; height: auto }
  figure, tr, .provenance { break-inside: avoid } h2, h3 { break-after: avoid } .scroll { overflow: visible }
}
`
