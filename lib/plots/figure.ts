// A figure: Plotly's JSON with its static picture and a text beside it. Not a drawing: the files next to
// this one build figures, static.ts draws them.
import type { Config, Data, Layout } from 'plotly.js'
import { dataUri, escapeHtml, jsonForScript } from './html.ts'
import { svgToPng } from './raster.ts'
import { renderSvg } from './static.ts'

/** What `application/vnd.plotly.v1+json` holds. */
export interface FigureJson {
  data: Data[]
  layout: Partial<Layout>
  config?: Partial<Config>
}

export interface FigureOptions extends FigureJson {
  /** What a reader without pictures is told: the title, then a line a series or row. */
  summary: string
}

export interface StaticSize {
  /** CSS pixels; default the figure's own width, 800 without one. */
  width?: number
  /** CSS pixels; default the figure's own height, 480 without one. */
  height?: number
}

/** A MIME bundle, as Jupyter displays it: binary types are base64. */
export type MimeBundle = Record<string, unknown>

// No logo, no button that sends the data to a server, no buttons that overlap the title.
const quiet: Partial<Config> = {
  responsive: false,
  displaylogo: false,
  showSendToCloud: false,
  plotlyServerURL: '',
  modeBarButtonsToRemove: ['lasso2d', 'select2d', 'autoScale2d', 'zoomIn2d', 'zoomOut2d'],
}

/**
 * A Plotly figure that displays itself: interactive where Plotly is there, else as a PNG, else as text.
 */
export class Figure {
  readonly data: Data[]
  readonly layout: Partial<Layout>
  readonly config: Partial<Config>
  /** Plain text: the title, then a line a series or row. */
  readonly summary: string

  constructor({ data, layout, config = {}, summary }: FigureOptions) {
    this.data = data
    this.layout = layout
    this.config = { ...quiet, ...config }
    this.summary = summary
  }

  /** The figure as Plotly takes it. */
  toJSON(): Required<FigureJson> {
    return { data: this.data, layout: this.layout, config: this.config }
  }

  /** An SVG document, text as text. Same figure, same bytes. */
  toSvg({
    width = this.layout.width ?? 800,
    height = this.layout.height ?? 480,
  }: StaticSize = {}): Promise<string> {
    return renderSvg(this.toJSON(), { width, height })
  }

  /**
   * PNG bytes, on white.
   *
   * @param scale pixels a CSS pixel, default 2
   */
  async toPng({ scale = 2, ...size }: StaticSize & { scale?: number } = {}): Promise<Uint8Array> {
    return svgToPng(await this.toSvg(size), { scale })
  }

  /**
   * HTML for a page: the static picture, and the figure's JSON, from which `figureScript` (page-scripts.ts)
   * draws the interactive figure where plotly.js is on the page. Prints, and reads without scripts, as a picture.
   */
  async toHtmlFragment(): Promise<string> {
    return figureHtml(this.toJSON(), { png: await this.toPng(), summary: this.summary })
  }

  toString(): string {
    return this.summary
  }

  async [Symbol.for('Jupyter.display')](): Promise<MimeBundle> {
    return {
      'application/vnd.plotly.v1+json': JSON.parse(JSON.stringify(this.toJSON())),
      'image/png': Buffer.from(await this.toPng()).toString('base64'),
      'text/plain': this.summary,
    }
  }
}

/**
 * A figure's HTML: its static picture, and its JSON for `figureScript`.
 *
 * @param options.png bytes of the static picture; without it the summary stands there
 */
export function figureHtml(figure: FigureJson, options: { png?: Uint8Array; summary: string }): string {
  const { png, summary } = options
  const size = (value: unknown, other: number) => (Number.isFinite(value) ? Number(value) : other)
  const [width, height] = [size(figure.layout.width, 800), size(figure.layout.height, 480)]
  const text = escapeHtml(summary)
  const source = png && dataUri('image/png', png)
  return [
    '<div class="selma-figure">',
    source
      ? `<img class="selma-static" src="${source}" width="${width}" height="${height}" alt="${text}">`
      : `<pre class="selma-static">${text}</pre>`,
    `<div class="selma-plot" style="width:${width}px;height:${height}px" hidden></div>`,
    `<script type="application/json">${jsonForScript(figure)}</script>`,
    '</div>',
  ].join('')
}
