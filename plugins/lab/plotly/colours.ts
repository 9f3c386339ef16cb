// CSS colours as numbers, and how well one is read on another (WCAG 2.2). Not a parser of all CSS colours: what is
// not understood is left to whoever asks.

/** Red, green and blue from 0 to 255, opacity from 0 to 1. */
export interface Colour {
  red: number
  green: number
  blue: number
  alpha: number
}

const named: Record<string, string> = { white: '#ffffff', black: '#000000', transparent: '#00000000' }

/** `#rgb`, `#rrggbb` (with or without alpha), `rgb(…)`, `rgba(…)`, white, black, transparent; undefined for others. */
export function parseColour(text: unknown): Colour | undefined {
  if (typeof text !== 'string' || text.length > 64) return undefined
  const plain = text.trim().toLowerCase()
  const word = named[plain] ?? plain
  if (/^#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})$/.test(word)) {
    const long = word.length > 5 ? word.slice(1) : [...word.slice(1)].map((digit) => digit + digit).join('')
    const [red, green, blue, alpha = 255] = long.match(/../g)!.map((pair) => Number.parseInt(pair, 16))
    return { red, green, blue, alpha: alpha / 255 }
  }
  const inside = /^rgba?\(([^()]*)\)$/.exec(word)?.[1]
  const parts = inside?.split(/[\s,/]+/).filter(Boolean) ?? []
  if (parts.length < 3 || parts.length > 4) return undefined
  const [red, green, blue] = parts.slice(0, 3).map((part) => channel(part, 255))
  const alpha = parts[3] === undefined ? 1 : channel(parts[3], 1)
  return [red, green, blue, alpha].every(Number.isFinite) ? { red, green, blue, alpha } : undefined
}

const channel = (part: string, whole: number): number =>
  part.endsWith('%') ? (Number(part.slice(0, -1)) / 100) * whole : Number(part)

/** As CSS. */
export function cssColour({ red, green, blue, alpha }: Colour): string {
  const [r, g, b] = [red, green, blue].map(Math.round)
  return alpha >= 1 ? `rgb(${r}, ${g}, ${b})` : `rgba(${r}, ${g}, ${b}, ${Number(alpha.toFixed(3))})`
}

/** Relative luminance, 0 black to 1 white; opacity is not looked at. */
export function luminance({ red, green, blue }: Colour): number {
  const [r, g, b] = [red, green, blue].map((value) => {
    const share = value / 255
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

/** Contrast ratio, 1 to 21. */
export function contrast(a: Colour, b: Colour): number {
  const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (high + 0.05) / (low + 0.05)
}

/** `share` of the way from one to the other; keeps the first one's opacity. */
export function mix(from: Colour, to: Colour, share: number): Colour {
  const between = (key: 'red' | 'green' | 'blue') => from[key] + (to[key] - from[key]) * share
  return { red: between('red'), green: between('green'), blue: between('blue'), alpha: from.alpha }
}

/** Greys, black and white among them: red, green and blue are nearly the same. */
export const isNeutral = ({ red, green, blue }: Colour): boolean =>
  Math.max(red, green, blue) - Math.min(red, green, blue) <= 12

/** The colour, moved towards `towards` until its contrast to the ground is at least `least`. */
export function readable(colour: Colour, ground: Colour, towards: Colour, least: number): Colour {
  for (let share = 0; share < 1; share += 0.05) {
    const moved = mix(colour, towards, share)
    if (contrast(moved, ground) >= least) return moved
  }
  return { ...towards, alpha: colour.alpha }
}
