// How many prompts there shall be, Generate and Stop, how far it is, and what went wrong.
import { useEffect, useState } from 'preact/hooks'
import type { PromptStudioState } from '../../../lib/messages/views/prompt-studio.ts'
import { count, duration } from '../shared/format.ts'
import { type Model, useTrait } from '../shared/model.ts'

/** Seconds since a time, counted on while it is shown. */
function useSeconds(since: string | undefined): number {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (since === undefined) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), 1_000)
    return () => clearInterval(timer)
  }, [since])
  return since === undefined ? 0 : Math.max(0, (now - Date.parse(since)) / 1_000)
}

export function Writing({ model, onAsk }: { model: Model<PromptStudioState>; onAsk: () => void }) {
  const n = useTrait(model, 'n')
  const writing = useTrait(model, 'writing')
  const problem = useTrait(model, 'problem')
  const writer = useTrait(model, 'writer')
  const { accepted, candidates } = useTrait(model, 'counts')
  const [wanted, setWanted] = useState(String(n))
  useEffect(() => setWanted(String(n)), [n])
  const seconds = useSeconds(writing?.since)
  const target = Math.round(Number(wanted))
  const valid = target >= 1 && target <= 10_000
  const status = writing
    ? writing.stopping
      ? 'Stopping…'
      : `Asking ${writer.name}…${seconds >= 2 ? ` ${duration(seconds)}` : ''}`
    : `${count(accepted)} of ${count(n)} accepted, ${count(candidates)} written`
  return (
    <form
      class="ps-writing"
      aria-label="Writing"
      onSubmit={(event) => {
        event.preventDefault()
        onAsk()
        model.send({ version: 1, kind: 'generate', n: target })
      }}
    >
      <div class="selma-row">
        <label class="selma-row">
          Prompts
          <input
            type="number"
            class="ps-number"
            min="1"
            max="10000"
            value={wanted}
            disabled={writing !== null}
            onInput={(event) => setWanted(event.currentTarget.value)}
          />
        </label>
        {writing ? (
          <button
            type="button"
            class="selma-button"
            disabled={writing.stopping}
            onClick={() => model.send({ version: 1, kind: 'stop' })}
          >
            Stop
          </button>
        ) : (
          <button
            type="submit"
            class="selma-button ps-primary"
            disabled={!valid || target <= accepted}
            title={target <= accepted ? 'There are as many already: ask for more' : undefined}
          >
            {problem || (accepted > 0 && accepted < n) ? 'Go on' : 'Generate'}
          </button>
        )}
        <div
          class="ps-progress"
          role="progressbar"
          aria-label="Prompts accepted"
          aria-valuemin={0}
          aria-valuemax={n}
          aria-valuenow={Math.min(n, accepted)}
        >
          <div style={`width:${Math.min(100, (100 * accepted) / n)}%`} />
        </div>
        <span class="selma-small selma-faint ps-status" role="status">
          {status}
        </span>
      </div>
      {problem ? (
        <div class="selma-error" role="alert">
          <span>
            {problem.message}
            {problem.hint ? <small> {problem.hint}.</small> : null}{' '}
            <small>What was written so far is kept.</small>
          </span>
        </div>
      ) : null}
    </form>
  )
}
