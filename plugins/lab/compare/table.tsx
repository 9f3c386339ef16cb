// The settings and results of several jobs side by side.
import type { TranslationBundle } from '@jupyterlab/translation'
// biome-ignore lint/correctness/noUnusedImports: JSX calls it.
import * as React from 'react'
import { titleOf } from '../runs/titles.ts'
import { stateWord } from '../runs/words.ts'
import type { Compared } from './read.ts'
import { colours } from './series.ts'
import { type Row, settingRows } from './settings.ts'

export interface TableProps {
  jobs: readonly Compared[]
  onlyDifferences: boolean
  trans: TranslationBundle
}

function resultRows(jobs: readonly Compared[]): Row[] {
  const names = [...new Set(jobs.flatMap(({ results }) => [...results.keys()]))]
  return names.map((name) => {
    const values = jobs.map(({ results }) => results.get(name))
    return { name, values, differs: values.some((value) => value !== values[0]) }
  })
}

function Group({
  title,
  rows,
  none,
  columns,
}: {
  title: string
  rows: Row[]
  none: string
  columns: number
}) {
  return (
    <tbody>
      <tr className="jp-selma-Compare-group">
        <th scope="colgroup" colSpan={columns + 1}>
          {title}
        </th>
      </tr>
      {rows.length === 0 && (
        <tr>
          <td colSpan={columns + 1}>{none}</td>
        </tr>
      )}
      {rows.map(({ name, values, differs }) => (
        <tr key={name} data-differs={differs || undefined}>
          <th scope="row">{name}</th>
          {values.map((value, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: columns keep their places.
            <td key={index}>{value ?? '–'}</td>
          ))}
        </tr>
      ))}
    </tbody>
  )
}

export function CompareTable({ jobs, onlyDifferences, trans }: TableProps) {
  const pick = (rows: Row[]) =>
    onlyDifferences && jobs.length > 1 ? rows.filter(({ differs }) => differs) : rows
  const settings = pick(settingRows(jobs.map((job) => job.settings)))
  const results = pick(resultRows(jobs))
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard.
    <section className="jp-selma-Compare-scroll" tabIndex={0} aria-label={trans.__('Settings and results')}>
      <table>
        <thead>
          <tr>
            <td />
            {jobs.map(({ run }, index) => (
              <th scope="col" key={run.path} title={run.id}>
                <span
                  className="jp-selma-Compare-swatch"
                  style={{ background: colours[index % colours.length] }}
                  aria-hidden="true"
                />
                {titleOf(run)}
                <small>
                  {stateWord(run.state, trans)} · {run.id.slice(-16, -8)}
                </small>
              </th>
            ))}
          </tr>
        </thead>
        <Group
          title={trans.__('Settings')}
          rows={settings}
          none={trans.__('no differences')}
          columns={jobs.length}
        />
        <Group
          title={trans.__('Results')}
          rows={results}
          none={trans.__('none that differ')}
          columns={jobs.length}
        />
      </table>
    </section>
  )
}
