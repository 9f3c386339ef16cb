// Weights and method: a slider, an exact number and a solo button for each expert, and what the method takes.
import { useRef, useState } from 'preact/hooks'
import type { MixMethod, MixSettings } from '../../../lib/messages/views/merge-mixer.ts'
import { shorten } from '../shared/format.ts'
import { equal, isSolo, rangeOf, solo, typed, withMethod, withWeight } from './settings.ts'

interface EntryProps {
  label: string
  value: number | null
  low: number
  high: number
  step: number
  /** Shown where there is no value; then the field may be empty. */
  empty?: string
  onChange: (value: number | null) => void
}

function NumberEntry({ label, value, low, high, step, empty, onChange }: EntryProps) {
  // What is being typed; it need not be a number yet.
  const [text, setText] = useState<string>()
  const wrong =
    text !== undefined && !(empty !== undefined && text === '') && typed(text, low, high) === undefined
  return (
    <input
      type="number"
      class="mm-number"
      aria-label={label}
      aria-invalid={wrong}
      title={wrong ? `${low} to ${high}` : undefined}
      min={low}
      max={high}
      step={step}
      placeholder={empty}
      value={text ?? (value === null ? '' : String(+value.toFixed(4)))}
      onInput={(event) => {
        const now = event.currentTarget.value
        setText(now)
        const number = typed(now, low, high)
        const whole = step < 1 || (number !== undefined && Number.isInteger(number))
        if (now === '' && empty !== undefined) onChange(null)
        else if (number !== undefined && whole) onChange(number)
      }}
      onBlur={() => setText(undefined)}
    />
  )
}

interface Props {
  experts: readonly string[]
  methods: readonly MixMethod[]
  largestRank: number
  initial: MixSettings
  settings: MixSettings
  onChange: (settings: MixSettings) => void
}

export function Controls({ experts, methods, largestRank, initial, settings, onChange }: Props) {
  const method = methods.find(({ name }) => name === settings.method) ?? methods[0]
  const before = useRef<MixSettings>(undefined)
  const toggleSolo = (at: number) => {
    if (!isSolo(settings, at)) {
      if (!experts.some((_, other) => isSolo(settings, other))) before.current = settings
      onChange(solo(settings, at))
    } else
      onChange(before.current ? { ...settings, weights: before.current.weights } : equal(settings, method))
  }
  return (
    <div class="mm-controls">
      <ul class="mm-experts">
        {experts.map((name, at) => {
          const weight = settings.weights[at]
          const [low, high] = rangeOf(weight)
          const short = shorten(name, 60)
          return (
            // biome-ignore lint/suspicious/noArrayIndexKey: experts never change places
            <li key={at} class="mm-expert">
              <span class="mm-name" title={name}>
                <span class="selma-swatch" style={`background:var(--sv-series-${at % 7})`} /> {short}
              </span>
              <input
                type="range"
                aria-label={`Weight of ${short}`}
                min={low}
                max={high}
                step="0.01"
                value={weight}
                onInput={(event) => onChange(withWeight(settings, at, Number(event.currentTarget.value)))}
              />
              <NumberEntry
                label={`Exact weight of ${short}`}
                value={weight}
                low={-100}
                high={100}
                step={0.01}
                onChange={(value) => onChange(withWeight(settings, at, value ?? 0))}
              />
              <button
                type="button"
                class="selma-button mm-solo"
                aria-pressed={isSolo(settings, at)}
                aria-label={`Only ${short}`}
                title="This expert alone, with weight 1"
                onClick={() => toggleSolo(at)}
              >
                Solo
              </button>
            </li>
          )
        })}
      </ul>
      <div class="selma-row">
        <button type="button" class="selma-button" onClick={() => onChange(equal(settings, method))}>
          Equal weights
        </button>
        <button type="button" class="selma-button" onClick={() => onChange(initial)}>
          Reset
        </button>
      </div>
      <label class="mm-field">
        Method
        <select
          aria-label="Method"
          value={method.name}
          onChange={(event) => {
            const to = methods.find(({ name }) => name === event.currentTarget.value)
            if (to) onChange(withMethod(settings, method, to))
          }}
        >
          {methods.map(({ name }) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <p class="selma-small selma-faint mm-about">{method.about}</p>
      {method.density ? (
        <div class="mm-field">
          <span>Density</span>
          <input
            type="range"
            aria-label="Density"
            min="0.05"
            max="1"
            step="0.01"
            value={settings.density}
            onInput={(event) => onChange({ ...settings, density: Number(event.currentTarget.value) })}
          />
          <NumberEntry
            label="Exact density"
            value={settings.density}
            low={0.0001}
            high={1}
            step={0.01}
            onChange={(value) => onChange({ ...settings, density: value ?? 1 })}
          />
        </div>
      ) : null}
      {method.majoritySign ? (
        <label class="mm-field">
          Majority sign
          <select
            value={settings.majoritySign}
            onChange={(event) =>
              onChange({
                ...settings,
                majoritySign: event.currentTarget.value as MixSettings['majoritySign'],
              })
            }
          >
            <option value="total">total: of the sum</option>
            <option value="frequency">frequency: of most experts</option>
          </select>
        </label>
      ) : null}
      {method.seed ? (
        <div class="mm-field">
          <span>Seed of the masks</span>
          <NumberEntry
            label="Seed of the masks"
            value={settings.seed}
            low={0}
            high={2 ** 32}
            step={1}
            onChange={(value) => onChange({ ...settings, seed: value ?? 0 })}
          />
        </div>
      ) : null}
      {method.rank ? (
        <div class="mm-field">
          <span>Rank</span>
          <NumberEntry
            label={`Rank, 1 to ${largestRank}; empty: as large as it comes`}
            value={settings.rank}
            low={1}
            high={largestRank}
            step={1}
            empty="auto"
            onChange={(value) => onChange({ ...settings, rank: value })}
          />
        </div>
      ) : null}
    </div>
  )
}
