// A figure at the width of its cell. A width that the figure names is the most it takes; where there is less room its
// heading is broken into more lines, and the plot moves down by as much.
import type { Figure, Json } from './figure.ts'

const leastWidth = 240
const leastHeight = 160

const record = (value: Json | undefined): Record<string, Json> =>
  value !== null && typeof value === 'object' && !Array.isArray(value) ? value : {}

const number = (value: Json | undefined, other: number): number =>
  typeof value === 'number' && Number.isFinite(value) && value > 0 ? value : other

/** Words of a heading in lines of at most `letters`; tags count for nothing, and Plotly closes them at a line's end. */
export function breakLines(text: string, letters: number): string[] {
  const lines: string[] = []
  let length = 0
  for (const word of text.split(/<br\s*\/?>|\s+/i).filter(Boolean)) {
    const size = word.replace(/<[^>]*>/g, '').length
    if (lines.length > 0 && length + 1 + size <= letters) {
      lines[lines.length - 1] += ` ${word}`
      length += 1 + size
    } else {
      lines.push(word)
      length = size
    }
  }
  return lines
}

const countLines = (text: string): number => text.split(/<br\s*\/?>/i).length

/** The heading for a width, and how many pixels more it is high. */
function heading(
  text: Json | undefined,
  size: number,
  width: number,
): { text: Json | undefined; more: number } {
  if (typeof text !== 'string') return { text, more: 0 }
  const lines = breakLines(text, Math.max(12, Math.floor((width - 32) / (size * 0.56))))
  if (lines.length <= countLines(text)) return { text, more: 0 }
  return { text: lines.join('<br>'), more: (lines.length - countLines(text)) * size * 1.3 }
}

/**
 * The figure's layout for the room there is; neither is changed.
 *
 * @param room width of the cell, CSS pixels
 */
export function fitted({ data, layout, config }: Figure, room: number): Figure {
  const wanted = number(layout.width, Number.POSITIVE_INFINITY)
  const width = Math.max(leastWidth, Math.floor(Math.min(wanted, room)))
  const height = Math.max(leastHeight, number(layout.height, 450))
  const sized = { ...layout, width, height, autosize: false }
  if (width >= wanted || layout.title === undefined) return { data, config, layout: sized }
  const title = typeof layout.title === 'string' ? { text: layout.title } : record(layout.title)
  const subtitle = record(title.subtitle)
  const base = number(record(layout.font).size, 12)
  const main = heading(title.text, number(record(title.font).size, base * 1.4), width)
  const second = heading(subtitle.text, number(record(subtitle.font).size, base * 1.1), width)
  const more = Math.ceil(main.more + second.more)
  const margin = record(layout.margin)
  return {
    data,
    config,
    layout: {
      ...sized,
      height: height + more,
      title: {
        ...title,
        ...(main.text !== undefined && { text: main.text }),
        ...(second.text !== undefined && { subtitle: { ...subtitle, text: second.text } }),
      },
      margin: { ...margin, t: (typeof margin.t === 'number' ? margin.t : 100) + more },
    },
  }
}
