// What counts as different between two runs, and how it is told.
import { describe, expect, it } from 'vitest'
import { type CodeCell, codeCell, type NotebookOutput } from '../../../kernel/notebook.ts'
import { comparables } from '../../../kernel/report/comparable.ts'
import { compareOutputs, compareRecords } from '../../../kernel/report/compare.ts'
import { formatTable } from '../../../lib/metrics/index.ts'

const PLOTLY = 'application/vnd.plotly.v1+json'
const cell = (...outputs: NotebookOutput[]): CodeCell => ({ ...codeCell('x'), outputs })
const shown = (data: Record<string, unknown>): NotebookOutput => ({
  output_type: 'display_data',
  data,
  metadata: {},
})
const printed = (text: string, name: 'stdout' | 'stderr' = 'stdout'): NotebookOutput => ({
  output_type: 'stream',
  name,
  text,
})
const table = (mean: number, label = 'base') => {
  const made = {
    labels: 'model',
    columns: [{ title: 'DSG', digits: 1 }],
    rows: [{ label, cells: [{ mean, n: 9 }] }],
  }
  return shown({
    'text/html': formatTable(made, 'html'),
    'text/csv': formatTable(made, 'csv'),
    'text/latex': formatTable(made, 'latex'),
  })
}
const compared = (before: NotebookOutput[], after: NotebookOutput[]) =>
  compareOutputs(comparables(cell(...before)), comparables(cell(...after)))

describe('two runs', () => {
  it('are the same whatever took how long, came from the cache, or lies where', () => {
    const place = (folder: string, text: string) =>
      comparables(cell(printed(text), printed(`took ${folder}`, 'stderr')), [[folder, '.']])
    expect(
      place('/a', '\u001b[1m3 prompts\u001b[0m, from the cache (2026-01-02 03:04, 3f0c9a12) in /a/b\n'),
    ).toEqual(place('/c/d', '10 %\r3 prompts, computed in /c/d/b\n'))
    expect(
      compared(
        [printed('a'), shown({ 'text/plain': 'x' }), printed('b')],
        [printed('ab'), shown({ 'text/plain': 'x' })],
      ),
    ).toEqual([])
  })

  it('differ in a table by the last digit, even one that is not shown', () => {
    expect(compared([table(0.1)], [table(0.1 + 1e-15)])).toEqual([
      { what: 'table, base, DSG', old: '0.1', new: '0.100000000000001' },
    ])
    expect(compared([table(0.1)], [table(0.1, 'merged')])).toMatchObject([
      { what: 'table, label 1', new: 'merged' },
    ])
    const html = (row: string) => shown({ 'text/html': `<table><tr><th>a<th>b</tr>${row}</table>` })
    expect(compared([html('<tr><td>x<td>1</tr>')], [html('<tr><td>x<td>1</tr><tr><td>y<td>2</tr>')])).toEqual(
      [{ what: 'table, size', old: '1 rows × 2 columns', new: '2 rows × 2 columns' }],
    )
  })

  it('differ in figures by their data, in pictures by their bytes', () => {
    const figure = (y: number) =>
      shown({ [PLOTLY]: { data: [{ x: [1, 2], y: [1, y] }], layout: {} }, 'image/png': 'AA==' })
    expect(compared([figure(2)], [figure(3)])).toEqual([{ what: 'figure, data.0.y.1', old: '2', new: '3' }])
    const picture = (bytes: string) => shown({ 'image/png': bytes, 'text/plain': 'PNG' })
    expect(compared([picture('AA==')], [picture('AA==\n')])).toEqual([])
    expect(compared([picture('AA==')], [picture('AB==')])).toMatchObject([{ what: 'picture, hash' }])
    const grid = (bytes: string, title: string) =>
      shown({
        'text/html': `<table><caption>${title}</caption><tr><td><img src="data:image/png;base64,${bytes}"></td></tr></table>`,
        'image/png': title,
      })
    expect(compared([grid('AA==', 'computed')], [grid('AA==', 'from the cache (x, y)')])).toEqual([])
    expect(compared([grid('AA==', 'computed')], [grid('AB==', 'computed')])).toHaveLength(1)
  })

  it('differ in text by line, in errors, in the number of outputs; long lists are cut', () => {
    expect(compared([printed('a\nb')], [printed('a\nc')])).toEqual([
      { what: 'text, line 2', old: 'b', new: 'c' },
    ])
    const error = (evalue: string): NotebookOutput => ({
      output_type: 'error',
      ename: 'E',
      evalue,
      traceback: [],
    })
    expect(compared([error('a')], [error('b')])).toEqual([
      { what: 'error, line 1', old: 'E: a', new: 'E: b' },
    ])
    expect(compared([], [printed('a')])).toEqual([{ what: 'outputs', old: 'nothing', new: 'text' }])
    const many = (mark: string) => [printed(Array.from({ length: 40 }, (_, i) => `${mark}${i}`).join('\n'))]
    const found = compared(many('a'), many('b'))
    expect(found).toHaveLength(13)
    expect(found.at(-1)?.what).toBe('text, and 28 more')
    const long = (mark: string) => [printed(mark.repeat(30_000))]
    expect(compared(long('a'), long('b'))).toMatchObject([{ what: 'text, hash' }])
  })

  it('have records that differ by name', () => {
    expect(compareRecords({ a: 1, b: { c: 'x' }, d: 'gone' }, { a: 1, b: { c: 'y' }, e: [2] })).toEqual([
      { what: 'b', old: '{"c":"x"}', new: '{"c":"y"}' },
      { what: 'd', old: 'gone', new: '(nothing)' },
      { what: 'e', old: '(nothing)', new: '[2]' },
    ])
  })
})
