// The candidates, newest first: what was written, what became of it and why, and the person's say in it.
import { useState } from 'preact/hooks'
import type { CandidateRow } from '../../../lib/messages/views/prompt-studio.ts'
import { count } from '../shared/format.ts'
import { memo } from '../shared/memo.ts'
import { chosen, type Filter } from './stats.ts'

export interface Actions {
  decide(at: number, accept: boolean): void
  edit(at: number, text: string): void
}

const rules: Record<CandidateRow['rule'], string> = {
  accepted: 'accepted',
  unreadable: 'no prompt',
  'too-long': 'too long',
  'near-duplicate': 'too similar',
  'test-prompt': 'test prompt',
  refused: 'not in the grammar',
  surplus: 'surplus',
}

function markOf({ rule, hand, accepted, score }: CandidateRow): string {
  if (hand === 'edit') return accepted ? 'edited' : 'rejected by hand'
  if (hand) return `${accepted ? 'accepted' : 'rejected'} by hand`
  return rule === 'near-duplicate' && score === 1 ? 'duplicate' : rules[rule]
}

function Why({ row }: { row: CandidateRow }) {
  const { rule, detail, nearest, score, original, hand } = row
  const said = rule === 'surplus' ? 'left unjudged, for there were enough' : detail
  return (
    <div class="ps-why selma-small selma-faint">
      {hand && rule !== 'accepted' ? <span>The rule says: {rules[rule]}. </span> : null}
      {said ? <span>{`${said[0].toUpperCase()}${said.slice(1)}`}. </span> : null}
      {nearest !== null && score !== null ? (
        <span>
          <span class="ps-score">ROUGE-L {score.toFixed(2)}</span> to “{nearest}”
        </span>
      ) : null}
      {original === null ? null : <span> Was “{original}”.</span>}
    </div>
  )
}

function Editor({ row, onDone }: { row: CandidateRow; onDone: (text?: string) => void }) {
  const [text, setText] = useState(row.text)
  return (
    <form
      class="ps-editor"
      onSubmit={(event) => {
        event.preventDefault()
        onDone(text)
      }}
    >
      <input
        type="text"
        aria-label={`Text of candidate ${row.at + 1}`}
        value={text}
        maxLength={2_000}
        ref={(input) => input?.focus()}
        onInput={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') onDone()
        }}
      />
      <button type="submit" class="selma-button" disabled={text.trim() === ''}>
        Save
      </button>
      <button type="button" class="selma-button selma-quiet" onClick={() => onDone()}>
        Cancel
      </button>
    </form>
  )
}

const Row = memo(function Row({
  row,
  would,
  actions,
}: {
  row: CandidateRow
  would: boolean
  actions: Actions
}) {
  const [editing, setEditing] = useState(false)
  const { at, text, accepted, cut, rule, hand } = row
  const neutral = rule === 'surplus' && hand === null
  const colour = neutral ? 'selma-faint' : accepted ? 'selma-pass' : 'selma-fail'
  return (
    <li class={`ps-row ${accepted ? 'ps-in' : 'ps-out'}`}>
      <span class={`selma-mark ps-mark ${colour}`}>{markOf(row)}</span>
      <div class="ps-text">
        {editing ? (
          <Editor
            row={row}
            onDone={(changed) => {
              setEditing(false)
              if (changed !== undefined && changed.trim() !== text) actions.edit(at, changed)
            }}
          />
        ) : (
          <span class="ps-words">{text}</span>
        )}
        {would ? (
          <span class="ps-would selma-small">{accepted ? 'would be rejected' : 'would be accepted'}</span>
        ) : null}
        <Why row={row} />
      </div>
      <span class="ps-actions">
        <button
          type="button"
          class="selma-button"
          aria-label={`${accepted ? 'Reject' : 'Accept'} candidate ${at + 1}`}
          onClick={() => actions.decide(at, !accepted)}
        >
          {accepted ? 'Reject' : 'Accept'}
        </button>
        <button
          type="button"
          class="selma-button"
          aria-label={`Edit candidate ${at + 1}`}
          disabled={cut || editing}
          onClick={() => setEditing(true)}
        >
          Edit
        </button>
      </span>
    </li>
  )
})

const labels: Record<Filter, string> = {
  judged: 'Judged',
  accepted: 'Accepted',
  rejected: 'Rejected',
  hand: 'By hand',
  surplus: 'Surplus',
  changes: 'Would change',
}

/** Rows drawn at first, and more of them each time they are asked for. */
const piece = 100

interface Props {
  rows: readonly CandidateRow[]
  /** Numbers of those that another threshold would decide about otherwise. */
  changes: ReadonlySet<number>
  actions: Actions
}

export function Candidates({ rows, changes, actions }: Props) {
  const [wanted, setWanted] = useState<Filter>('judged')
  const [limit, setLimit] = useState(piece)
  const filter = wanted === 'changes' && changes.size === 0 ? 'judged' : wanted
  const list = chosen(rows, filter, changes)
  const size = (name: Filter) => chosen(rows, name, changes).length
  return (
    <div class="ps-candidates">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would be drawn with a frame */}
      <div class="selma-row ps-filters" role="group" aria-label="Which candidates are shown">
        {(Object.keys(labels) as Filter[]).map((name) => (
          <button
            key={name}
            type="button"
            class="selma-button"
            aria-pressed={filter === name}
            disabled={size(name) === 0 && name !== 'judged'}
            onClick={() => {
              setWanted(name)
              setLimit(piece)
            }}
          >
            {labels[name]} <span class="ps-size">{count(size(name))}</span>
          </button>
        ))}
      </div>
      {rows.length === 0 ? (
        <p class="selma-faint ps-empty">
          Nothing is written yet. Describe the skill, choose how many prompts there shall be, and generate.
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: so that it can be scrolled with keys
        <section class="ps-scroll" tabIndex={0} aria-label="Candidates, newest first">
          <ul class="ps-list">
            {list.slice(0, limit).map((row) => (
              <Row key={row.at} row={row} would={changes.has(row.at)} actions={actions} />
            ))}
          </ul>
          {list.length > limit ? (
            <button type="button" class="selma-button ps-more" onClick={() => setLimit(limit + piece)}>
              Show {Math.min(piece, list.length - limit)} more
            </button>
          ) : null}
        </section>
      )}
    </div>
  )
}
