// The prompt studio's picture for places without widgets: how many candidates were accepted, why the others were
// not, and the first prompts.
import type { PromptStudioState } from '../../../lib/messages/views/prompt-studio.ts'
import { escapeHtml } from '../../../lib/plots/html.ts'
import { staticFont, svgToPng } from '../../../lib/plots/raster.ts'
import { faintInk, gridColour, ink, oneLine, seriesStyle } from '../../../lib/plots/theme.ts'
import { reasonsInWords } from './prompt-studio-words.ts'

interface Shown {
  skill: string
  writer: string
  n: number
  threshold: number
  counts: PromptStudioState['counts']
  prompts: readonly string[]
}

const width = 640
const first = 8

export function studioPicture({ skill, writer, n, threshold, counts, prompts }: Shown): Uint8Array {
  const text = (y: number, words: string, style = '') => `<text x="16" y="${y}" ${style}>${words}</text>`
  const small = `font-size="12" fill="${faintInk}"`
  const { candidates, accepted, rejected } = counts
  const total = Math.max(1, candidates)
  const share = ((width - 32) * accepted) / total
  const rest = reasonsInWords(rejected)
  const parts = [
    text(28, `Prompts for ${escapeHtml(oneLine(skill, 60))}`, 'font-size="14" font-weight="700"'),
    text(
      48,
      `${accepted} of ${n} accepted, ROUGE-L at most ${threshold}; written by ${escapeHtml(oneLine(writer, 40))}`,
      small,
    ),
    `<rect x="16" y="60" width="${width - 32}" height="12" fill="${gridColour}"/>`,
    `<rect x="16" y="60" width="${share}" height="12" fill="${seriesStyle(2).fill}"/>`,
    text(90, `${candidates} candidates${rest ? `; rejected: ${rest}` : ''}`, small),
    ...prompts
      .slice(0, first)
      .map((prompt, at) => text(116 + 20 * at, escapeHtml(oneLine(prompt, 88)), 'font-size="13"')),
  ]
  const lines = Math.min(first, prompts.length)
  if (prompts.length > lines) parts.push(text(116 + 20 * lines, `and ${prompts.length - lines} more`, small))
  const height = 104 + 20 * (lines + (prompts.length > lines ? 1 : 0))
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${staticFont}" fill="${ink}"><rect width="${width}" height="${height}" fill="#fff"/>${parts.join('')}</svg>`
  return svgToPng(svg, { scale: 1.5 })
}
