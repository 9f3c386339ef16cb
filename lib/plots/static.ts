// Plotly figures drawn to SVG without a browser: plotly.js inside a jsdom window, with the measuring that
// jsdom lacks supplied. Not for 3D, maps and traces that paint on a canvas (heatmap, contour, *gl).

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { DOMWindow } from 'jsdom'
import { fail, SelmaError } from '../base/errors.ts'
import type { FigureJson } from './figure.ts'
import { staticFont } from './raster.ts'
import { type Box, localBox, pageBox } from './svg-boxes.ts'

const require = createRequire(import.meta.url)

/** The plotly.js source, as a report inlines it. */
export function plotlySource(): Promise<string> {
  return readFile(require.resolve('plotly.js'), 'utf8')
}

type PlotlyWindow = DOMWindow & {
  Plotly: { toImage(figure: unknown, options: object): Promise<string> }
}

const page = { width: 800, height: 480 }

function rectangle(box: Box) {
  return { ...box, left: box.x, top: box.y, right: box.x + box.width, bottom: box.y + box.height }
}

async function openWindow(): Promise<PlotlyWindow> {
  const { JSDOM } = require('jsdom') as typeof import('jsdom')
  const dom = new JSDOM('<!doctype html><body></body>', {
    runScripts: 'outside-only',
    pretendToBeVisual: true,
  })
  const window = dom.window as unknown as PlotlyWindow
  const element = window.SVGElement.prototype as unknown as Record<string, unknown>
  element.getBBox = function (this: Element) {
    return localBox(this)
  }
  element.getBoundingClientRect = function (this: Element) {
    return rectangle(pageBox(this))
  }
  element.getComputedTextLength = function (this: Element) {
    return localBox(this).width
  }
  // The page is as large as the figure on it, so that no label counts as lying outside.
  window.HTMLElement.prototype.getBoundingClientRect = () => rectangle({ x: 0, y: 0, ...page }) as DOMRect
  element.getTotalLength = () => 100
  element.getPointAtLength = () => ({ x: 0, y: 0 })
  window.URL.createObjectURL = () => 'blob:static'
  window.HTMLCanvasElement.prototype.getContext = (() => null) as never
  window.eval(await plotlySource())
  return window
}

let opened: Promise<PlotlyWindow> | undefined
let queue: Promise<unknown> = Promise.resolve()

/**
 * Draws a figure as an SVG document, text as text in the bundled font. The same figure gives the same bytes.
 *
 * The first call loads plotly.js (about 1.5 s), later ones take about 0.1 s.
 *
 * @param width CSS pixels
 * @param height CSS pixels
 * @throws SelmaError `bad-input` when it is not a figure or Plotly refuses it
 */
export function renderSvg(
  figure: FigureJson,
  { width, height }: { width: number; height: number },
): Promise<string> {
  if (!Array.isArray(figure.data))
    return Promise.reject(new SelmaError('bad-input', 'a figure’s data is not a list of traces'))
  // One at a time: Plotly names clip paths by Math.random, which is wound back before each drawing.
  const drawn = queue.then(async () => {
    opened ??= openWindow()
    const window = await opened
    window.eval('{ let s = 1; Math.random = () => (s = (s * 48271) % 2147483647) / 2147483647 }')
    Object.assign(page, { width, height })
    const layout = { ...figure.layout, font: { ...figure.layout.font, family: staticFont }, width, height }
    // Parsed inside the window: Plotly tells plain objects by their realm's prototype.
    const inside = window.JSON.parse(
      JSON.stringify({ data: figure.data, layout, config: { staticPlot: true } }),
    )
    try {
      const svg = await window.Plotly.toImage(inside, { format: 'svg', width, height, imageDataOnly: true })
      // Quotes inside url() are valid CSS, but not every SVG reader knows them.
      return svg.replace(/url\((?:'|&quot;)(#[\w-]+)(?:'|&quot;)\)/g, 'url($1)')
    } catch (error) {
      return fail('bad-input', `Plotly cannot draw this figure: ${(error as Error)?.message ?? error}`)
    }
  })
  queue = drawn.catch(() => {})
  return drawn
}
