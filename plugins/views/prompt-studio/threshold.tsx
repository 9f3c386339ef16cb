// The threshold: scores of all candidates, a slider, and what moving it would change.
import type { CandidateRow } from '../../../lib/messages/views/prompt-studio.ts'
import { count } from '../shared/format.ts'
import { bins, scoreBins } from './stats.ts'

export interface Preview {
  threshold: number
  accepted: readonly number[]
  rejected: readonly number[]
  total: number
}

interface Props {
  rows: readonly CandidateRow[]
  /** What holds. */
  applied: number
  /** Where the slider is. */
  value: number
  /** What it would change there; undefined while that is not known, or nothing is to be. */
  preview: Preview | undefined
  onMove: (threshold: number) => void
  onApply: () => void
}

function Scores({ rows, value }: { rows: readonly CandidateRow[]; value: number }) {
  const counted = scoreBins(rows)
  const most = Math.max(1, ...counted.map(({ accepted, rejected }) => accepted + rejected))
  const height = 40
  const scale = (n: number) => (height * n) / most
  const all = counted.reduce((sum, { accepted, rejected }) => sum + accepted + rejected, 0)
  return (
    <svg
      class="ps-scores"
      viewBox={`0 0 ${bins} ${height}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`ROUGE-L scores of ${all} candidates to their nearest in the pool`}
    >
      {counted.map(({ accepted, rejected }, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a bin is its place
        <g key={at}>
          <rect
            class="ps-bin-in"
            x={at + 0.08}
            width={0.84}
            y={height - scale(accepted)}
            height={scale(accepted)}
          />
          <rect
            class="ps-bin-out"
            x={at + 0.08}
            width={0.84}
            y={height - scale(accepted + rejected)}
            height={scale(rejected)}
          />
        </g>
      ))}
      <line class="ps-cut" x1={value * bins} x2={value * bins} y1={0} y2={height} />
    </svg>
  )
}

export function Threshold({ rows, applied, value, preview, onMove, onApply }: Props) {
  const moved = value !== applied
  const effect = !moved
    ? 'A candidate nearer than this to the pool is too similar. Move it to see what would change.'
    : preview
      ? preview.accepted.length + preview.rejected.length === 0
        ? `Nothing would change: ${count(preview.total)} accepted.`
        : `${count(preview.accepted.length)} more would be accepted, ${count(preview.rejected.length)} would be rejected: ${count(preview.total)} accepted.`
      : 'Judging again…'
  return (
    <section class="ps-threshold" aria-label="Threshold">
      <h4 class="ps-heading">
        Highest ROUGE-L to the pool <output class="ps-value">{value.toFixed(2)}</output>
      </h4>
      <div class="ps-axis">
        <Scores rows={rows} value={value} />
        <input
          type="range"
          min="0"
          max="1"
          step="0.01"
          value={value}
          aria-label="Highest ROUGE-L to the pool that is accepted"
          onInput={(event) => onMove(Number(event.currentTarget.value))}
        />
        <div class="ps-ticks selma-small selma-faint" aria-hidden="true">
          <span>0</span>
          <span>0.5</span>
          <span>1</span>
        </div>
      </div>
      <p class="ps-effect selma-small selma-faint" role="status">
        {effect}
      </p>
      {moved ? (
        <div class="selma-row">
          <button type="button" class="selma-button" onClick={onApply}>
            Apply {value.toFixed(2)}
          </button>
          <button type="button" class="selma-button selma-quiet" onClick={() => onMove(applied)}>
            Back to {applied.toFixed(2)}
          </button>
        </div>
      ) : null}
    </section>
  )
}
