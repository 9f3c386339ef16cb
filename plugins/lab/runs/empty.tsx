// What stands in the runs panel when there are no runs to list, and why that may be.
import type { TranslationBundle } from '@jupyterlab/translation'
// biome-ignore lint/correctness/noUnusedImports: JSX calls it.
import * as React from 'react'

export interface EmptyProps {
  trans: TranslationBundle
  /** There are runs, but not of the kind that is listed. */
  filtered: boolean
  folders: readonly string[]
  /** The server does not show the folders, whether there is something in them or not. */
  blocked: boolean
}

export function EmptyList({ trans, filtered, folders, blocked }: EmptyProps) {
  if (filtered) return <p className="jp-selma-Runs-empty">{trans.__('All runs have ended.')}</p>
  const places = folders.slice(0, 5).map((folder) => (
    <li key={folder}>
      <code>{folder}</code>
    </li>
  ))
  if (!blocked)
    return (
      <div className="jp-selma-Runs-empty">
        <p>{trans.__('No runs yet. Long calls in a SELMA notebook, such as experts.train, appear here.')}</p>
        <p>{trans.__('Looked for in:')}</p>
        <ul>{places}</ul>
      </div>
    )
  return (
    <div className="jp-selma-Runs-empty">
      <p>
        {trans.__('This Jupyter server does not show folders whose name begins with a dot, where jobs are:')}
      </p>
      <ul>{places}</ul>
      <p>{trans.__('Start JupyterLab with')}</p>
      <pre>jupyter lab --ContentsManager.allow_hidden=True</pre>
      <p>
        {trans.__(
          '(npm run lab does so), or keep jobs elsewhere: set SELMA_HOME=selma for the server, and "selma/jobs" as the folder of jobs in the settings.',
        )}
      </p>
    </div>
  )
}
