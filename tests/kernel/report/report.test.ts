// The report of a notebook that shows everything, harmless and not: run for real, opened with jsdom.
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JSDOM } from 'jsdom'
import { beforeAll, describe, expect, it } from 'vitest'
import { type CodeCell, readNotebook } from '../../../kernel/notebook.ts'
import { readEmbedded } from '../../../kernel/report/embedded.ts'
import { type NotebookReport, notebookReport } from '../../../kernel/report/notebook-report.ts'
import { notebookHash, runNotebook } from '../../../kernel/run-notebook.ts'
import { inlinePlotly } from '../../../lib/plots/index.ts'
import { folderForFile } from '../../support/tiny-pipeline.ts'
import { code, everything, markdown, notebookIn } from './notebooks.ts'

const folder = await folderForFile()
let report: NotebookReport
let document: Document
let path: string

/** The page without plotly.js, whose parsing takes its time. */
const light = async (html: string) => html.replace(await inlinePlotly(), () => 'window.plotly = true')

beforeAll(async () => {
  path = await notebookIn(folder, everything)
  const out = join(folder, 'out.ipynb')
  const result = await runNotebook(path, { out, parameters: { rank: 64 } })
  expect(result).toMatchObject({ status: 'ok' })
  report = await notebookReport(await readNotebook(out), {
    name: 'n.ipynb',
    folder,
    places: [[folder, '.']],
    timeoutS: 600,
  })
  document = new JSDOM(await light(report.html)).window.document
}, 300_000)

const text = (selector: string) => document.querySelector(selector)?.textContent ?? ''

