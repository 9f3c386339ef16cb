// SVG to PNG, and the measuring of text, with one bundled font (DejaVu Sans) and no font of the machine: the
// same bytes on a cluster node without any font as on a laptop. Not a browser: no HTML, no CSS files, no scripts.
import { createRequire } from 'node:module'
import type { ResvgRenderOptions } from '@resvg/resvg-js'
import { fail } from '../base/errors.ts'

const require = createRequire(import.meta.url)

/** The family that static pictures are set in. Scripts outside DejaVu (Chinese, Japanese, …) show as boxes there. */
export const staticFont = 'DejaVu Sans'

let options: ResvgRenderOptions | undefined

function resvg() {
  const { Resvg } = require('@resvg/resvg-js') as typeof import('@resvg/resvg-js')
  options ??= {
    font: {
      loadSystemFonts: false,
      fontFiles: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf', 'DejaVuSans-Oblique.ttf'].map((file) =>
        require.resolve(`dejavu-fonts-ttf/ttf/${file}`),
      ),
      defaultFontFamily: staticFont,
      sansSerifFamily: staticFont,
    },
  }
  return { Resvg, options }
}

/**
 * Draws an SVG document as PNG bytes.
 *
 * @param scale pixels a CSS pixel, default 1
 * @throws SelmaError `bad-input` when the text is not SVG
 */
export function svgToPng(svg: string, { scale = 1 }: { scale?: number } = {}): Uint8Array {
  const { Resvg, options } = resvg()
  try {
    return new Resvg(svg, { ...options, fitTo: { mode: 'zoom', value: scale } }).render().asPng()
  } catch (error) {
    return fail('bad-input', `cannot draw this SVG: ${(error as Error).message}`, undefined, error)
  }
}

/** Where the ink of an SVG fragment lies, CSS pixels; zero-sized where there is none. */
export function inkBox(fragment: string): { x: number; y: number; width: number; height: number } {
  const { Resvg, options } = resvg()
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="4" height="4">${fragment}</svg>`
  try {
    const box = new Resvg(svg, options).getBBox()
    if (box) return { x: box.x, y: box.y, width: box.width, height: box.height }
  } catch {
    // A fragment that cannot be measured (an empty text, say) takes no room.
  }
  return { x: 0, y: 0, width: 0, height: 0 }
}

/** The width of a line of text in the static font, CSS pixels. */
export function textWidth(
  text: string,
  { size = 13, bold = false }: { size?: number; bold?: boolean } = {},
): number {
  const letters = text.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`)
  return inkBox(
    `<text font-family="${staticFont}" font-size="${size}" font-weight="${bold ? 700 : 400}">${letters}</text>`,
  ).width
}
