// The experts in numbers: how much each changes every layer, and how they stand to each other.
import { useState } from 'preact/hooks'
import type { ExpertNumbers } from '../../../lib/messages/views/merge-mixer.ts'
import { number, shorten } from '../shared/format.ts'
import { memo } from '../shared/memo.ts'
import { heat, orderOf, shortNames } from './settings.ts'

interface Props {
  experts: readonly string[]
  numbers: ExpertNumbers
}

function Layers({ experts, numbers: { layers, norms } }: Props) {
  const [by, setBy] = useState<number>()
  const largest = Math.max(1e-12, ...norms.flat().map((norm) => norm ?? 0))
  const names = shortNames(layers)
  const sorting = (of: number | undefined, words: string, title: string) => (
    <th
      scope="col"
      aria-sort={by !== of ? undefined : of === undefined ? 'other' : 'descending'}
      class={by === of ? 'mm-sorted' : ''}
    >
      <button type="button" class="selma-button selma-quiet" title={title} onClick={() => setBy(of)}>
        {words}
        {by === of && of !== undefined ? ' ↓' : ''}
      </button>
    </th>
  )
  return (
    <section class="mm-layers" aria-label="Size of the weight changes by layer">
      <h4>Size of ΔW by layer</h4>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: so that it can be scrolled with keys */}
      <section class="mm-scroll" tabIndex={0} aria-label="Layers; scroll with the arrow keys">
        <table>
          <thead>
            <tr>
              {sorting(undefined, 'Layer', "In the model's order")}
              {experts.map((name, at) =>
                sorting(at, shorten(name, 14), `Largest in ${shorten(name, 80)} first`),
              )}
            </tr>
          </thead>
          <tbody>
            {orderOf(norms, by).map((layer) => (
              <tr key={layers[layer]}>
                <th scope="row" title={layers[layer]}>
                  {names[layer]}
                </th>
                {norms.map((row, expert) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: experts never change places
                  <td key={expert}>
                    {number(row[layer])}
                    <span class="mm-track">
                      <span
                        class="mm-bar"
                        style={`width:${(100 * (row[layer] ?? 0)) / largest}%;background:var(--sv-series-${expert % 7})`}
                      />
                    </span>
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  )
}

interface HeatProps {
  title: string
  about: string
  experts: readonly string[]
  values: ExpertNumbers['cosine']
  /** Of a value: −1 to 1. */
  warmth: (value: number) => number
  show: (value: number) => string
}

function HeatMap({ title, about, experts, values, warmth, show }: HeatProps) {
  return (
    <section class="mm-heat" aria-label={title}>
      <h4>{title}</h4>
      <div class="mm-wide">
        <table>
          <thead>
            <tr>
              <td />
              {experts.map((name, at) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: experts never change places
                <th key={at} scope="col" title={name}>
                  <span>{shorten(name, 12)}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {values.map((row, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: experts never change places
              <tr key={at}>
                <th scope="row" title={experts[at]}>
                  {shorten(experts[at], 16)}
                </th>
                {row.map((value, other) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: experts never change places
                  <td key={other} style={value === null ? undefined : heat(warmth(value))}>
                    {value === null ? '–' : show(value)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p class="selma-small selma-faint">{about}</p>
    </section>
  )
}

export const Numbers = memo(({ experts, numbers }: Props) => (
  <div class="mm-numbers">
    <Layers experts={experts} numbers={numbers} />
    {experts.length > 1 ? (
      <div class="mm-heats">
        <HeatMap
          title="Cosine"
          about="1: the same direction, 0: unrelated, −1: opposite."
          experts={experts}
          values={numbers.cosine}
          warmth={(value) => value}
          show={(value) => value.toFixed(2).replace('-', '−')}
        />
        <HeatMap
          title="Sign conflict"
          about="Share of weights changed in opposite directions; unrelated experts: 50 %."
          experts={experts}
          values={numbers.conflict}
          warmth={(value) => value}
          show={(value) => `${(100 * value).toFixed(0)} %`}
        />
      </div>
    ) : null}
  </div>
))
