import { beforeAll, describe, expect, it } from 'vitest'
import { decodePng } from '../../lib/formats/png.ts'
import { barsWithIntervals } from '../../lib/plots/bars.ts'
import { spread } from '../../lib/plots/end-labels.ts'
import { Figure } from '../../lib/plots/figure.ts'
import { gainChart } from '../../lib/plots/gain-chart.ts'
import { guidanceCurve } from '../../lib/plots/guidance-curve.ts'
import { heatmap } from '../../lib/plots/heatmap.ts'
import { showInterval } from '../../lib/plots/intervals.ts'
import { lossChart, movingAverage, thin } from '../../lib/plots/loss-chart.ts'
import { radarByCategory } from '../../lib/plots/radar.ts'
import { wrapLines } from '../../lib/plots/theme.ts'
import { gallery } from './support/gallery.ts'

const count = (svg: string, pattern: RegExp) => svg.match(pattern)?.length ?? 0

/** How many different colours cover at least `share` of a picture. */
async function colours(png: Uint8Array, share = 0.0005) {
  const { data, width, height } = await decodePng(png)
  const seen = new Map<number, number>()
  for (let at = 0; at < data.length; at += 3) {
    const colour = (data[at] << 16) | (data[at + 1] << 8) | data[at + 2]
    seen.set(colour, (seen.get(colour) ?? 0) + 1)
  }
  return [...seen].filter(([, pixels]) => pixels >= share * width * height).map(([colour]) => colour)
}

// Loading plotly.js is the slow part; with a machine full of other work it takes longer than a test may.
beforeAll(() => gallery.radar().toSvg(), 300_000)

describe('every figure of the gallery', () => {
  it.each(Object.keys(gallery))('%s draws to a picture and keeps its JSON', async (name) => {
    const figure = gallery[name]()
    const bundle = await (figure as unknown as Record<symbol, () => Promise<Record<string, string>>>)[
      Symbol.for('Jupyter.display')
    ]()
    expect(Object.keys(bundle)).toEqual(['application/vnd.plotly.v1+json', 'image/png', 'text/plain'])
    const png = Buffer.from(bundle['image/png'], 'base64')
    const picture = await decodePng(png)
    expect(picture.width).toBe(2 * (figure.layout.width as number))
    expect(picture.height).toBe(2 * (figure.layout.height as number))
    expect((await colours(png)).length).toBeGreaterThanOrEqual(4)
    expect(bundle['text/plain'].split('\n').length).toBeGreaterThan(1)
    if (!name.startsWith('loss')) {
      const json = JSON.stringify(bundle['application/vnd.plotly.v1+json'], null, 1)
      await expect(`${json}\n`).toMatchFileSnapshot(`snapshots/${name}.snap`)
    }
  })
})

describe('the static drawing', () => {
  it('has every mark, tick label and name', async () => {
    const bars = await gallery.bars().toSvg()
    expect(count(bars, /<g class="point"><path/g)).toBe(15)
    expect(count(bars, /class="yerror"/g)).toBe(15)
    for (const text of ['count', 'composition', 'mixed LoRA', 'DSG score', '0.79'])
      expect(bars).toContain(`>${text}<`)
    const curve = await gallery.guidance().toSvg()
    for (const text of ['1', '2', '3', '5', '7.5', '10', 'ground-truth LoRA'])
      expect(curve).toContain(`>${text}<`)
    expect(count(curve, /<path class="point[" ]/g)).toBe(4 * 6 + 4)
    expect(count(await gallery.heatmap().toSvg(), /data-index="\d+" fill-rule/g)).toBe(20)
  })

  it('is the same bytes every time, also when drawings overlap', async () => {
    const [one, other, again] = await Promise.all([
      gallery.gain().toSvg(),
      gallery.radar().toSvg(),
      gallery.gain().toSvg(),
    ])
    expect(again).toBe(one)
    expect(other).not.toBe(one)
    expect(await gallery.gain().toPng()).toEqual(await gallery.gain().toPng())
  })

  it('draws letters with the bundled font alone', async () => {
    const blank = new Figure({
      data: [],
      layout: { xaxis: { visible: false }, yaxis: { visible: false } },
      summary: '',
    })
    const titled = new Figure({
      ...blank.toJSON(),
      layout: { ...blank.layout, title: { text: 'ΔW × α ≤ ½ → Łódź' } },
      summary: '',
    })
    const dark = async (figure: Figure) => {
      const { data } = await decodePng(await figure.toPng({ scale: 1 }))
      return data.filter((value) => value < 128).length
    }
    expect(await dark(blank)).toBe(0)
    expect(await dark(titled)).toBeGreaterThan(300)
  })

  it('refuses what is not a figure', async () => {
    const broken = new Figure({ data: 7 as never, layout: {}, summary: '' })
    await expect(broken.toSvg()).rejects.toMatchObject({ name: 'SelmaError' })
    expect(await gallery.radar().toSvg()).toContain('<svg')
  })
})