describe('the report of a notebook', () => {
  it('asks nobody for anything', () => {
    for (const name of ['src', 'srcset', 'data', 'poster', 'background', 'action', 'xlink:href']) {
      for (const element of document.querySelectorAll(`[${name.replace(':', '\\:')}]`))
        expect(element.getAttribute(name)).toMatch(/^(data:image\/|#)/)
    }
    const foreign = 'link, iframe, object, embed, base, audio, video, form, input, meta[http-equiv=refresh]'
    expect(document.querySelectorAll(foreign)).toHaveLength(0)
    const styles = [...document.querySelectorAll('style, [style]')]
    for (const one of styles) {
      const style = one.getAttribute('style') ?? one.textContent
      expect(style).not.toMatch(/url\s*\(|@import/i)
      if (one.hasAttribute('style')) expect(style).not.toMatch(/position/)
    }
    expect(
      document.querySelector('meta[http-equiv=Content-Security-Policy]')?.getAttribute('content'),
    ).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+' 'sha256-[^']+'; style-src 'unsafe-inline'; img-src data: blob:/,
    )
  })

  it('runs its own two scripts, and nothing that a cell brought', async () => {
    const scripts = [...document.querySelectorAll('script')]
    const own = scripts.filter(({ type }) => type !== 'application/json')
    expect(own.map((one) => one.textContent?.slice(0, 20))).toEqual([
      'window.plotly = true',
      'for (const box of do',
    ])
    const handlers = [...document.querySelectorAll('*')].flatMap(({ attributes }) =>
      [...attributes].map(({ name }) => name).filter((name) => name.startsWith('on')),
    )
    expect(handlers).toEqual([])
    expect([...new Set([...document.links].map(({ protocol }) => protocol))].sort()).toEqual([
      'about:',
      'data:',
      'https:',
    ])
    // jsdom knows no content security policy: what runs here would run in a page that had none.
    const { window } = new JSDOM(await light(report.html), { runScripts: 'dangerously' })
    for (const link of window.document.querySelectorAll('a:not([href^="#"]):not([download])'))
      (link as HTMLElement).dispatchEvent(new window.MouseEvent('click', { cancelable: true }))
    expect(window).toMatchObject({ plotly: true })
    expect('hit' in window).toBe(false)
    window.close()
  })

  it('opens with its provenance, and marks what was changed', async () => {
    const [first] = document.querySelectorAll('main > section')
    expect(first.className).toBe('provenance')
    const rows = Object.fromEntries(
      [...first.querySelectorAll('tr')].map((row) => [...row.children].map((cell) => cell.textContent)),
    )
    expect(rows).toMatchObject({
      date: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d UTC$/),
      notebook: `n.ipynb, ${notebookHash(await readNotebook(path)).slice(0, 16)}`,
      commit: expect.stringMatching(/^([0-9a-f]{40}( \(with local changes\))?|not a git checkout)$/),
      'lock file': expect.stringMatching(/^([0-9a-f]{16}|none)$/),
      provider: expect.stringContaining('ONNX Runtime'),
      hardware: expect.stringMatching(/\d+ × .+ GiB/),
      versions: expect.stringMatching(/^SELMA Lab .*, Node \d+\..*, ONNX Runtime \d/),
      cells: '13 planned, 13 finished, 0 failed',
    })
    expect([...document.querySelectorAll('.settings tbody tr')].map((row) => row.textContent)).toEqual([
      'rank64changed; default 16',
      'seed0default',
      "method'average'default",
    ])
    expect(document.querySelectorAll('.settings tr.changed')).toHaveLength(1)
  })

  it('has one title, headings in order, contents, and a text for every picture', () => {
    const headings = [...document.querySelectorAll('h1, h2, h3, h4')].map(
      (one) => `${one.tagName} ${one.textContent}`,
    )
    expect(headings).toEqual([
      'H1 Ranks and seeds',
      'H2 Provenance',
      'H2 Scores',
      'H2 Figures',
      'H3 Interactive',
      'H3 Pictures',
      'H2 Printed',
    ])
    for (const link of document.querySelectorAll('nav a'))
      expect(document.getElementById(link.getAttribute('href')?.slice(1) ?? '')).not.toBeNull()
    const alts = [...document.querySelectorAll('img')].map((image) => image.getAttribute('alt'))
    expect(alts.every(Boolean)).toBe(true)
    expect(alts).toContain('a red pixel')
    expect(new Set([...document.querySelectorAll('[id]')].map(({ id }) => id)).size).toBe(
      document.querySelectorAll('[id]').length,
    )
  })

  it('shows Markdown without HTML, formulas as they are written', () => {
    expect([...document.querySelectorAll('.formula')].map((one) => one.textContent)).toEqual([
      '$\\Delta W_i = B_i A_i$',
      '$a_1 * b_2 * c_3$',
      '$$\\lVert a-b\\rVert_2 / \\lVert b\\rVert_2 \\le 10^{-3}$$',
    ])
    expect(text('main')).toContain('Costs $3 here and $4 there.')
    expect(text('main')).toContain('<img src=x onerror="window.hit=1"><script>window.hit=2</script>')
  })

  it('has the tables with their numbers, to look at and to take along', () => {
    expect(report.tables.map(({ name }) => name)).toEqual(['table-1-scores', 'table-2'])
    expect(report.tables[0].csv).toBe(
      `model,DSG %,DSG % low,DSG % high,DSG % n\nrank 64 <b>,${1 / 3 + 0.064},0.3,0.5,20\nrank 128 <b>,${1 / 3 + 0.128},0.3,0.5,20\n`,
    )
    expect(report.tables[0].latex).toContain(
      '{rank 64 \\textless{}b\\textgreater{}} & {39.7 [30.0, 50.0], n=20}',
    )
    expect(report.tables[1].csv).toBe('name,loss\na,0.5\nb,0.25\n')
    const [csv, tex] = [...document.querySelectorAll<HTMLAnchorElement>('a[download]')]
    expect([csv.download, tex.download]).toEqual(['table-1-scores.csv', 'table-1-scores.tex'])
    expect(Buffer.from(csv.href.split(',')[1], 'base64').toString()).toBe(report.tables[0].csv)
    expect(text('th[scope=row]')).toBeTruthy()
    expect(document.querySelector('table caption')?.textContent).toBe('Scores')
  })

  it('has figures that are drawn where scripts run, and are pictures where not', () => {
    const figures = [...document.querySelectorAll('.cell .selma-figure')]
    expect(figures).toHaveLength(2)
    for (const one of figures) {
      expect(one.querySelector('img')?.getAttribute('src')).toMatch(/^data:image\/png;base64,iVBOR/)
      expect(JSON.parse(one.querySelector('script')?.textContent ?? '')).toHaveProperty('data')
    }
    expect(report.html.split('plotly.js v').length - 1).toBeLessThanOrEqual(1)
  })

  it('shows printed text as a terminal leaves it, errors, and folds what is tagged so', () => {
    const printed = [...document.querySelectorAll('pre.output')].map((one) => one.textContent)
    expect(printed).toContain('red and plain\n100 %')
    expect(printed).toContain('a warning <b>')
    expect(text('.failure strong')).toBe('Error')
    expect(text('.failure pre')).toContain('expected <b>')
    expect(text('main')).not.toContain('left out')
    const [folded, ...others] = [...document.querySelectorAll<HTMLDetailsElement>('.cell details')]
      .reverse()
      .slice(1)
    expect(folded.open).toBe(false)
    expect(others.every(({ open }) => open)).toBe(true)
    expect(document.querySelectorAll('.hljs-keyword').length).toBeGreaterThan(5)
  })

  it('carries the notebook, its parameters, and what every cell gave', async () => {
    const { notebook, parameters, cells, timeoutS, settings } = readEmbedded(report.html, 'r.html')
    expect(notebookHash(notebook)).toBe(notebookHash(await readNotebook(path)))
    expect(notebook.cells.every((one) => !('outputs' in one) || (one as CodeCell).outputs.length === 0)).toBe(
      true,
    )
    expect({ parameters, timeoutS }).toEqual({ parameters: { rank: 64 }, timeoutS: 600 })
    expect(settings).toMatchObject({ rank: 64 })
    const kinds = Object.fromEntries(cells.map(({ id, outputs }) => [id, outputs.map(({ kind }) => kind)]))
    expect(kinds).toMatchObject({
      table: ['table'],
      figure: ['figure'],
      svg: ['picture', 'picture'],
      ansi: ['text'],
      html: ['html'],
      boom: ['error'],
    })
    expect(cells.find(({ id }) => id === 'ansi')?.outputs[0].value).toBe(
      'red and plain\n100 %\nrank 64 seed 0 average\n',
    )
  })

  it('tells when it was changed, or is something else', async () => {
    const changed = (html: string) => () => readEmbedded(html, 'r.html')
    expect(changed(report.html.replace('39.7', '41.7'))).toThrow(/r\.html has been changed/)
    expect(changed(report.html.replace('"rank":64', '"rank":65'))).toThrow(/has been changed/)
    expect(changed(report.html.replaceAll('\n', '\r\n'))).not.toThrow()
    expect(changed('<!doctype html><p>hello</p>')).toThrow(/does not carry a notebook/)
  })
})

describe('a report of work with the model', () => {
  it('names base, writer, settings and hashes', { timeout: 300_000 }, async () => {
    const own = join(folder, 'model')
    await mkdir(own)
    const source = await notebookIn(own, [
      markdown('t', '# One picture'),
      code('params', 'const steps = 2', 'parameters'),
      code('load', "const base = await T2I.load('shapes')\nbase"),
      code(
        'write',
        "const written = await prompts.generate(getSkill('count'), { n: 4, shapesOnly: true, seed: 3 })\nwritten",
      ),
      code('draw', "await base.draw('three red squares', { steps, seed: 1 })"),
    ])
    const out = join(own, 'out.ipynb')
    const run = () => runNotebook(source, { out, env: { SELMA_HOME: join(own, '.selma') } })
    expect(await run()).toMatchObject({ status: 'ok' })
    const made = await notebookReport(await readNotebook(out), { name: 'one.ipynb', folder: own })
    const { provenance, settings, cells } = made.embedded
    expect(provenance).toMatchObject({
      base: { shapes: expect.stringMatching(/^[0-9a-f]{16}$/) },
      prompts: { count: expect.stringMatching(/^[0-9a-f]{16}$/) },
      'prompts written by': [
        expect.stringMatching(/^the offline template writer \(no language model\), \d{4}-.*, no cost$/),
      ],
      runs: '1 planned, 1 finished, 0 failed',
    })
    expect(settings).toMatchObject({
      'prompts.n': 4,
      'prompts.threshold': 0.8,
      'draw.steps': 2,
      'draw.guidance': 7.5,
    })
    const page = new JSDOM(made.html).window.document
    const states = Object.fromEntries(
      [...page.querySelectorAll('.settings tbody tr')].map((row) => [
        row.children[0].textContent,
        row.children[2].textContent,
      ]),
    )
    expect(states).toMatchObject({
      'prompts.n': 'changed; default 1000',
      'prompts.threshold': 'default',
      'prompts.seed': 'changed; default 42',
      'draw.steps': 'changed; default 20',
      'draw.prompts': 'given',
    })
    expect(page.querySelector('img[alt="three red squares"]')).not.toBeNull()
    expect(made.html).not.toContain(folder)
    expect(await readFile(out, 'utf8')).toContain('"uses"')

    // The second time the cache answers; nothing that is compared may tell.
    expect(await run()).toMatchObject({ status: 'ok' })
    const again = await notebookReport(await readNotebook(out), { name: 'one.ipynb', folder: own })
    expect(again.embedded.provenance.runs).toBe('1 planned, 1 finished, 0 failed, 1 of them from the cache')
    expect(again.embedded.cells).toEqual(cells)
  })
})
