// The widget of a notebook without its kernel: what the kernel left beside it, its picture or text, with a line that
// says how to get the live one. Widgets themselves are drawn by ipywidgets' own extension, whose renderer this wraps:
// a widget that it cannot find would be the words "model not found".
import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application'
import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook'
import type { IRenderMimeRegistry } from '@jupyterlab/rendermime'
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces'
import { ITranslator, nullTranslator, type TranslationBundle } from '@jupyterlab/translation'
import { Panel, Widget } from '@lumino/widgets'

const widgetType = 'application/vnd.jupyter.widget-view+json'
/** Where ipywidgets registers its own. */
const rank = -10
/** How long nothing stands there while a widget may still come, ms: its picture is not to flash up before it. */
const patience = 1_500
/** The longest text that is shown. */
const longest = 4_000

/** Names of all static pictures are the text beside them, which says what is to be seen. */
function picture(png: string, text: string): HTMLElement {
  const image = document.createElement('img')
  image.src = `data:image/png;base64,${png.replace(/\s/g, '')}`
  image.alt = text
  return image
}

function words(text: string): HTMLElement {
  const block = document.createElement('pre')
  block.textContent = text
  return block
}

class StaticOrLive extends Panel implements IRenderMime.IRenderer {
  readonly #live: IRenderMime.IRenderer
  readonly #trans: TranslationBundle
  readonly #static = new Widget()
  readonly #watch: MutationObserver

  constructor(live: IRenderMime.IRenderer, trans: TranslationBundle) {
    super()
    this.#live = live
    this.#trans = trans
    this.addClass('jp-selma-View')
    this.#static.addClass('jp-selma-View-static')
    this.#static.hide()
    this.addWidget(live)
    this.addWidget(this.#static)
    // A model that comes later is drawn then; ipywidgets puts the widget in place of its words.
    this.#watch = new MutationObserver(() => {
      if (this.#static.isVisible || this.#live.node.childElementCount > 0) this.#choose()
    })
  }

  async renderModel(model: IRenderMime.IMimeModel): Promise<void> {
    const { 'image/png': png, 'text/plain': given } = model.data
    const drawn = this.#live.renderModel(model)
    const text = typeof given === 'string' ? given.slice(0, longest) : ''
    const note = document.createElement('p')
    note.textContent = this.#trans.__('As it was last shown. Run the cell for the widget itself.')
    this.#static.node.replaceChildren(typeof png === 'string' ? picture(png, text) : words(text), note)
    this.#watch.observe(this.#live.node, { childList: true })
    // Without a kernel ipywidgets may wait for ever.
    const waited = new Promise((done) => setTimeout(done, patience))
    await Promise.race([drawn, waited])
    if (!this.isDisposed) this.#choose()
  }

  /** A widget is an element; where there is none stand ipywidgets' words that it cannot be shown. */
  #choose(): void {
    const found = this.#live.node.childElementCount > 0
    this.#live.setHidden(!found)
    this.#static.setHidden(found)
  }

  override dispose(): void {
    this.#watch.disconnect()
    super.dispose()
  }
}

/** Wraps what draws widgets in one notebook. */
function wrap(rendermime: IRenderMimeRegistry, trans: TranslationBundle): void {
  const drawing = rendermime.getFactory(widgetType)
  if (!drawing) return
  rendermime.removeMimeType(widgetType)
  rendermime.addFactory(
    {
      safe: drawing.safe,
      mimeTypes: [widgetType],
      createRenderer: (options) => new StaticOrLive(drawing.createRenderer(options), trans),
    },
    rank,
  )
}

export const staticViewsPlugin: JupyterFrontEndPlugin<void> = {
  id: '@selma-lab/jupyterlab:static-views',
  description: 'Shows the picture of a widget where its kernel is not there.',
  autoStart: true,
  requires: [INotebookTracker],
  optional: [ITranslator],
  activate: (_app: JupyterFrontEnd, tracker: INotebookTracker, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load('selma_lab')
    tracker.widgetAdded.connect((_, panel: NotebookPanel) => {
      // After all others have heard of the notebook, ipywidgets too, and before its file has been read.
      queueMicrotask(() => {
        if (!panel.isDisposed) wrap(panel.content.rendermime, trans)
      })
    })
  },
}
