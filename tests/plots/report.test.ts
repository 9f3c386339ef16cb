import { JSDOM, VirtualConsole } from 'jsdom'
import { describe, expect, it } from 'vitest'
import { blankPicture } from '../../lib/formats/picture.ts'
import { ImageGrid } from '../../lib/plots/image-grid.ts'
import { inlinePlotly } from '../../lib/plots/page-scripts.ts'
import { htmlReport, type ReportOptions } from '../../lib/plots/report.ts'
import { cleanTableHtml, csvToHtml } from '../../lib/plots/tables.ts'
import { gallery } from './support/gallery.ts'

const evil = '</script><script>alert(1)</script><img src="https://evil.example/x.png" onerror="alert(2)">'

const options: ReportOptions = {
  title: `Ablation ${evil}`,
  provenance: {
    commit: '0123abc',
    dirty: false,
    skills: ['count', evil],
    hashes: { base: 'ffee', 'test set': 'aabb' },
    [evil]: evil,
  },
  sections: [
    {
      kind: 'text',
      title: evil,
      markdown: `# Result\n\n**bold** ${evil}\n\n![p](https://evil.example/p.png)\n\n[bad](javascript:alert(1)) [good](https://example.org/)`,
    },
    {
      kind: 'table',
      csv: `model,DSG\nbase,"0.62 [0.59, 0.65]"\n"${evil.replaceAll('"', '""')}",0.71\n`,
      caption: evil,
    },
    {
      kind: 'table',
      html: `<table onclick="x()"><tr><td class="number" style="background:url(https://evil.example)">1${evil}</td></tr></table>`,
    },
    { kind: 'figure', figure: gallery.gain(), caption: evil },
    {
      kind: 'images',
      grid: new ImageGrid([{ picture: blankPicture(8, 8, [9, 9, 9]), caption: evil }]),
      caption: evil,
    },
    {
      kind: 'settings',
      rows: [
        { name: 'rank', value: 16, changed: true },
        { name: evil, value: { a: evil }, changed: false },
      ],
    },
  ],
}

// Made once: it carries plotly.js, and parsing that takes its time.
const made = htmlReport(options)

describe('htmlReport', () => {
  it('is one file that loads nothing from anywhere, whatever the texts say', async () => {
    const html = await made
    const { document } = new JSDOM(html).window
    for (const name of ['src', 'srcset', 'data', 'poster', 'background', 'action']) {
      for (const element of document.querySelectorAll(`[${name}]`)) {
        expect(element.getAttribute(name)).toMatch(/^data:image\/png;base64,/)
      }
    }
    expect(document.querySelectorAll('link, iframe, object, embed, base, audio, video, form').length).toBe(0)
    const handlers = [...document.querySelectorAll('*')].flatMap(({ attributes }) =>
      [...attributes].map(({ name }) => name),
    )
    expect(handlers.filter((name) => name.startsWith('on'))).toEqual([])
    const style = [...document.querySelectorAll('style')].map((element) => element.textContent).join('')
    expect(style).not.toMatch(/@import|url\(/)
    expect(
      [...document.querySelectorAll('[style]')].filter((element) =>
        /url/.test(element.getAttribute('style')!),
      ),
    ).toEqual([])
    expect([...document.links].map(({ protocol }) => protocol).sort()).toEqual(['data:', 'https:', 'https:'])
    const policy = document.querySelector('meta[http-equiv]')!.getAttribute('content')
    expect(policy).toMatch(/^default-src 'none'; script-src 'sha256-[^']+' 'sha256-[^']+';/)
  })

  it('has its own scripts only, and the figure can be read back from the page', async () => {
    const { document } = new JSDOM(await made).window
    const scripts = [...document.querySelectorAll('script')]
    expect(scripts.map(({ type }) => type)).toEqual(['application/json', '', ''])
    expect(JSON.parse(scripts[0].textContent!)).toEqual(JSON.parse(JSON.stringify(gallery.gain())))
    expect(scripts[1].textContent).toBe(await inlinePlotly())
    expect(document.querySelector('.selma-figure .selma-static')!.getAttribute('alt')).toContain(
      'merged − base',
    )
    expect(document.querySelectorAll('h1, h2')[0].textContent).toBe(options.title)
  })

  it('opens with the provenance and marks what was changed', async () => {
    const { document } = new JSDOM(await made).window
    const [first] = document.querySelectorAll('main > section')
    expect(first.className).toBe('provenance')
    expect(first.textContent).toContain('0123abc')
    expect(
      [...document.querySelectorAll('.settings tr.changed')].map(({ textContent }) => textContent),
    ).toEqual(['rank16changed'])
  })

  it('draws the interactive figure with the inlined plotly.js', async () => {
    const html = await htmlReport({ ...options, sections: [{ kind: 'figure', figure: gallery.gain() }] })
    const dom = new JSDOM(html, {
      runScripts: 'dangerously',
      pretendToBeVisual: true,
      virtualConsole: new VirtualConsole(),
      beforeParse(window) {
        window.URL.createObjectURL = () => 'blob:x'
        window.HTMLCanvasElement.prototype.getContext = (() => null) as never
        Object.assign(window.SVGElement.prototype, { getBBox: () => ({ x: 0, y: 0, width: 9, height: 9 }) })
      },
    })
    await expect
      .poll(() => dom.window.document.querySelectorAll('.selma-live .main-svg').length, { timeout: 30_000 })
      .toBeGreaterThan(0)
    dom.window.close()
  })

  it('is the same bytes for the same input, and small without figures', async () => {
    expect((await htmlReport(options)) === (await made)).toBe(true)
    const plain = await htmlReport({ ...options, sections: options.sections.slice(0, 3) })
    expect(plain.length).toBeLessThan(20_000)
    expect(plain).toContain('script-src &#39;none&#39;')
  })

  it('refuses what it does not know', async () => {
    const report = (section: unknown) =>
      htmlReport({ title: '', provenance: {}, sections: [section as never] })
    await expect(report({ kind: 'movie' })).rejects.toMatchObject({ code: 'bad-input' })
    await expect(report({ kind: 'table' })).rejects.toMatchObject({ code: 'bad-input' })
    await expect(report({ kind: 'table', csv: 'a,b\n1\n' })).rejects.toMatchObject({ code: 'bad-input' })
  })
})

describe('tables', () => {
  it('aligns numbers right, escapes, and keeps quoted commas', () => {
    expect(csvToHtml('name,score\n"a, <b>",0.71 [0.6; 0.8]\nc,–\n')).toBe(
      '<table><thead><tr><th>name</th><th class="number">score</th></tr></thead><tbody>' +
        '<tr><td>a, &lt;b&gt;</td><td class="number">0.71 [0.6; 0.8]</td></tr>' +
        '<tr><td>c</td><td class="number">–</td></tr></tbody></table>',
    )
  })

  it('keeps of HTML what a table needs', () => {
    const html =
      '<table border=1 onclick=x><tr><th colspan="2" style="x" scope=row>a<script>b</script></th><td><a href=x>c</a><img src=y><b>d&lt;</b></td></tr></table>'
    expect(cleanTableHtml(html)).toBe(
      '<table><tbody><tr><th colspan="2" scope="row">a</th><td>c<b>d&lt;</b></td></tr></tbody></table>',
    )
  })
})
