// Names written beside the last point of each line instead of a legend, moved apart where they would touch.
import type { Annotation } from 'plotly.js'
import { textWidth } from './raster.ts'
import { oneLine, plotlyText } from './theme.ts'

export interface LineEnd {
  name: string
  /** The last point, axis units: what the axis shows, its logarithm on a log axis. */
  x: number
  y: number
  ink: string
}

const size = 12.5
const lineHeight = 17
const longest = 28

/** Room the names need at the right of the plot, CSS pixels. */
export function endLabelRoom(names: string[]): number {
  return Math.ceil(Math.max(0, ...names.map((name) => textWidth(oneLine(name, longest), { size })))) + 28
}

/**
 * Places values so that neighbours are `gap` apart, each as near its own as the others allow
 * (pool-adjacent-violators on the sorted values). Keeps the order of its input.
 */
export function spread(values: number[], gap: number): number[] {
  const order = values.map((_, index) => index).sort((a, b) => values[a] - values[b])
  const blocks: { members: number[]; centre: number }[] = []
  for (const index of order) {
    let block = { members: [index], centre: values[index] }
    for (let last = blocks.at(-1); last; last = blocks.at(-1)) {
      const apart = ((last.members.length + block.members.length) / 2) * gap
      if (block.centre - last.centre >= apart) break
      blocks.pop()
      const members = [...last.members, ...block.members]
      const wish = (member: number, at: number) => values[member] - (at - (members.length - 1) / 2) * gap
      block = {
        members,
        centre: members.reduce((sum, member, at) => sum + wish(member, at), 0) / members.length,
      }
    }
    blocks.push(block)
  }
  const out = [...values]
  for (const { members, centre } of blocks) {
    for (const [at, member] of members.entries()) out[member] = centre + (at - (members.length - 1) / 2) * gap
  }
  return out
}

/** Annotation naming each line at its end. `range` is the y axis's, `plotHeight` its length in CSS pixels. */
export function endLabels(
  ends: LineEnd[],
  range: [number, number],
  plotHeight: number,
): Partial<Annotation>[] {
  const unit = (range[1] - range[0]) / plotHeight
  const placed = spread(
    ends.map(({ y }) => y),
    lineHeight * unit,
  )
  return ends.map(({ name, ink }, index) => ({
    text: plotlyText(name, { width: longest }),
    font: { size, color: ink },
    xref: 'paper',
    x: 1,
    y: placed[index],
    xanchor: 'left',
    yanchor: 'middle',
    xshift: 8,
    showarrow: false,
  }))
}
