// What the mixer's page does with settings: changes for its buttons, and a draft that is sent a moment after the last
// change. No page in here.
import type { MixMethod, MixSettings } from '../../../lib/messages/views/merge-mixer.ts'

/** The same weight for all: what the method has by default. */
export const equal = (settings: MixSettings, method: MixMethod): MixSettings => ({
  ...settings,
  weights: settings.weights.map(() => method.equal),
})

/** Only one expert, as it is. */
export const solo = (settings: MixSettings, expert: number): MixSettings => ({
  ...settings,
  weights: settings.weights.map((_, at) => (at === expert ? 1 : 0)),
})

export const isSolo = (settings: MixSettings, expert: number): boolean =>
  settings.weights.every((weight, at) => weight === (at === expert ? 1 : 0))

export const withWeight = (settings: MixSettings, expert: number, weight: number): MixSettings => ({
  ...settings,
  weights: settings.weights.map((old, at) => (at === expert ? weight : old)),
})

/** Another method; weights that were equal become its own equal ones. */
export function withMethod(settings: MixSettings, from: MixMethod, to: MixMethod): MixSettings {
  const next = { ...settings, method: to.name }
  return settings.weights.every((weight) => weight === from.equal) ? equal(next, to) : next
}

/** The range of a weight's slider: 0 to 1.5, or further where the weight is. */
export const rangeOf = (weight: number): [low: number, high: number] => [
  Math.min(0, Math.floor(weight)),
  Math.max(1.5, Math.ceil(weight)),
]

/** A number that somebody typed, or undefined while it is none within bounds. */
export function typed(text: string, low: number, high: number): number | undefined {
  const value = Number(text.trim().replace(',', '.').replace('−', '-'))
  return text.trim() === '' || !Number.isFinite(value) || value < low || value > high ? undefined : value
}

/** Layers in an order: by the model (undefined), or by an expert's norm, largest first. */
export function orderOf(norms: readonly (readonly (number | null)[])[], by: number | undefined): number[] {
  const order = (norms[0] ?? []).map((_, at) => at)
  if (by === undefined) return order
  const norm = (at: number) => norms[by]?.[at] ?? -1
  return order.sort((a, b) => norm(b) - norm(a) || a - b)
}

type Rgb = [number, number, number]
// Blue to white to orange, as far apart for the colour-blind as for others (ColorBrewer's PuOr and Blues' ends).
const low: Rgb = [33, 102, 172]
const middle: Rgb = [247, 247, 247]
const high: Rgb = [179, 88, 6]

/** Background and text colour of a number: −1 is blue, 0 white, 1 orange. The text has a contrast of 4.5 or more. */
export function heat(value: number | null): { background: string; color: string } | undefined {
  if (value === null) return undefined
  const end = value < 0 ? low : high
  const share = Math.min(1, Math.abs(value))
  const rgb = middle.map((from, at) => Math.round(from + share * (end[at] - from)))
  const [r, g, b] = rgb.map((one) => {
    const part = one / 255
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b
  return {
    background: `rgb(${rgb.join(',')})`,
    // Whichever of black and white is further away.
    color: (light + 0.05) / 0.05 > 1.05 / (light + 0.05) ? '#000' : '#fff',
  }
}

/** The module's path without what all of them begin with. */
export function shortNames(layers: readonly string[]): string[] {
  const first = layers[0] ?? ''
  let common = first.lastIndexOf('.') + 1
  for (const layer of layers)
    while (common > 0 && !layer.startsWith(first.slice(0, common)))
      common = first.lastIndexOf('.', common - 2) + 1
  return layers.map((layer) =>
    layer.slice(common).replaceAll('transformer_blocks.', 'tb.').replaceAll('attentions.', 'att.'),
  )
}
