// Opens the comparison of jobs in the main area.
import type { JupyterFrontEnd } from '@jupyterlab/application'
import { MainAreaWidget } from '@jupyterlab/apputils'
import type { TranslationBundle } from '@jupyterlab/translation'
import { compareIcon } from '../icons.ts'
import type { JobFiles } from '../jobs/files.ts'
import type { Run } from '../jobs/run.ts'
import type { RunStore } from '../jobs/store.ts'
import type { IFigureStyle } from '../plotly/style.ts'
import { titleOf } from '../runs/titles.ts'
import { readCompared } from './read.ts'
import { ComparisonWidget } from './widget.tsx'

export interface OpenParts {
  app: JupyterFrontEnd
  files: JobFiles
  store: RunStore
  trans: TranslationBundle
  style: IFigureStyle | null
}

let opened = 0

export async function openComparison(runs: readonly Run[], parts: OpenParts): Promise<void> {
  const { app, files, store, trans, style } = parts
  const paths = runs.map(({ path }) => path)
  const content = new ComparisonWidget({
    trans,
    style,
    followTheme: () => style?.followTheme ?? true,
    // As they are now: a job that was running may have ended.
    read: () => {
      const now = paths.map((path) => store.known(path)?.run).filter((run) => run !== undefined)
      return Promise.all(now.map((run) => readCompared(files, run)))
    },
  })
  const widget = new MainAreaWidget({ content })
  // There is nothing in it.
  widget.toolbar.hide()
  widget.id = `selma-compare-${++opened}`
  widget.title.label = runs.length === 1 ? titleOf(runs[0]) : trans.__('Compare %1 runs', runs.length)
  widget.title.caption = runs.map(({ id }) => id).join('\n')
  widget.title.icon = compareIcon
  widget.title.closable = true
  app.shell.add(widget, 'main')
  app.shell.activateById(widget.id)
}
