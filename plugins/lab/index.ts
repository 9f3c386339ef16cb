// The JupyterLab extension: Plotly figures, the runs panel, and the notebook of our kernel. The widgets of cells are
// not here: they come with the kernel (plugins/views).
import { notebookPlugin } from './notebook.ts'
import { plotlyPlugin } from './plotly/plugin.ts'
import { runsPlugin } from './runs/plugin.ts'
import { staticViewsPlugin } from './static-views.ts'

export default [plotlyPlugin, runsPlugin, notebookPlugin, staticViewsPlugin]
