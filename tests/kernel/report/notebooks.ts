// Notebooks to be run and reported.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Written {
  cell_type: 'code' | 'markdown'
  id: string
  metadata: object
  source: string
  [other: string]: unknown
}

export const code = (id: string, source: string, ...tags: string[]): Written => ({
  cell_type: 'code',
  id,
  metadata: tags.length > 0 ? { tags } : {},
  source,
  outputs: [],
  execution_count: null,
})

export const markdown = (id: string, source: string, more: object = {}): Written => ({
  cell_type: 'markdown',
  id,
  metadata: {},
  source,
  ...more,
})

/** Writes cells as a notebook; returns its path. */
export async function notebookIn(
  folder: string,
  cells: readonly Written[],
  name = 'n.ipynb',
): Promise<string> {
  const kernelspec = { name: 'selma', display_name: 'SELMA (TypeScript)', language: 'typescript' }
  const path = join(folder, name)
  await writeFile(
    path,
    JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec }, cells }, null, 1),
  )
  return path
}

/** One pixel, red. */
export const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg=='

export const evil = '<img src=x onerror="window.hit=1"><script>window.hit=2</script>'

/** A notebook with every kind of output, harmless and not; it needs no model. */
export const everything: Written[] = [
  markdown(
    'intro',
    `# Ranks and seeds\n\nHow much a *rank* matters. With $\\Delta W_i = B_i A_i$ and $a_1 * b_2 * c_3$, and\n\n$$\\lVert a-b\\rVert_2 / \\lVert b\\rVert_2 \\le 10^{-3}$$\n\nCosts \\$3 here and $4 there. [A link](https://example.org/) and [a trap](javascript:window.hit=3), ${evil}\n\n![a red pixel](attachment:red.png) ![far away](https://example.org/x.png)`,
    { attachments: { 'red.png': { 'image/png': pixel } } },
  ),
  code(
    'params',
    "const rank = 16\nconst seed = 0\nconst method: 'average' | 'ties' = 'average'",
    'parameters',
  ),
  markdown('h-scores', '## Scores\n\nA table of *our own* and one of records.'),
  code(
    'table',
    "function scoreLike(ranks: number[]) {\n  const table = { title: 'Scores', labels: 'model', columns: [{ title: 'DSG %', scale: 100, digits: 1 }], rows: ranks.map((r) => ({ label: 'rank ' + r + ' <b>', cells: [{ mean: 1 / 3 + r / 1000, low: 0.3, high: 0.5, n: 20 }] })) }\n  return { [Symbol.for('Jupyter.display')]: () => ({ 'text/html': formatTable(table, 'html'), 'text/csv': formatTable(table, 'csv'), 'text/latex': formatTable(table, 'latex'), 'text/plain': formatTable(table) }) }\n}\nscoreLike([rank, rank * 2])",
  ),
  code('records', "[{ name: 'a', loss: 0.5 + seed }, { name: 'b', loss: 0.25 }]"),
  markdown('h-figures', '## Figures\n\n### Interactive'),
  code(
    'figure',
    "barsWithIntervals([{ label: 'base', mean: 50, low: 45, high: 55 }, { label: 'merged', mean: 61, low: 57, high: 65 + seed }], { title: 'DSG by model', valueTitle: 'per cent' })",
  ),
  code(
    'plotly',
    "({ data: [{ type: 'scatter', x: [1, 2, 3], y: [2, 1, 3], name: '<img src=x onerror=alert(1)>' }], layout: { title: { text: 'A plain figure' } } })",
  ),
  markdown('h-pictures', '### Pictures'),
  code(
    'svg',
    'display(svg`<svg xmlns="http://www.w3.org/2000/svg" width="120" height="40"><title>Two squares</title><rect width="40" height="40" fill="#0072B2"/><rect x="60" width="40" height="40" fill="#D55E00"/><script>window.hit=4</script></svg>`)\nBuffer.from(\'' +
      pixel +
      "', 'base64')",
  ),
  markdown('h-text', '## Printed'),
  code(
    'ansi',
    "console.log('\\u001b[31mred\\u001b[0m and plain')\nprocess.stdout.write('10 %\\r100 %\\n')\nconsole.error('a warning <b>')\nconsole.log('rank', rank, 'seed', seed, method)",
  ),
  code(
    'html',
    'html`<p onclick="window.hit=5">A <b style="color: red; position: fixed; background: url(https://example.org/b.png)">bold</b> word <a href="javascript:window.hit=6">trap</a></p><script>window.hit=7</script><iframe src="https://example.org/"></iframe><form action="https://example.org/"><input name="q"></form><svg><a xlink:href="javascript:window.hit=8"><text y="9">x</text></a></svg><style>body{display:none}</style><img src="https://example.org/t.png" alt="far"><div class="selma-figure">no figure</div>`',
  ),
  code('timed', 'console.log(Math.random())', 'nbval-ignore-output'),
  code('hidden', "console.log('folded')", 'hide-input'),
  code('gone', "console.log('left out')", 'remove-cell'),
  code('boom', "throw new Error('expected <b>')", 'raises-exception'),
]
