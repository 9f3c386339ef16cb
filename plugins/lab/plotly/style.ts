// How figures are to look, and that they are to be drawn anew: what the renderer and the comparison share.
import { Token } from '@lumino/coreutils'
import { type ISignal, Signal } from '@lumino/signaling'

export interface IFigureStyle {
  /** Whether figures take the theme's colours. */
  readonly followTheme: boolean
  readonly changed: ISignal<IFigureStyle, void>
}

export const IFigureStyle = new Token<IFigureStyle>(
  '@selma-lab/jupyterlab:IFigureStyle',
  'How Plotly figures are drawn: in the colours of the theme or their own.',
)

export class FigureStyle implements IFigureStyle {
  #followTheme = true
  readonly #changed = new Signal<IFigureStyle, void>(this)

  get followTheme(): boolean {
    return this.#followTheme
  }

  get changed(): ISignal<IFigureStyle, void> {
    return this.#changed
  }

  set(followTheme: boolean): void {
    if (followTheme === this.#followTheme) return
    this.#followTheme = followTheme
    this.restyle()
  }

  /** The theme has changed. Its style sheet may take effect a moment after JupyterLab says so. */
  restyle(): void {
    this.#changed.emit()
    for (const wait of [200, 1000, 3000]) setTimeout(() => this.#changed.emit(), wait)
  }
}
