// The pictures that a training drew on the way, and a slider through its time.
import { useEffect, useState } from 'preact/hooks'
import type { MonitoredJob } from '../../../lib/messages/views/training-monitor.ts'
import { count, shorten } from '../shared/format.ts'
import type { Model } from '../shared/model.ts'
import { type PictureStore, usePicture, usePictureStore } from '../shared/pictures.ts'

interface Shown {
  id: string
  caption: string
}

function Sample({ store, id, caption }: Shown & { store: PictureStore }) {
  const picture = usePicture(store, id)
  return (
    <figure class="tm-sample">
      {picture?.url ? (
        <img class="selma-square selma-pixels" src={picture.url} alt={shorten(caption, 200)} />
      ) : (
        <span class="selma-square selma-small selma-faint">{picture?.missing ?? '…'}</span>
      )}
      <figcaption class="selma-small selma-faint" title={shorten(caption, 1_000)}>
        {shorten(caption, 120)}
      </figcaption>
    </figure>
  )
}

export function Samples({ model, jobs }: { model: Model; jobs: readonly MonitoredJob[] }) {
  const store = usePictureStore(model)
  const steps = [...new Set(jobs.flatMap(({ images }) => images.map(({ step }) => step ?? 0)))].sort(
    (a, b) => a - b,
  )
  // Undefined follows the training: the latest step, whatever it is.
  const [chosen, setChosen] = useState<number>()
  const [playing, setPlaying] = useState(false)
  const at = chosen === undefined ? steps.length - 1 : Math.min(chosen, steps.length - 1)
  useEffect(() => {
    if (!playing) return
    const timer = setTimeout(() => {
      if (at >= steps.length - 1) {
        setPlaying(false)
        setChosen(undefined)
      } else setChosen(at + 1)
    }, 500)
    return () => clearTimeout(timer)
  }, [playing, at, steps.length])
  if (steps.length === 0) return null
  const step = steps[at]
  return (
    <div class="tm-samples">
      <div class="selma-row tm-time">
        <button
          type="button"
          class="selma-button"
          disabled={steps.length < 2}
          onClick={() => {
            if (!playing && at >= steps.length - 1) setChosen(0)
            setPlaying(!playing)
          }}
        >
          {playing ? 'Halt' : 'Play'}
        </button>
        <label class="tm-scrubber">
          <span>Pictures at step {count(step)}</span>
          <input
            type="range"
            min="0"
            max={steps.length - 1}
            step="1"
            value={at}
            aria-valuetext={`step ${step}`}
            disabled={steps.length < 2}
            onInput={(event) => {
              const next = Number(event.currentTarget.value)
              setChosen(next === steps.length - 1 ? undefined : next)
            }}
          />
        </label>
      </div>
      {jobs.map(({ id: job, name, images }, index) => {
        // A job that is not as far shows the last that it has.
        const own = Math.max(...images.map(({ step: of }) => of ?? 0).filter((of) => of <= step))
        const shown = images.flatMap(({ step: of, caption }, image): Shown[] =>
          (of ?? 0) === own ? [{ id: `${index}:${image}`, caption }] : [],
        )
        if (shown.length === 0) return null
        return (
          <div key={job}>
            {jobs.length > 1 ? (
              <div class="selma-small tm-whose">{own === step ? name : `${name}, step ${count(own)}`}</div>
            ) : null}
            <div class="tm-strip">
              {shown.map((one) => (
                <Sample key={one.id} store={store} {...one} />
              ))}
            </div>
          </div>
        )
      })}
    </div>
  )
}
