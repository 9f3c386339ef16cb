// Several jobs side by side: a chart of one of their numbers over the steps, and their settings and results.
import { ReactWidget } from '@jupyterlab/ui-components'
import * as React from 'react'
import { short } from '../jobs/format.ts'
import { isLive } from '../jobs/state.ts'
import { titleOf } from '../runs/titles.ts'
import { Chart, type ChartProps } from './chart.tsx'
import type { Compared } from './read.ts'
import { metricFigure } from './series.ts'
import { CompareTable } from './table.tsx'

export type CompareOptions = Pick<ChartProps, 'trans' | 'style' | 'followTheme'> & {
  read: () => Promise<Compared[]>
}

/** Jobs that run are read again after so long, milliseconds. */
const again = 5000

const nameIn = (jobs: readonly Compared[], { run }: Compared): string => {
  const title = titleOf(run)
  const twins = jobs.filter((one) => titleOf(one.run) === title).length > 1
  return twins ? `${title} (${run.id.slice(-16, -8)})` : title
}

function Comparison({ read, trans, style, followTheme }: CompareOptions) {
  const [jobs, setJobs] = React.useState<Compared[] | undefined>()
  const [problem, setProblem] = React.useState('')
  const [metric, setMetric] = React.useState('loss')
  const [smoothed, setSmoothed] = React.useState(true)
  const [logY, setLogY] = React.useState(false)
  const [only, setOnly] = React.useState(true)
  const load = React.useCallback(
    () =>
      read().then(
        (found) => {
          setJobs(found)
          setProblem('')
        },
        (error) => setProblem((error as Error).message),
      ),
    [read],
  )
  const live = jobs === undefined || jobs.some(({ run }) => isLive(run.state))
  React.useEffect(() => {
    void load()
    if (!live) return
    const timer = setInterval(() => !document.hidden && void load(), again)
    return () => clearInterval(timer)
  }, [load, live])
  const metrics = React.useMemo(() => [...new Set(jobs?.flatMap(({ series }) => [...series.keys()]))], [jobs])
  const shown = metrics.includes(metric) ? metric : (metrics[0] ?? '')
  const figure = React.useMemo(() => {
    const curves = (jobs ?? []).map((job) => ({
      name: nameIn(jobs ?? [], job),
      series: job.series.get(shown),
    }))
    return metricFigure(curves, {
      title: shown,
      xTitle: trans.__('step'),
      smoothing: smoothed ? 0.95 : 0,
      logY,
    })
  }, [jobs, shown, smoothed, logY, trans])
  if (problem) return <p role="alert">{problem}</p>
  if (!jobs) return <p role="status">{trans.__('Reading the jobs…')}</p>
  if (jobs.length === 0) return <p>{trans.__('These jobs are no longer there.')}</p>
  const last = jobs
    .map(
      (job) =>
        [nameIn(jobs, job), job.series.get(shown)?.values.findLast((value) => value !== null)] as const,
    )
    .filter((entry): entry is [string, number] => typeof entry[1] === 'number')
    .map(([name, value]) => `${name}: ${short(value)}`)
  const tick = (label: string, checked: boolean, set: (value: boolean) => void) => (
    <label>
      <input type="checkbox" checked={checked} onChange={(event) => set(event.currentTarget.checked)} />
      {label}
    </label>
  )
  return (
    <>
      {metrics.length > 0 ? (
        <>
          <div className="jp-selma-Compare-controls">
            <label>
              {trans.__('Chart of')}{' '}
              <select value={shown} onChange={(event) => setMetric(event.currentTarget.value)}>
                {metrics.map((name) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
            {tick(trans.__('smoothed'), smoothed, setSmoothed)}
            {tick(trans.__('logarithmic'), logY, setLogY)}
          </div>
          <Chart
            figure={figure}
            label={trans.__('%1 over the steps. Last values: %2', shown, last.join(', '))}
            {...{ trans, style, followTheme }}
          />
        </>
      ) : (
        <p>{trans.__('These jobs have written no numbers to be charted.')}</p>
      )}
      {jobs.some(({ whole }) => !whole) && <p>{trans.__('Of long logs only the last 16 MB are charted.')}</p>}
      <div className="jp-selma-Compare-controls">
        {jobs.length > 1 && tick(trans.__('only what differs'), only, setOnly)}
      </div>
      <CompareTable jobs={jobs} onlyDifferences={only} trans={trans} />
    </>
  )
}

export class ComparisonWidget extends ReactWidget {
  readonly #options: CompareOptions

  constructor(options: CompareOptions) {
    super()
    this.#options = options
    this.addClass('jp-selma-Compare')
    this.node.setAttribute('role', 'region')
    this.node.setAttribute('aria-label', options.trans.__('Comparison of runs'))
  }

  protected override render(): React.ReactElement {
    return <Comparison {...this.#options} />
  }
}
