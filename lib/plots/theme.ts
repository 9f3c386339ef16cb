// What every figure shares: colours, type, the frame, and the escaping of labels. Not a style sheet to
// choose from: one look, so that figures of different runs can be laid side by side.
import type { Data, Layout } from 'plotly.js'

/**
 * The Okabe–Ito palette (Okabe & Ito 2008, "Color Universal Design"), safe for the common kinds of colour
 * blindness, ordered so that neighbours differ in lightness too; yellow is left out, white paper hides it.
 * `ink` is the same hue dark enough for text on white (contrast at least 4.5 : 1).
 */
export const palette = [
  { fill: '#0072B2', ink: '#00639B' },
  { fill: '#D55E00', ink: '#B04D00' },
  { fill: '#009E73', ink: '#007857' },
  { fill: '#CC79A7', ink: '#A04577' },
  { fill: '#E69F00', ink: '#8A5F00' },
  { fill: '#56B4E9', ink: '#1F73A6' },
  { fill: '#4D4D4D', ink: '#4D4D4D' },
] as const

/** Marker shapes and dashes go with the colours, so that a grey print can still be read. */
export const symbols = ['circle', 'square', 'diamond', 'triangle-up', 'cross', 'x', 'star'] as const
export const dashes = ['solid', 'dash', 'dot', 'dashdot', 'longdash', 'longdashdot', 'solid'] as const

export const ink = '#222222'
export const faintInk = '#595959'
export const gridColour = '#E4E4E4'

/** Colour, ink, symbol and dash of series `index`; after seven series the colours come round again with another dash. */
export function seriesStyle(index: number) {
  const round = Math.floor(index / palette.length)
  return {
    ...palette[index % palette.length],
    symbol: symbols[(index + round) % symbols.length],
    dash: dashes[(index + round) % dashes.length],
  }
}

/** `#RRGGBB` with an opacity, as CSS. */
export function translucent(colour: string, opacity: number): string {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16))
  return `rgba(${red},${green},${blue},${opacity})`
}

// Control characters and lone surrogates are not XML, and bidirectional overrides can make a label read as
// something else.
const unprintable = /[\p{Cc}\p{Cs}\u2028-\u202e\u2066-\u2069\ufffe\uffff]+/gu

/** One line of printable text, at most `length` characters, cut with an ellipsis. */
export function oneLine(text: string, length = 60): string {
  const letters = [...text.replace(unprintable, ' ').replace(/\s+/g, ' ').trim()]
  return letters.length > length
    ? `${letters
        .slice(0, length - 1)
        .join('')
        .trimEnd()}…`
    : letters.join('')
}

/** Breaks text at spaces into lines of at most `width` characters; a longer word is cut. */
export function wrapLines(text: string, width: number, lines = 3): string[] {
  const out: string[] = []
  for (const word of oneLine(text, width * lines).split(' ')) {
    const last = out.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) out[out.length - 1] = `${last} ${word}`
    else out.push(oneLine(word, width))
  }
  if (out.length <= lines) return out
  return [
    ...out.slice(0, lines - 1),
    `${oneLine(out.slice(lines - 1).join(' '), width - 1).replace(/…$/, '')}…`,
  ]
}

/**
 * Text as Plotly must be given it. Plotly reads a little HTML in labels, and TeX between dollar signs where
 * MathJax is loaded; a name that somebody else chose may use neither.
 */
export function plotlyText(
  text: string,
  { width = 60, lines = 1 }: { width?: number; lines?: number } = {},
): string {
  const quote = (line: string) =>
    line.replace(/[&<>$]/g, (letter) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', $: '&#36;' })[letter]!)
  return (lines === 1 ? [oneLine(text, width)] : wrapLines(text, width, lines)).map(quote).join('<br>')
}

/** A number for people: three significant digits, a true minus sign. */
export function shortNumber(value: number): string {
  if (!Number.isFinite(value)) return '–'
  const size = Math.abs(value)
  const text =
    size !== 0 && (size < 1e-3 || size >= 1e6)
      ? value.toExponential(1)
      : value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.01 || size === 0 ? 2 : 4)
  return text.replaceAll('-', '−')
}

export interface FrameOptions {
  /** States what is shown, escaped and wrapped here. */
  title: string
  /** Second line: the unit of analysis, the kind of interval, n. */
  subtitle?: string
  width?: number
  height?: number
  /** Room at the right for labels beside the last points, CSS pixels. */
  right?: number
}

/** The frame every figure starts from: white paper, so that it reads in a dark notebook as in print. */
export function frame({
  title,
  subtitle,
  width = 800,
  height = 480,
  right = 24,
}: FrameOptions): Partial<Layout> {
  const titleLines = wrapLines(title, Math.floor(width / 10.5)).length
  const subtitleLines = subtitle ? wrapLines(subtitle, Math.floor(width / 7.6), 2).length : 0
  return {
    width,
    height,
    autosize: false,
    font: { family: 'Inter, "Segoe UI", system-ui, "DejaVu Sans", sans-serif', size: 13, color: ink },
    paper_bgcolor: '#ffffff',
    plot_bgcolor: '#ffffff',
    title: {
      text: `<b>${plotlyText(title, { width: Math.floor(width / 10.5), lines: 3 })}</b>`,
      font: { size: 16 },
      x: 0,
      xref: 'container',
      xanchor: 'left',
      y: 1,
      yref: 'container',
      yanchor: 'top',
      pad: { l: 16, t: 16 },
      ...(subtitle && {
        subtitle: {
          text: plotlyText(subtitle, { width: Math.floor(width / 7.6), lines: 2 }),
          font: { size: 12.5, color: faintInk },
        },
      }),
    },
    margin: { l: 64, r: right, t: 26 + titleLines * 21 + subtitleLines * 17 + 14, b: 56 },
    legend: { bgcolor: 'rgba(255,255,255,0.8)' },
    hovermode: 'closest',
    colorway: palette.map(({ fill }) => fill),
  }
}

/** What every axis shares. `title` is escaped here; say the unit in it. */
export function axis(title: string) {
  return {
    title: { text: plotlyText(title, { width: 80 }), standoff: 10, font: { size: 13 } },
    gridcolor: gridColour,
    linecolor: '#8C8C8C',
    showline: true,
    zeroline: false,
    ticks: 'outside' as const,
    tickcolor: '#8C8C8C',
    ticklen: 4,
    automargin: true,
  }
}

/** Traces and a frame under construction. */
export interface Drawing {
  data: Data[]
  layout: Partial<Layout>
}
