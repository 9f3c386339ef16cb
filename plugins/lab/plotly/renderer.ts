// The output of a cell for `application/vnd.plotly.v1+json`. The notebook's own representations stay as they are: the
// PNG and the text that the kernel sent beside the figure are what GitHub, nbconvert and e-mail show. Where there is
// no PNG (figures that only a browser can draw), one is put beside it.
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces'
import { Widget } from '@lumino/widgets'
import { FigureView, type ViewOptions } from './view.ts'

export const plotlyType = 'application/vnd.plotly.v1+json'

export interface RendererOptions extends ViewOptions {
  /** Calls back when the figures are to be drawn anew; returns how to take that back. */
  onRestyle: (redraw: () => void) => () => void
}

export class FigureRenderer extends Widget implements IRenderMime.IRenderer {
  readonly #options: RendererOptions
  readonly #view: FigureView
  readonly #plot = document.createElement('div')
  readonly #note = document.createElement('div')
  readonly #release: () => void
  #shown: unknown

  constructor(options: RendererOptions) {
    super()
    this.#options = options
    this.addClass('jp-selma-Figure')
    this.#plot.className = 'jp-selma-Figure-plot'
    this.#note.className = 'jp-selma-Figure-note'
    this.#note.setAttribute('role', 'status')
    this.node.setAttribute('role', 'group')
    this.node.append(this.#note, this.#plot)
    this.#view = new FigureView(this.#plot, options)
    this.#release = options.onRestyle(() => this.#view.restyle())
  }

  /** Draws the model's figure. Never throws: what is wrong stands in the cell, with the text of the output. */
  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { [plotlyType]: figure, 'text/plain': text, 'image/png': png } = model.data
    const words = typeof text === 'string' ? text : this.#options.trans.__('Plotly figure')
    this.node.setAttribute('aria-label', words.slice(0, 1000))
    if (figure === this.#shown) return
    this.#shown = figure
    try {
      this.#placeholder(png)
      await this.#view.show(figure)
      this.#note.replaceChildren()
      if (png === undefined && !this.isDisposed) await this.#keepPicture(model)
    } catch (error) {
      const { trans } = this.#options
      const message = trans.__('The figure cannot be drawn: %1', (error as Error).message.slice(0, 500))
      this.#note.textContent = `${message}\n${words.slice(0, 4000)}`
    }
  }

  override dispose(): void {
    if (this.isDisposed) return
    this.#release()
    this.#view.dispose()
    super.dispose()
  }

  /** The static picture, until Plotly has come. */
  #placeholder(png: unknown): void {
    if (typeof png !== 'string' || this.#plot.childElementCount > 0) return
    const picture = document.createElement('img')
    picture.src = `data:image/png;base64,${png.replace(/\s/g, '')}`
    picture.alt = ''
    picture.className = 'jp-selma-Figure-static'
    this.#note.replaceChildren(picture)
  }

  async #keepPicture(model: IRenderMime.IMimeModel): Promise<void> {
    if (this.#plot.clientWidth === 0) return
    const uri = await this.#view.picture().catch(() => '')
    const [, base64] = /^data:image\/png;base64,(.+)$/.exec(uri) ?? []
    if (base64 && !this.isDisposed) model.setData({ data: { ...model.data, 'image/png': base64 } })
  }
}
