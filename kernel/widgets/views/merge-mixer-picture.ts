// The merge mixer's picture for places without widgets: the weights as bars, and the pictures that are there, the
// base's above the mix's.
import type { MixSettings } from '../../../lib/messages/views/merge-mixer.ts'
import { dataUri, escapeHtml } from '../../../lib/plots/html.ts'
import { staticFont, svgToPng } from '../../../lib/plots/raster.ts'
import { faintInk, gridColour, ink, oneLine, seriesStyle } from '../../../lib/plots/theme.ts'
import { mergeOptions } from './merge-mixer-settings.ts'

interface Shown {
  base: string
  experts: readonly string[]
  settings: MixSettings
  items: readonly { prompt: string; seed: number }[]
  basePictures: readonly Uint8Array[]
  mixPictures: readonly Uint8Array[]
}

const width = 640
const pad = 16
const line = 24
/** Pictures in a row, at most; more do not fit, and are left out. */
const most = 5

export function mixPicture({ base, experts, settings, items, basePictures, mixPictures }: Shown): Uint8Array {
  const text = (x: number, y: number, words: string, style = '') =>
    `<text x="${x}" y="${y}" ${style}>${escapeHtml(words)}</text>`
  const small = `font-size="12" fill="${faintInk}"`
  const { method, weights, ...rest } = mergeOptions(settings)
  const details = Object.entries(rest).map(([name, value]) => `${name} ${value}`)
  const parts = [
    text(pad, 28, `Merge mixer on ${oneLine(base, 50)}`, 'font-size="14" font-weight="700"'),
    text(pad, 48, [method, ...details].join(', '), small),
  ]
  const numbers = settings.weights
  const [low, high] = [Math.min(0, ...numbers), Math.max(1, ...numbers)]
  const x = (value: number) => 200 + ((value - low) / (high - low)) * (width - 270)
  for (const [at, name] of experts.entries()) {
    const y = 60 + at * line
    const [from, to] = [x(0), x(numbers[at])].sort((a, b) => a - b)
    parts.push(
      text(190, y + 14, oneLine(name, 26), 'font-size="12" text-anchor="end"'),
      `<rect x="${from}" y="${y + 4}" width="${to - from}" height="14" fill="${seriesStyle(at).fill}"/>`,
      text(width - 56, y + 14, String(+numbers[at].toFixed(3)), 'font-size="12"'),
    )
  }
  let bottom = 60 + experts.length * line
  parts.push(`<path d="M${x(0)} 60V${bottom}" stroke="${gridColour}" stroke-width="2"/>`)
  if (basePictures.length > 0 && mixPictures.length > 0) {
    const columns = Math.min(most, items.length)
    const cell = Math.min(160, (width - 2 * pad - 50 - (columns - 1) * 8) / columns)
    for (const [row, [name, pictures]] of [
      ['base', basePictures] as const,
      ['mix', mixPictures] as const,
    ].entries()) {
      const top = bottom + 14 + row * (cell + 8)
      parts.push(text(pad, top + cell / 2, name, small))
      for (const [at, bytes] of pictures.slice(0, columns).entries())
        parts.push(
          `<image x="${pad + 50 + at * (cell + 8)}" y="${top}" width="${cell}" height="${cell}" image-rendering="optimizeSpeed" href="${dataUri('image/png', bytes)}"/>`,
        )
    }
    bottom += 14 + 2 * (cell + 8)
    for (const [at, { prompt, seed }] of items.slice(0, columns).entries()) {
      const letters = Math.floor(cell / 6)
      parts.push(
        text(pad + 50 + at * (cell + 8), bottom + 10, oneLine(prompt, letters), 'font-size="10"'),
        text(pad + 50 + at * (cell + 8), bottom + 22, `seed ${seed}`, `font-size="10" fill="${faintInk}"`),
      )
    }
    bottom += 26
  }
  const height = bottom + pad
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${staticFont}" fill="${ink}"><rect width="${width}" height="${height}" fill="#fff"/>${parts.join('')}</svg>`
  return svgToPng(svg, { scale: 1.5 })
}
