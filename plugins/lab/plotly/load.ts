// plotly.js, fetched when the first figure is to be drawn: a chunk of its own, 1.4 MB packed.
import type * as PlotlyModule from 'plotly.js-dist-min'

export type Plotly = typeof PlotlyModule

let loading: Promise<Plotly> | undefined

/** @throws Error when the chunk cannot be fetched; asking again tries again */
export function loadPlotly(): Promise<Plotly> {
  loading ??= import('plotly.js-dist-min').then(
    (module) => (module as unknown as { default?: Plotly }).default ?? module,
    (error) => {
      loading = undefined
      throw error
    },
  )
  return loading
}
