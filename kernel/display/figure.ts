// Plain Plotly figures (`{ data, layout }`), with a static picture beside the interactive one. The library's
// own figures show themselves and do not come here.
import type { FigureJson } from '../../lib/plots/figure.ts'
import type { MimeBundle } from '../outputs.ts'
import { isRecord } from './table.ts'

// What Plotly draws as SVG. The others paint on a canvas or fetch maps, which has no static picture here.
const drawable = new Set(
  'scatter bar histogram box violin pie funnel waterfall scatterpolar barpolar sunburst treemap icicle candlestick ohlc sankey'.split(
    ' ',
  ),
)

interface Plain {
  data: object[]
  layout: Record<string, unknown>
}

/** Typed arrays are lists to Plotly, and objects with numbers for keys to JSON. */
function plain(value: unknown): unknown {
  const text = JSON.stringify(value, (_key, one) =>
    ArrayBuffer.isView(one) && !(one instanceof DataView) ? Array.from(one as unknown as number[]) : one,
  )
  return text === undefined ? undefined : JSON.parse(text)
}

function isFigure(
  value: unknown,
): value is { data: Record<string, unknown>[]; layout: Record<string, unknown> } {
  if (typeof value !== 'object' || value === null) return false
  const { data, layout } = value as { data?: unknown; layout?: unknown }
  return (
    Array.isArray(data) &&
    isRecord(layout) &&
    data.every((one) => isRecord(one)) &&
    data.some((one) => 'type' in one || 'y' in one)
  )
}

/** Most characters of a text in a static picture: laying out longer ones takes time that grows with their square. */
const longestText = 300

const cut = (text: string): string => (text.length > longestText ? `${text.slice(0, longestText)}…` : text)

function withShortTexts(figure: Plain): Plain {
  return JSON.parse(JSON.stringify(figure, (_key, one) => (typeof one === 'string' ? cut(one) : one)))
}

async function png(figure: Plain): Promise<Uint8Array> {
  const [{ renderSvg }, { svgToPng }] = await Promise.all([
    import('../../lib/plots/static.ts'),
    import('../../lib/plots/raster.ts'),
  ])
  const size = (name: string, other: number) => {
    const value = figure.layout[name]
    return typeof value === 'number' && value >= 50 && value <= 4000 ? value : other
  }
  const svg = await renderSvg(withShortTexts(figure) as FigureJson, {
    width: size('width', 800),
    height: size('height', 480),
  })
  return svgToPng(svg, { scale: 2 })
}

/** The bundle of a figure; the picture is left out where there is no static one. */
export function figure(value: unknown): Promise<MimeBundle> | undefined {
  if (!isFigure(value)) return undefined
  const { config } = value as { config?: unknown }
  const { data, layout } = value
  const kinds = data.map((one) => String(one.type ?? 'scatter'))
  const title = layout.title as { text?: unknown } | string | undefined
  const name = typeof title === 'string' ? title : title?.text
  const json = plain(config === undefined ? { data, layout } : { data, layout, config }) as Plain
  const bundle: MimeBundle = {
    'application/vnd.plotly.v1+json': json,
    'text/plain': `Plotly figure${name ? ` “${cut(String(name))}”` : ''}: ${cut(kinds.join(', '))}`,
  }
  if (!kinds.every((one) => drawable.has(one))) return Promise.resolve(bundle)
  return png(json).then(
    (bytes) => ({ ...bundle, 'image/png': bytes }),
    () => bundle,
  )
}