describe('names that somebody else chose', () => {
  const evil =
    '<img src=x onerror=alert(1)> & <b>bold</b> <a href="javascript:alert(1)">x</a> $x^2$\u202e\u0000'

  it('stay text in every figure', async () => {
    const range = { mean: 0.5, low: 0.4, high: 0.6 }
    const figures = [
      lossChart(
        [
          { name: evil, steps: [1, 2], values: [1, 0.5] },
          { name: 'b', steps: [1], values: [1] },
        ],
        { title: evil },
      ),
      barsWithIntervals(
        [
          { label: evil, group: evil, ...range },
          { label: 'b', group: 'c', ...range },
        ],
        { title: evil },
      ),
      radarByCategory([
        { name: evil, values: { [evil]: 0.1, b: 0.2, c: 0.3 } },
        { name: 'z', values: { [evil]: 0.1, b: 0.2, c: 0.3 } },
      ]),
      guidanceCurve([
        { name: evil, points: [{ guidance: 1, ...range }] },
        { name: 'b', points: [{ guidance: 2, ...range }] },
      ]),
      gainChart([{ label: evil, group: evil, ...range }]),
      heatmap({ rows: [evil], columns: [evil], values: [[1]], title: evil, valueTitle: evil }),
    ]
    for (const figure of figures) {
      const json = JSON.stringify(figure)
      expect(json).not.toMatch(/<(img|a|b>bold)/)
      expect(json).not.toMatch(/\\u0000|\u202e/)
      expect(figure.summary).not.toMatch(/[\u202e]/)
      const svg = await figure.toSvg()
      expect(svg).not.toMatch(/<(img|a)\b/)
      expect(svg).toMatch(/&(lt|#60);img/)
      expect(await figure.toHtmlFragment()).not.toContain('<img src=x')
    }
  })
})

describe('what goes into a figure is checked', () => {
  const row = { label: 'a', mean: 0.5, low: 0.4, high: 0.6 }
  it.each<[string, () => unknown, string]>([
    ['an interval without its mean', () => barsWithIntervals([{ ...row, low: 0.55 }]), 'bad-input'],
    ['an interval that is not a number', () => gainChart([{ ...row, high: Number.NaN }]), 'bad-input'],
    ['no rows', () => gainChart([]), 'bad-input'],
    ['the same bar twice', () => barsWithIntervals([row, row]), 'bad-input'],
    ['a model without points', () => guidanceCurve([{ name: 'a', points: [] }]), 'bad-input'],
    [
      'a radar of two categories',
      () => radarByCategory([{ name: 'a', values: { a: 1, b: 1 } }]),
      'bad-input',
    ],
    [
      'a category that only one has',
      () =>
        radarByCategory([
          { name: 'a', values: { a: 1, b: 1, c: 1 } },
          { name: 'b', values: { a: 1, b: 1, d: 1 } },
        ]),
      'mismatch',
    ],
    ['fewer values than steps', () => lossChart([{ name: 'a', steps: [1, 2], values: [1] }]), 'mismatch'],
    ['a smoothing of 1', () => lossChart([], { smoothing: 1 }), 'bad-input'],
    [
      'a matrix of another shape',
      () => heatmap({ rows: ['a'], columns: ['b'], values: [[1, 2]] }),
      'mismatch',
    ],
  ])('%s', (_, make, code) => {
    expect(make).toThrowError(expect.objectContaining({ name: 'SelmaError', code }))
  })
})

describe('the arithmetic of the charts', () => {
  it('averages without bias and over gaps', () => {
    expect(movingAverage([2, 2, 2], 0.9).map((value) => Number(value.toFixed(9)))).toEqual([2, 2, 2])
    const [first, gap, third] = movingAverage([1, Number.NaN, 4], 0.5)
    expect([first, gap]).toEqual([1, Number.NaN])
    expect(third).toBeCloseTo((0.25 * 1 + 0.5 * 4) / 0.75, 12)
  })

  it('thins a long curve and keeps its spikes and ends', () => {
    const values = Array.from({ length: 50_000 }, (_, index) => Math.sin(index / 1000))
    values[31_234] = 99
    values[123] = -99
    const { x, y } = thin(
      values.map((_, index) => index),
      values,
    )
    expect(x.length).toBeLessThan(1100)
    expect(y).toContain(99)
    expect(y).toContain(-99)
    expect(x.at(-1)).toBe(49_999)
    expect(x).toEqual([...x].sort((a, b) => a - b))
  })

  it('spreads labels by the gap and no further', () => {
    expect(spread([1, 5, 9], 2)).toEqual([1, 5, 9])
    const [a, b, c, far] = spread([3, 3.1, 2.9, 100], 1)
    expect([c, a, b, far].map((value) => Number(value.toFixed(6)))).toEqual([2, 3, 4, 100])
  })

  it('marks the best guidance, the lower of equals', () => {
    const range = (mean: number) => ({ mean, low: mean, high: mean })
    const points = [
      { guidance: 5, ...range(0.7) },
      { guidance: 2, ...range(0.7) },
      { guidance: 1, ...range(0.6) },
    ]
    expect(guidanceCurve([{ name: 'm', points }]).summary).toContain('at guidance 2')
  })

  it('breaks lines at spaces, cutting what does not fit', () => {
    expect(wrapLines('one two three four', 8)).toEqual(['one two', 'three', 'four'])
    expect(wrapLines('one two three four five', 8, 2)).toEqual(['one two', 'three f…'])
    expect(wrapLines('incomprehensibilities', 8)).toEqual(['incompr…'])
  })
})

describe('how numbers are written', () => {
  it('gives an interval the digits its width deserves', () => {
    expect(showInterval({ mean: 0.7138, low: 0.6831, high: 0.7424 })).toBe('0.714 [0.683, 0.742]')
    expect(showInterval({ mean: -0.0004, low: -0.03, high: 0.03 }, { signed: true })).toBe(
      '0.000 [−0.030, +0.030]',
    )
    expect(showInterval({ mean: 51.3, low: 43, high: 60 })).toBe('51 [43, 60]')
    expect(showInterval({ mean: 1, low: 1, high: 1 })).toBe('1.000 [1.000, 1.000]')
  })
})
