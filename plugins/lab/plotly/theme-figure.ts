// A figure in the colours of the notebook around it. Figures are made for white paper; in a dark theme their paper
// becomes the theme's ground, greys are turned over, and hues are lightened until they can be read. What is painted
// onto a filled area keeps its colour. A figure on dark paper of its own stays as its author made it.
import { type Colour, cssColour, isNeutral, luminance, mix, parseColour, readable } from './colours.ts'
import type { Figure, Json } from './figure.ts'

/** Colours of the theme. */
export interface Palette {
  ground: Colour
  ink: Colour
  /** For grid lines. */
  faint: Colour
}

const white: Colour = { red: 255, green: 255, blue: 255, alpha: 1 }
const isDark = (colour: Colour): boolean => luminance(colour) < 0.4

/** Painted areas, and maps from values to colours. */
const kept = new Set(['shapes', 'images', 'colorscale', 'colorway'])

type Role = 'paper' | 'text' | 'line' | 'mark'

/** What a colour is for, from the keys that lead to it; undefined where it is to be kept. */
function roleOf(path: readonly string[], inList: boolean): Role | undefined {
  const key = path.at(-1) ?? ''
  if (!/color$/.test(key) || path.some((one) => kept.has(one))) return undefined
  // Letters on top of bars, slices and cells: a list of colours was chosen to go with what is below.
  if (path.includes('insidetextfont') || (inList && path.includes('textfont'))) return undefined
  if (/bgcolor$/.test(key)) return 'paper'
  if (path.some((one) => /font$/.test(one))) return 'text'
  return key === 'color' || key === 'fillcolor' ? 'mark' : 'line'
}

function repaint(given: Colour, role: Role, { ground, ink }: Palette): Colour {
  const neutral = isNeutral(given)
  // What shines through is harder to see on dark ground.
  const alpha = role !== 'paper' && given.alpha < 0.6 ? Math.min(0.6, given.alpha * 1.7) : given.alpha
  const colour = { ...given, alpha }
  if (role === 'paper') {
    if (isDark(colour)) return colour
    const tint = neutral ? ground : mix(ground, colour, 0.12)
    return { ...tint, alpha: colour.alpha }
  }
  if (neutral) {
    // As far from the ground as it was from white paper.
    const share = 1 - (colour.red + colour.green + colour.blue) / 765
    const turned = { ...mix(ground, ink, Math.min(1, share * 1.1)), alpha: colour.alpha }
    return role === 'text' ? readable(turned, ground, ink, 4.5) : turned
  }
  return readable(colour, ground, white, role === 'text' ? 4.5 : 3)
}

function walk(value: Json, path: string[], palette: Palette, inList = false): Json {
  if (typeof value === 'string') {
    const role = roleOf(path, inList)
    const colour = role && parseColour(value)
    return role && colour && colour.alpha > 0 ? cssColour(repaint(colour, role, palette)) : value
  }
  if (Array.isArray(value)) return value.map((item) => walk(item, path, palette, true))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      skip.has(key) ? item : walk(item, [...path, key], palette),
    ]),
  )
}

/** Data that may be long and holds no colours that are ours to change. */
const skip = new Set(['x', 'y', 'z', 'text', 'hovertext', 'customdata', 'ids', 'labels', 'values', 'parents'])

const object = (value: Json | undefined): Record<string, Json> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}

/** Whether the figure has paper of its own that is dark. */
function onDarkPaper({ layout }: Figure): boolean {
  const template = object(object(layout.template).layout)
  const paper = parseColour(layout.paper_bgcolor ?? template.paper_bgcolor)
  return paper !== undefined && paper.alpha > 0.5 && isDark(paper)
}

/** The axes that a figure names, and the first of each kind that its traces use. */
function axes({ data, layout }: Figure): string[] {
  const used = data.some(
    (trace) => !/^(pie|sunburst|treemap|icicle|sankey|funnelarea|table)/.test(String(trace.type)),
  )
  const found = Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key))
  return [...new Set([...found, ...(used && found.length === 0 ? ['xaxis', 'yaxis'] : [])])]
}

/** What a figure does not say about its colours, the theme says. */
function withDefaults({ data, layout, config }: Figure, { ground, ink, faint }: Palette): Figure {
  const [paper, letters, lines] = [cssColour(ground), cssColour(ink), cssColour(faint)]
  const axis = { gridcolor: lines, linecolor: lines, zerolinecolor: lines, tickcolor: lines }
  const own = Object.fromEntries(
    axes({ data, layout, config }).map((key) => [key, { ...axis, ...object(layout[key]) }]),
  )
  const hover = object(layout.hoverlabel)
  return {
    data,
    config,
    layout: {
      paper_bgcolor: paper,
      plot_bgcolor: paper,
      modebar: { bgcolor: 'rgba(0,0,0,0)', color: cssColour(mix(ink, ground, 0.35)), activecolor: letters },
      ...layout,
      ...own,
      font: { color: letters, ...object(layout.font) },
      hoverlabel: {
        bgcolor: paper,
        bordercolor: lines,
        ...hover,
        font: { color: letters, ...object(hover.font) },
      },
    },
  }
}

/** The figure in the theme's colours; the one given is not changed. */
export function themed(figure: Figure, palette: Palette): Figure {
  if (onDarkPaper(figure)) return figure
  if (!isDark(palette.ground)) return withDefaults(figure, palette)
  const { data, layout, config } = figure
  const repainted = walk({ data, layout } as Json, [], palette) as unknown as Figure
  return withDefaults({ ...repainted, config }, palette)
}
