// A line for each job: what it does, how far it is, and the buttons that steer it.
import type { MonitoredJob, Steering } from '../../../lib/messages/views/training-monitor.ts'
import { Bar } from '../shared/bar.tsx'
import { Problems } from '../shared/failure.tsx'
import { bytes, count, duration, number, percent } from '../shared/format.ts'

interface Props {
  jobs: readonly MonitoredJob[]
  /** `<job> <command>` that was asked for and has not happened yet. */
  acting: string | undefined
  onSteer: (job: number, command: Steering) => void
}

const states: Record<MonitoredJob['state'], string> = {
  loading: 'reading',
  created: 'not started',
  queued: 'waiting for its turn',
  running: 'running',
  paused: 'paused',
  finished: 'finished',
  stopped: 'stopped',
  failed: 'failed',
  interrupted: 'interrupted',
}

const advice: Partial<Record<MonitoredJob['state'], string>> = {
  stopped: 'It can go on from the last saved step.',
  interrupted: 'Its process died. It can go on from the last saved step.',
}

function facts({
  latest,
  progress,
  secondsLeft,
  checkpoint,
  attempt,
  state,
}: MonitoredJob): [string, string][] {
  const live = state === 'running' || state === 'paused'
  const list: [string, string | undefined][] = [
    ['done', state === 'finished' && progress ? `${count(progress.done)} ${progress.unit}` : undefined],
    ['loss', latest.loss === undefined ? undefined : number(latest.loss)],
    ['validation loss', latest.validationLoss === undefined ? undefined : number(latest.validationLoss)],
    ['speed', latest.stepsPerSecond == null ? undefined : `${number(latest.stepsPerSecond)} steps/s`],
    ['left', secondsLeft === null ? undefined : duration(secondsLeft)],
    ['memory', live && latest.memory != null ? bytes(latest.memory) : undefined],
    ['saved at', checkpoint === null ? undefined : `step ${count(checkpoint)}`],
    ['attempt', attempt !== null && attempt > 1 ? String(attempt) : undefined],
  ]
  return list.filter((fact): fact is [string, string] => fact[1] !== undefined)
}

const buttons: { command: Steering; label: string; when: MonitoredJob['state'][] }[] = [
  { command: 'pause', label: 'Pause', when: ['running'] },
  { command: 'resume', label: 'Resume', when: ['paused'] },
  { command: 'checkpoint', label: 'Checkpoint now', when: ['running', 'paused'] },
  { command: 'stop', label: 'Stop', when: ['running', 'paused', 'queued'] },
  { command: 'restart', label: 'Go on', when: ['stopped', 'interrupted'] },
  { command: 'restart', label: 'Try again', when: ['failed'] },
]

export function Jobs({ jobs, acting, onSteer }: Props) {
  return (
    <>
      {jobs.map((job, at) => (
        <section class="tm-job" key={job.id} aria-label={`Job ${job.name}`}>
          <div class="selma-head">
            <span class="tm-name">
              <span class="selma-swatch" style={`background:var(--sv-series-${at % 7})`} aria-hidden="true" />
              <strong title={job.id}>{job.name}</strong>
              <span class={`selma-mark tm-${job.state}`} role="status">
                {states[job.state]}
              </span>
            </span>
            <span class="selma-row">
              {buttons
                .filter(({ when }) => when.includes(job.state))
                .map(({ command, label }) => (
                  <button
                    key={label}
                    type="button"
                    class="selma-button"
                    disabled={acting?.startsWith(`${at} `)}
                    aria-label={jobs.length > 1 ? `${label}: ${job.name}` : undefined}
                    onClick={() => onSteer(at, command)}
                  >
                    {acting === `${at} ${command}` ? `${label}…` : label}
                  </button>
                ))}
            </span>
          </div>
          {job.progress && job.state !== 'finished' ? <Progress job={job} /> : null}
          <dl class="selma-facts tm-facts">
            {facts(job).map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
          <Problems problem={job.error} />
          {advice[job.state] ? <p class="selma-faint tm-advice">{advice[job.state]}</p> : null}
        </section>
      ))}
    </>
  )
}

function Progress({ job: { progress, name, state } }: { job: MonitoredJob }) {
  if (!progress) return null
  const { done, total, unit, note } = progress
  const share = total > 0 ? Math.min(1, done / total) : 0
  return (
    <div class="tm-progress">
      <Bar label={`Progress of ${name}`} share={share} class={`tm-fill-${state}`} />
      <span class="selma-small selma-faint tm-count">
        {note ? `${note}: ` : ''}
        {count(done)} of {count(total)} {unit} ({percent(share)})
      </span>
    </div>
  )
}
