// The blind comparison's picture for places without widgets: how many votes there are, and who wins once that is no
// longer to be kept from the rater.
import type { VoteResult } from '../../../lib/messages/views/blind-comparison.ts'
import { escapeHtml } from '../../../lib/plots/html.ts'
import { staticFont, svgToPng } from '../../../lib/plots/raster.ts'
import { faintInk, gridColour, ink, oneLine, seriesStyle } from '../../../lib/plots/theme.ts'

interface Shown {
  names: readonly [string, string]
  pairs: number
  votes: number
  result?: VoteResult
}

const width = 560

export function votePicture({ names, pairs, votes, result }: Shown): Uint8Array {
  const [a, b] = names.map((name) => escapeHtml(oneLine(name, 30)))
  const text = (x: number, y: number, words: string, style = '') =>
    `<text x="${x}" y="${y}" ${style}>${words}</text>`
  const small = `font-size="12" fill="${faintInk}"`
  const parts = [
    text(16, 28, `Blind comparison of ${a} and ${b}`, 'font-size="14" font-weight="700"'),
    text(
      16,
      48,
      `${pairs} pairs, ${votes} votes${result ? '' : '; the result is hidden from the rater'}`,
      small,
    ),
  ]
  const { mean, low, high } = result?.rate ?? { mean: null, low: null, high: null }
  if (result && mean !== null && low !== null && high !== null) {
    const [left, right] = [16, width - 16]
    const at = (share: number) => left + share * (right - left)
    const percent = (share: number) => `${(100 * share).toFixed(0)} %`
    parts.push(
      `<rect x="${left}" y="66" width="${at(mean) - left}" height="18" fill="${seriesStyle(0).fill}"/>`,
      `<rect x="${at(mean)}" y="66" width="${right - at(mean)}" height="18" fill="${seriesStyle(1).fill}"/>`,
      `<path d="M${at(0.5)} 60V92" stroke="${gridColour}" stroke-width="2"/>`,
      `<path d="M${at(low)} 75H${at(high)}M${at(low)} 69V81M${at(high)} 69V81" stroke="#fff" stroke-width="2"/>`,
      text(left, 104, `${a} ${result.wins}`, `font-size="12" fill="${seriesStyle(0).ink}"`),
      text(
        right,
        104,
        `${b} ${result.losses}`,
        `font-size="12" text-anchor="end" fill="${seriesStyle(1).ink}"`,
      ),
      text(
        16,
        126,
        `${a} wins ${percent(mean)} (95 %: ${percent(low)} to ${percent(high)}, Wilson), ${result.ties} ties left out`,
        small,
      ),
    )
  }
  const height = result ? 140 : 64
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${staticFont}" fill="${ink}"><rect width="${width}" height="${height}" fill="#fff"/>${parts.join('')}</svg>`
  return svgToPng(svg, { scale: 1.5 })
}
