// What a notebook's report looks like beyond the page that all reports share (lib/plots/page-scripts.ts).

export const notebookStyle = `
:root { --word: #8250b8; --name: #00639b; --text: #3d6b1f; --note: #6b7078; --bad: #b3261e; --bad-paper: #fdecea }
@media (prefers-color-scheme: dark) {
  :root { --word: #c9a5f0; --name: #6cb8f0; --text: #a5d287; --note: #9aa1aa; --bad: #ff9d94; --bad-paper: #3b1d1b }
}
.subtitle { color: var(--faint); margin: -12px 0 20px }
nav.contents { margin: 20px 0; font-size: .95rem } nav.contents ul { list-style: none; margin: 0; padding: 0 }
nav.contents li { padding: 1px 0 } nav.contents .deeper { padding-left: 1.4em }
details > summary { cursor: pointer; color: var(--faint); font-size: .85rem; padding: 2px 0 }
details.box { border: 1px solid var(--line); border-radius: 6px; padding: 6px 16px; margin: 12px 0 }
details.box > summary { font-size: .95rem; color: var(--ink); font-weight: 600 }
.cell { margin: 18px 0 } .cell details > pre { margin: 4px 0 0; border-left: 3px solid var(--line); border-radius: 0 4px 4px 0; line-height: 1.5 }
pre.output { background: none; border-radius: 0; padding: 6px 0 6px 12px; border-left: 3px solid transparent; margin: 8px 0; white-space: pre-wrap; overflow-wrap: anywhere }
pre.stderr { border-left-color: var(--mark); color: var(--faint) }
.failure { background: var(--bad-paper); border-left: 3px solid var(--bad); padding: 8px 12px; margin: 8px 0 } .failure > strong { color: var(--bad) } .failure pre { padding-left: 0; border: 0; margin: 4px 0 0 }
.state { color: var(--faint); font-size: .85rem } .state.bad { color: var(--bad); font-weight: 600 }
.cell .selma-figure { margin: 10px 0 }
img { max-width: 100%; height: auto } img.shown { display: block; margin: 8px 0; background: #fff }
table.selma-images { max-width: 100% } table.selma-images img { max-width: none }
.html > table p, .html > p { margin: .4em 0 }
.download a { margin-right: 1em } .download { font-size: .85rem; margin: 4px 0 0 }
.formula { font-family: ui-monospace, "DejaVu Sans Mono", monospace; font-size: .92em } .formula.display { display: block; margin: .8em 0 .8em 1.5em; white-space: pre-wrap }
.hljs-keyword, .hljs-built_in, .hljs-literal { color: var(--word) } .hljs-string, .hljs-regexp { color: var(--text) }
.hljs-title, .hljs-attr, .hljs-property, .hljs-type { color: var(--name) } .hljs-comment { color: var(--note); font-style: italic } .hljs-number { color: var(--bad) }
@media (max-width: 600px) { main { padding: 20px 14px 48px } h1 { font-size: 1.4rem } .provenance th { white-space: normal; width: 34% } th, td { padding-right: 8px } }
@media print {
  :root { --word: #5b2d8f; --name: #00507d; --text: #2f5518; --note: #555; --bad: #8c1d18; --bad-paper: #fff }
  nav.contents { display: none } pre { white-space: pre-wrap; overflow-wrap: anywhere } .cell details > pre { border: 1px solid var(--line) }
  details.box::details-content { content-visibility: visible; display: block; height: auto }
}
`
