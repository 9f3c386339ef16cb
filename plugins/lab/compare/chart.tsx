// A Plotly chart inside React: drawn anew when what it shows or the theme changes.
import * as React from 'react'
import type { IFigureStyle } from '../plotly/style.ts'
import { FigureView, type ViewOptions } from '../plotly/view.ts'

export interface ChartProps extends ViewOptions {
  figure: { data: object[]; layout: object }
  /** For those who cannot see it. */
  label: string
  style: IFigureStyle | null
}

export function Chart({ figure, label, style, trans, followTheme }: ChartProps) {
  const place = React.useRef<HTMLDivElement>(null)
  const view = React.useRef<FigureView | null>(null)
  const [problem, setProblem] = React.useState('')
  React.useEffect(() => {
    const made = new FigureView(place.current as HTMLDivElement, { trans, followTheme })
    view.current = made
    const redraw = () => made.restyle()
    style?.changed.connect(redraw)
    return () => {
      style?.changed.disconnect(redraw)
      made.dispose()
      view.current = null
    }
  }, [style, trans, followTheme])
  React.useEffect(() => {
    view.current
      ?.show(figure)
      .then(() => setProblem(''))
      .catch((error) => setProblem((error as Error).message))
  }, [figure])
  return (
    // biome-ignore lint/a11y/useSemanticElements: a chart is no fieldset.
    <div className="jp-selma-Figure" role="group" aria-label={label}>
      {problem && <p role="alert">{problem}</p>}
      <div ref={place} className="jp-selma-Figure-plot" />
    </div>
  )
}
