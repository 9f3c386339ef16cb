import { describe, expect, it } from 'vitest'
import { cellText, percent, type ResultsTable } from '../../lib/metrics/table.ts'
import { formatTable } from '../../lib/metrics/table-formats.ts'

const table: ResultsTable = {
  title: 'Faithfulness',
  labels: 'model',
  columns: [
    { title: 'DSG (eye)', ...percent },
    { title: 'objects', digits: 1 },
  ],
  rows: [
    { label: 'base', cells: [{ mean: 0.7034, low: 0.681, high: 0.72, n: 500 }, 3] },
    { label: 'merged', cells: [{ mean: 0.777, low: Number.NaN, high: Number.NaN, n: 1 }] },
  ],
  notes: ['95% intervals.'],
}

describe('cells', () => {
  it.each([
    [{ mean: 0.7034, low: 0.681, high: 0.72, n: 500 }, '70.3 [68.1, 72.0], n=500'],
    [{ mean: 0.5 }, '50.0'],
    [{ mean: 0.5, low: Number.NaN, high: Number.NaN, n: 1 }, '50.0, n=1'],
    [{ mean: -0.0001, low: -0.1, high: 0.1 }, '0.0 [-10.0, 10.0]'],
    [0.25, '25.0'],
    [Number.NaN, '–'],
    [undefined, '–'],
    ['reproduced', 'reproduced'],
  ])('%j', (cell, expected) => {
    expect(cellText(cell, percent)).toBe(expected)
  })
})

describe('formats', () => {
  it('text is aligned', () => {
    expect(formatTable(table)).toBe(
      [
        'Faithfulness',
        '',
        'model                  DSG (eye)  objects',
        '-----------------------------------------',
        'base    70.3 [68.1, 72.0], n=500      3.0',
        'merged                 77.7, n=1        –',
        '',
        '95% intervals.',
      ].join('\n'),
    )
  })

  it('Markdown', () => {
    expect(formatTable(table, 'markdown').split('\n')).toEqual([
      '**Faithfulness**',
      '',
      '| model | DSG (eye) | objects |',
      '| --- | ---: | ---: |',
      '| base | 70.3 \\[68.1, 72.0\\], n=500 | 3.0 |',
      '| merged | 77.7, n=1 | – |',
      '',
      '95% intervals.',
    ])
  })

  it('CSV has the numbers, unscaled', () => {
    expect(formatTable(table, 'csv')).toBe(
      [
        'model,DSG (eye),DSG (eye) low,DSG (eye) high,DSG (eye) n,objects',
        'base,0.7034,0.681,0.72,500,3',
        'merged,0.777,,,1,',
        '',
      ].join('\n'),
    )
  })

  it('LaTeX', () => {
    const text = formatTable(table, 'latex')
    expect(text).toContain('\\caption{Faithfulness}')
    expect(text).toContain('{base} & {70.3 [68.1, 72.0], n=500} & {3.0} \\\\')
    expect(text).toContain('95\\% intervals.')
    expect(text).toContain('\\begin{tabular}{lrr}')
  })

  it('HTML', () => {
    const text = formatTable(table, 'html')
    expect(text).toContain('<caption>Faithfulness</caption>')
    expect(text).toContain('<td style="text-align:right">3.0</td>')
  })

  it('names the formats there are', () => {
    expect(() => formatTable(table, 'pdf' as 'html')).toThrow(/unknown table format pdf/)
  })
})

describe('labels from outside stay text', () => {
  const rude: ResultsTable = {
    title: '<b>t</b>',
    columns: [{ title: 'a|b' }],
    rows: [{ label: '<img src=x onerror="alert(1)"> $x_1$ \\input{f} 50% # & *', cells: ['line\nbreak |'] }],
    notes: ['<script>'],
  }

  it('in HTML', () => {
    const text = formatTable(rude, 'html')
    expect(text).not.toMatch(/<(img|script|b>)/)
    expect(text).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;')
  })

  it('in Markdown, where a line is a line and a bar a bar', () => {
    const text = formatTable(rude, 'markdown')
    expect(text).not.toMatch(/<(img|script|b>)/)
    expect(text).toContain('line break \\|')
    expect(text).toContain('\\$x\\_1\\$ \\\\input{f} 50% \\# &amp; \\*')
  })

  it('in LaTeX', () => {
    const text = formatTable(rude, 'latex')
    expect(text).toContain('\\$x\\_1\\$ \\textbackslash{}input\\{f\\} 50\\% \\# \\& *')
  })

  it('in text and CSV', () => {
    expect(formatTable(rude, 'text')).toContain('line break |')
    expect(formatTable(rude, 'csv')).toContain('"line\nbreak |"')
  })
})
