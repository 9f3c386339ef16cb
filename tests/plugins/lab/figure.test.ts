import { describe, expect, it } from 'vitest'
import { readFigure, withoutBadLinks } from '../../../plugins/lab/plotly/figure.ts'

describe('a figure from a notebook', () => {
  it('is copied', () => {
    const value = { data: [{ y: [1, 2], marker: { color: 'red' } }], layout: { title: { text: 't' } } }
    const kept = structuredClone(value)
    const figure = readFigure(value)!
    ;(figure.data[0].y as number[]).push(3)
    figure.layout.title = 'other'
    expect(value).toEqual(kept)
  })

  it('keeps numbers, gaps and encoded arrays as they are', () => {
    const bdata = 'A'.repeat(50_000)
    const data = [{ type: 'scatter', y: [1.5, null, -3e9], x: { dtype: 'f4', bdata }, visible: false }]
    expect(readFigure({ data })).toEqual({ data, layout: {}, config: {} })
  })

  it('is refused when it is none', () => {
    for (const value of [undefined, null, 7, 'x', [], {}, { data: 'x' }])
      expect(readFigure(value)).toBeUndefined()
  })

  it('loses what could reach beyond the page', () => {
    const figure = readFigure(
      JSON.parse(`{
        "data": [{ "y": [1], "__proto__": { "polluted": true }, "constructor": 1 }],
        "layout": { "images": [{ "source": "javascript:alert(1)" }, { "source": "data:image/png;base64,AA" }] },
        "config": { "plotlyServerURL": "javascript:alert(1)", "showLink": true, "scrollZoom": true, "editable": true }
      }`),
    )!
    expect(figure.data).toEqual([{ y: [1] }])
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
    expect(figure.layout.images).toEqual([{ source: '' }, { source: 'data:image/png;base64,AA' }])
    expect(figure.config).toEqual({ scrollZoom: true })
  })

  it('has texts of a length that can be drawn', () => {
    const figure = readFigure({ data: [], layout: { title: { text: 'x'.repeat(1_000_000) } } })!
    expect((figure.layout.title as { text: string }).text.length).toBeLessThan(5000)
  })
})

describe('links in texts', () => {
  it('go where a browser opens pages and letters', () => {
    for (const good of [
      '<a href="https://a.org/?q=1&b=2">x</a>',
      "<a href='mailto:a@b.c'>x</a>",
      'a < b',
      'plain',
    ])
      expect(withoutBadLinks(good)).toBe(good)
  })

  it('go nowhere else', () => {
    const bad = [
      'javascript:alert(1)',
      ' jAvaScript:alert(1)',
      'java\tscript:alert(1)',
      'java&#115;cript:alert(1)',
      'java&#x73;cript:alert(1)',
      'javascript&colon;alert(1)',
      'data:text/html,<script>alert(1)</script>',
      'vbscript:x',
      '//evil.example',
    ]
    for (const address of bad)
      for (const quote of ['"', "'"])
        expect(withoutBadLinks(`<a target=_top href=${quote}${address}${quote}>x</a>`)).toMatch(/^<a>/)
    expect(withoutBadLinks('<a href=javascript:alert(1)>x')).toBe('<a>x')
    expect(withoutBadLinks('<A\nHREF="javascript:alert(1)"')).toBe('<a>')
  })
})
