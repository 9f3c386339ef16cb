import { describe, expect, it } from 'vitest'
import { DISPLAY, format, registerFormatter } from '../../kernel/display/formatters.ts'
import { tableBundle } from '../../kernel/display/table.ts'
import { bytes, escapeHtml, shorten } from '../../kernel/display/text.ts'
import { SelmaError } from '../../lib/base/errors.ts'

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAIAAAADCAYAAAC56t6BAAAAD0lEQVR42mP8z8BQz0AEAAwPAQFT1Z1cAAAAAElFTkSuQmCC',
  'base64',
)

describe('how values look', () => {
  it('shows pictures by their magic bytes', async () => {
    expect(await format(new Uint8Array(png))).toEqual({
      'image/png': png.toString('base64'),
      'text/plain': `PNG picture, 2×3, ${png.length} B`,
    })
    expect(await format(new Uint8Array([0xff, 0xd8, 0xff, 0xe0]))).toMatchObject({ 'image/jpeg': '/9j/4A==' })
    expect(await format(new Uint8Array([1, 2]))).toEqual({ 'text/plain': 'Uint8Array(2) [ 1, 2 ]' })
  })

  it('shows records as a table, escaped', async () => {
    const bundle = await format([
      { caption: '<img src=x onerror=alert(1)>', score: 0.123456789 },
      { caption: 'b', score: 10 },
    ])
    expect(bundle['text/html']).toContain('&lt;img src=x onerror=alert(1)&gt;')
    expect(bundle['text/html']).not.toContain('<img')
    expect(bundle['text/plain']).toBe(
      [
        'caption                          score',
        '----------------------------  --------',
        '<img src=x onerror=alert(1)>  0.123457',
        'b                                   10',
        '2 rows × 2 columns',
      ].join('\n'),
    )
  })

  it('says how much of a long table it shows', () => {
    const bundle = tableBundle(Array.from({ length: 1234 }, (_, at) => ({ at })))
    expect(bundle['text/plain']).toMatch(/\n49\n1,234 rows × 1 column, the first 50 rows and 1 column shown$/)
  })

  it('shows lists of other things as Node does', async () => {
    expect(await format([1, { a: 1 }])).toEqual({ 'text/plain': '[ 1, { a: 1 } ]' })
    expect(await format([])).toEqual({ 'text/plain': '[]' })
    expect(await format([new Date(0)])).toEqual({ 'text/plain': '[ 1970-01-01T00:00:00.000Z ]' })
  })

  it('shows danfojs frames and series', async () => {
    const { DataFrame, Series } = await import('danfojs-node')
    const frame = await format(new DataFrame([{ skill: '<count>', score: 1 }]))
    expect(frame['text/html']).toContain('&lt;count&gt;')
    expect(frame['text/plain']).toContain('skill')
    expect((await format(new Series([4, 5])))['text/plain']).toContain('2 rows')
  })

  it('shows errors with their hint', async () => {
    const error = new SelmaError('bad-input', 'rank is 0', { hint: 'rank must be at least 1' })
    expect(await format(error)).toEqual({
      'text/plain': 'SelmaError: rank is 0\n  hint: rank must be at least 1',
    })
  })

  it('honours Symbol.for("Jupyter.display"), now or later', async () => {
    const now = format({ [DISPLAY]: () => ({ 'text/html': '<b>x</b>', 'image/png': new Uint8Array(png) }) })
    expect(now).toMatchObject({ 'text/html': '<b>x</b>', 'image/png': png.toString('base64') })
    expect(now).toHaveProperty('text/plain')
    const later = format({ [DISPLAY]: async () => ({ 'text/plain': 'later' }) })
    expect(later).toBeInstanceOf(Promise)
    expect(await later).toEqual({ 'text/plain': 'later' })
  })

  it.each([
    [
      'throws',
      () => {
        throw new Error('broken')
      },
    ],
    ['rejects', () => Promise.reject(new Error('broken'))],
  ])('shows the value all the same when its display %s', async (_how, display) => {
    const bundle = await format({ a: 1, [DISPLAY]: display })
    expect(bundle['text/plain']).toContain('a: 1')
    expect(bundle['text/plain']).toContain('(its display failed: broken)')
  })

  it('shortens large output and says its size', async () => {
    const { 'text/plain': text } = await format('x'.repeat(50_000))
    expect(text).toMatch(/… shortened: 50,000 characters in all, the first 20,000 shown$/)
    expect(shorten('abc', 3)).toBe('abc')
    const { 'text/html': html, 'text/plain': instead } = await format({
      [DISPLAY]: () => ({ 'text/html': 'x'.repeat(17 * 1024 * 1024) }),
    })
    expect(html).toBeUndefined()
    expect(instead).toBe('text/html of 17.0 MB, too large to show')
  })

  it('takes formatters from elsewhere', async () => {
    class Widget {}
    const remove = registerFormatter((value) =>
      value instanceof Widget ? { 'text/plain': 'a widget' } : undefined,
    )
    expect(await format(new Widget())).toEqual({ 'text/plain': 'a widget' })
    remove()
    expect(await format(new Widget())).toEqual({ 'text/plain': 'Widget {}' })
  })

  it('escapes and measures', () => {
    expect(escapeHtml(`<a href="x" b='y'>&`)).toBe('&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;')
    expect([bytes(512), bytes(1434), bytes(3 * 1024 ** 2)]).toEqual(['512 B', '1.4 KB', '3.0 MB'])
  })
})
