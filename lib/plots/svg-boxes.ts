// The boxes of SVG elements, which jsdom does not compute: text by its ink, groups by their children,
// transforms applied. Shapes other than text count as empty: Plotly measures text only.
import { inkBox } from './raster.ts'

export interface Box {
  x: number
  y: number
  width: number
  height: number
}

const empty: Box = { x: 0, y: 0, width: 0, height: 0 }

/** The smallest box around the corners of boxes that have an area; `empty` without one. */
function around(boxes: Box[]): Box {
  const solid = boxes.filter(({ width, height }) => width > 0 && height > 0)
  if (solid.length === 0) return empty
  const x = Math.min(...solid.map((box) => box.x))
  const y = Math.min(...solid.map((box) => box.y))
  return {
    x,
    y,
    width: Math.max(...solid.map((box) => box.x + box.width)) - x,
    height: Math.max(...solid.map((box) => box.y + box.height)) - y,
  }
}

/** The box around `box` after the element's own `transform`: translate, rotate and scale, innermost last. */
function transformed(box: Box, element: Element): Box {
  const steps = [...(element.getAttribute('transform') ?? '').matchAll(/(\w+)\(([^)]*)\)/g)].reverse()
  let corners = [0, 1].flatMap((right) =>
    [0, 1].map((down) => [box.x + right * box.width, box.y + down * box.height]),
  )
  for (const [, kind, list] of steps) {
    const [a = 0, b = 0, c = 0] = list.split(/[\s,]+/).map(Number)
    if (kind === 'translate') corners = corners.map(([x, y]) => [x + a, y + b])
    if (kind === 'scale') corners = corners.map(([x, y]) => [x * a, y * (b || a)])
    if (kind === 'rotate') {
      const [sin, cos] = [Math.sin((a * Math.PI) / 180), Math.cos((a * Math.PI) / 180)]
      corners = corners.map(([x, y]) => [
        b + (x - b) * cos - (y - c) * sin,
        c + (x - b) * sin + (y - c) * cos,
      ])
    }
  }
  const [x, y] = [0, 1].map((at) => Math.min(...corners.map((corner) => corner[at])))
  const [right, bottom] = [0, 1].map((at) => Math.max(...corners.map((corner) => corner[at])))
  return { x, y, width: right - x, height: bottom - y }
}

const measured = new Map<string, Box>()

/** A `<text>`: its ink across, whole lines down, as a browser's box is. */
function textBox(element: Element): Box {
  if (!element.textContent) return empty
  const copy = element.cloneNode(true) as Element
  copy.removeAttribute('transform')
  const markup = copy.outerHTML.replaceAll('&nbsp;', '\u00a0')
  const known = measured.get(markup)
  if (known) return known
  const ink = inkBox(markup)
  const size = Number.parseFloat(
    /font-size:\s*([\d.]+)px/.exec(element.getAttribute('style') ?? '')?.[1] ?? '13',
  )
  const lines = Math.max(1, element.querySelectorAll('tspan.line').length)
  const top = Number.parseFloat(element.getAttribute('y') ?? '0') - 0.93 * size
  const box = { x: ink.x - 1, y: top, width: ink.width + 2, height: (1.17 + 1.3 * (lines - 1)) * size }
  if (measured.size > 5000) measured.clear()
  measured.set(markup, box)
  return box
}

/** SVG's `getBBox`: in the element's own coordinates, its own transform not applied. */
export function localBox(element: Element): Box {
  if (element.tagName.toLowerCase() === 'text') return textBox(element)
  return around([...element.children].map((child) => transformed(localBox(child), child)))
}

/** `getBoundingClientRect` for a drawing whose corner is the page's. */
export function pageBox(element: Element): Box {
  let box = localBox(element)
  for (let at: Element | null = element; at; at = at.parentElement) box = transformed(box, at)
  return box
}
