// The colours of JupyterLab's theme as they are where an element stands.
import { type Colour, parseColour } from './colours.ts'
import type { Palette } from './theme-figure.ts'

const light: Palette = {
  ground: { red: 255, green: 255, blue: 255, alpha: 1 },
  ink: { red: 33, green: 33, blue: 33, alpha: 1 },
  faint: { red: 224, green: 224, blue: 224, alpha: 1 },
}

/** Reads custom properties through the browser, which knows names, variables and functions of colours. */
export function themePalette(at: HTMLElement): Palette {
  const probe = document.createElement('span')
  probe.hidden = true
  at.append(probe)
  const read = (property: string, other: Colour): Colour => {
    probe.style.color = `var(${property})`
    return parseColour(getComputedStyle(probe).color) ?? other
  }
  try {
    return {
      ground: { ...read('--jp-layout-color0', light.ground), alpha: 1 },
      ink: { ...read('--jp-content-font-color0', light.ink), alpha: 1 },
      faint: { ...read('--jp-border-color2', light.faint), alpha: 1 },
    }
  } finally {
    probe.remove()
  }
}
