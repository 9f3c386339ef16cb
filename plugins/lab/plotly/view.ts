// One figure on the page: draws it when there is room, follows the width of its place and the theme, and saves it as
// a PNG as its author made it, on its own paper. Not the notebook's output: that is renderer.ts.
import type { TranslationBundle } from '@jupyterlab/translation'
import { type Figure, type Json, readFigure } from './figure.ts'
import { fitted } from './fit.ts'
import { loadPlotly, type Plotly } from './load.ts'
import { themePalette } from './theme.ts'
import { themed } from './theme-figure.ts'

export interface ViewOptions {
  trans: TranslationBundle
  /** Whether figures take the theme's colours; asked at every drawing. */
  followTheme: () => boolean
}

type Drawn = HTMLElement & { layout?: Record<string, Json>; _fullLayout?: Record<string, unknown> }

export class FigureView {
  readonly node: HTMLElement
  readonly #options: ViewOptions
  readonly #observer: ResizeObserver
  #figure: Figure | undefined
  #plotly: Plotly | undefined
  #width = 0
  #look = ''
  #queue: Promise<void> = Promise.resolve()
  #disposed = false

  constructor(node: HTMLElement, options: ViewOptions) {
    this.node = node
    this.#options = options
    this.#observer = new ResizeObserver(() => {
      if (this.#figure && this.#room() !== this.#width) void this.redraw()
    })
    this.#observer.observe(node)
  }

  /**
   * Draws another figure.
   *
   * @param value as in the notebook; it is not changed
   * @throws Error when it is no figure, or Plotly cannot be loaded or refuses it
   */
  async show(value: unknown): Promise<void> {
    const figure = readFigure(value)
    if (!figure) throw new Error(this.#options.trans.__('This is no Plotly figure: it has no list "data".'))
    this.#figure = figure
    this.#plotly ??= await loadPlotly()
    await this.redraw()
  }

  /** Draws again if the theme or the setting has changed since. */
  restyle(): void {
    if (this.#figure && this.#lookNow() !== this.#look) void this.redraw()
  }

  #lookNow(): string {
    return this.#options.followTheme() ? JSON.stringify(themePalette(this.node)) : 'own'
  }

  /** Draws the same figure again: for another width, another theme. What was zoomed stays so. */
  redraw(): Promise<void> {
    // One at a time, in order: Plotly draws asynchronously.
    const next = this.#queue.then(() => this.#draw())
    this.#queue = next.catch(() => {})
    return next
  }

  /** The figure as its author made it, with the ranges that are looked at now. PNG, as a data URI. */
  async picture(): Promise<string> {
    const plotly = this.#plotly ?? (await loadPlotly())
    return plotly.toImage(this.#original() as never, { format: 'png', scale: 2, ...this.#size() })
  }

  dispose(): void {
    this.#disposed = true
    this.#observer.disconnect()
    this.#plotly?.purge(this.node)
    this.#figure = undefined
  }

  #room(): number {
    return Math.floor(this.node.clientWidth)
  }

  async #draw(): Promise<void> {
    const [figure, plotly, room] = [this.#figure, this.#plotly, this.#room()]
    // Hidden for now (a collapsed cell, another tab): drawn once it has a width.
    if (!figure || !plotly || room === 0 || this.#disposed) return
    this.#width = room
    this.#look = this.#lookNow()
    const follow = this.#options.followTheme()
    const { data, layout } = fitted(follow ? themed(figure, themePalette(this.node)) : figure, room)
    // Plotly keeps what was zoomed, hidden or turned as long as this stays the same.
    await plotly.react(
      this.node,
      data as never,
      { uirevision: 'kept', ...layout } as never,
      this.#config() as never,
    )
  }

  #config(): Record<string, unknown> {
    const { trans } = this.#options
    const given = this.#figure?.config ?? {}
    const removed = Array.isArray(given.modeBarButtonsToRemove) ? given.modeBarButtonsToRemove : []
    const icon = (this.#plotly as unknown as { Icons: { camera: unknown } }).Icons.camera
    return {
      displaylogo: false,
      ...given,
      // It follows the cell by itself, and tells nobody anything.
      responsive: false,
      showSendToCloud: false,
      plotlyServerURL: '',
      modeBarButtonsToRemove: [...removed, 'toImage', 'sendDataToCloud'],
      modeBarButtonsToAdd: [
        { name: 'selma-png', title: trans.__('Save as PNG'), icon, click: () => void this.#save() },
      ],
    }
  }

  async #save(): Promise<void> {
    const link = document.createElement('a')
    link.href = await this.picture()
    link.download = 'figure.png'
    link.click()
  }

  #size(): { width: number; height: number } {
    const { layout } = this.#figure as Figure
    const drawn = (this.node as Drawn)._fullLayout as { width?: number; height?: number } | undefined
    const size = (own: Json | undefined, now: number | undefined, other: number) =>
      typeof own === 'number' && own >= 50 && own <= 4000 ? own : (now ?? other)
    return { width: size(layout.width, drawn?.width, 800), height: size(layout.height, drawn?.height, 480) }
  }

  #original(): { data: Json; layout: Json } {
    const { data, layout } = structuredClone(this.#figure as Figure)
    const now = (this.node as Drawn).layout ?? {}
    for (const [key, axis] of Object.entries(now)) {
      if (!/^[xy]axis\d*$/.test(key) || axis === null || typeof axis !== 'object' || Array.isArray(axis))
        continue
      if (Array.isArray(axis.range)) {
        const own = layout[key] as Record<string, Json> | undefined
        layout[key] = { ...own, range: structuredClone(axis.range), autorange: false }
      }
    }
    return { data, layout }
  }
}
