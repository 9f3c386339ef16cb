// The training monitor's page: a line a job with its buttons, curves, and the pictures drawn at checkpoints.
import { useEffect, useRef, useState } from 'preact/hooks'
import type {
  TrainingMonitorAnswer,
  TrainingMonitorState,
} from '../../../lib/messages/views/training-monitor.ts'
import { type Problem, Problems } from '../shared/failure.tsx'
import { number } from '../shared/format.ts'
import { defineView, type Model, useMessages, useTrait, useViewId } from '../shared/model.ts'
import '../shared/theme.css'
import 'uplot/dist/uPlot.min.css'
import type { CommonAnswer } from '../../../lib/messages/views/common.ts'
import { Chart } from './chart.tsx'
import { Curves, linesOf, titleOf } from './curves.ts'
import { Jobs } from './jobs.tsx'
import { Samples } from './samples.tsx'
import './style.css'

function TrainingMonitor({ model }: { model: Model<TrainingMonitorState> }) {
  const title = useTrait(model, 'title')
  const jobs = useTrait(model, 'jobs')
  const view = useViewId()
  const curves = useRef(new Curves())
  const [, setPoints] = useState(0)
  const [problem, setProblem] = useState<Problem>()
  const [acting, setActing] = useState<string>()
  const [metric, setMetric] = useState('loss')
  const [weight, setWeight] = useState(0.95)
  const [logarithmic, setLogarithmic] = useState(false)

  const open = () => model.send({ version: 1, kind: 'open', view })
  useMessages<TrainingMonitorState, TrainingMonitorAnswer | CommonAnswer>(model, (message, buffers) => {
    if (message.kind === 'points') {
      if (message.view === view) curves.current = new Curves()
      if (message.view !== null && message.view !== view) return
      if (!curves.current.take(message.stretches, buffers)) open()
      setPoints((n) => n + 1)
    } else if (message.kind === 'steered') setActing(undefined)
    else if (message.kind === 'error') {
      setActing(undefined)
      setProblem({ message: message.message, hint: message.hint })
    }
  })
  useEffect(open, [model, view])

  const metrics = curves.current.metrics().filter((name) => name !== 'validationLoss')
  const tab = metrics.includes(metric) ? metric : metrics[0]
  const names = jobs.map(({ name }) => name)
  const lines = tab === undefined ? [] : linesOf(curves.current, names, tab, weight)
  const summary = lines
    .filter(({ kind }) => kind !== 'raw')
    .map(
      ({ label, values }) =>
        `${label}: ${number(values[values.length - 1])} at last, of ${values.length} points`,
    )
    .join('; ')

  return (
    <section class="selma-frame" aria-label={title || 'Training monitor'}>
      {title ? <h3 class="selma-title">{title}</h3> : null}
      <Jobs
        jobs={jobs}
        acting={acting}
        onSteer={(job, command) => {
          setActing(`${job} ${command}`)
          setProblem(undefined)
          model.send({ version: 1, kind: 'steer', job, command })
        }}
      />
      <Problems problem={problem} onClose={() => setProblem(undefined)} />
      {tab === undefined ? (
        <p class="selma-faint tm-empty">{jobs.length === 0 ? 'Reading the job…' : 'No numbers yet.'}</p>
      ) : (
        <>
          <div class="tm-bar">
            <div class="selma-row" role="tablist" aria-label="What the chart shows">
              {metrics.map((name) => (
                <button
                  key={name}
                  type="button"
                  role="tab"
                  aria-selected={name === tab}
                  class="selma-button"
                  onClick={() => setMetric(name)}
                >
                  {titleOf(name)}
                </button>
              ))}
            </div>
            <div class="selma-row tm-settings">
              {tab === 'loss' ? (
                <label>
                  Smoothing{' '}
                  <input
                    type="range"
                    min="0"
                    max="0.995"
                    step="0.005"
                    value={weight}
                    onInput={(event) => setWeight(Number(event.currentTarget.value))}
                  />
                </label>
              ) : null}
              <label>
                <input
                  type="checkbox"
                  checked={logarithmic}
                  onChange={(event) => setLogarithmic(event.currentTarget.checked)}
                />
                Log scale
              </label>
            </div>
          </div>
          <Chart lines={lines} metric={tab} logarithmic={logarithmic} summary={summary} />
        </>
      )}
      <Samples model={model} jobs={jobs} />
    </section>
  )
}

export default defineView(TrainingMonitor, 'training-monitor')
