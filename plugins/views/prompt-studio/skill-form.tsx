// The skill in words, to be edited: what it teaches, its seeds, rules and longest prompt.
import { useEffect, useState } from 'preact/hooks'
import type { PromptStudioState } from '../../../lib/messages/views/prompt-studio.ts'
import { shorten } from '../shared/format.ts'

type Described = PromptStudioState['described']

interface Draft {
  teaches: string
  seeds: string
  rules: string
  maxWords: string
}

const draftOf = ({ teaches, seeds, rules, maxWords }: Described): Draft => ({
  teaches,
  seeds: seeds.join('\n'),
  rules: rules.join('\n'),
  maxWords: String(maxWords),
})

const lines = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')

/** What differs from the skill as it is, as the kernel wants to hear it. */
export function changesOf(draft: Draft, now: Described): Partial<Omit<Described, 'name'>> {
  const was = draftOf(now)
  return {
    ...(draft.teaches !== was.teaches && { teaches: draft.teaches }),
    ...(draft.seeds !== was.seeds && { seeds: lines(draft.seeds) }),
    ...(draft.rules !== was.rules && { rules: lines(draft.rules) }),
    ...(draft.maxWords !== was.maxWords && { maxWords: Math.round(Number(draft.maxWords)) }),
  }
}

interface Props {
  described: Described
  disabled: boolean
  onSave: (changes: Partial<Omit<Described, 'name'>>) => void
}

export function SkillForm({ described, disabled, onSave }: Props) {
  const [draft, setDraft] = useState(() => draftOf(described))
  useEffect(() => setDraft(draftOf(described)), [described])
  const changed = Object.keys(changesOf(draft, described)).length > 0
  const field = (name: keyof Draft) => ({
    value: draft[name],
    disabled,
    onInput: (event: { currentTarget: { value: string } }) =>
      setDraft({ ...draft, [name]: event.currentTarget.value }),
  })
  return (
    <details class="ps-skill">
      <summary>
        <span class="ps-summary">
          Skill <strong>{described.name}</strong>{' '}
          <span class="selma-faint">teaches {shorten(described.teaches, 160)}</span>
          {changed ? <span class="selma-mark ps-unsaved">not saved</span> : null}
        </span>
      </summary>
      <form
        class="ps-form"
        onSubmit={(event) => {
          event.preventDefault()
          onSave(changesOf(draft, described))
        }}
      >
        <label>
          The prompts teach the model …
          <textarea rows={2} {...field('teaches')} />
        </label>
        <label>
          Seeds, one a line, at least three
          <textarea rows={4} {...field('seeds')} />
        </label>
        <label>
          Rules for the writer, one a line
          <textarea rows={4} {...field('rules')} />
        </label>
        <div class="selma-row">
          <label class="selma-row">
            At most
            <input type="number" min="3" max="1000" class="ps-number" {...field('maxWords')} />
            words a prompt
          </label>
          <span class="ps-gap" />
          <button
            type="button"
            class="selma-button selma-quiet"
            disabled={!changed}
            onClick={() => setDraft(draftOf(described))}
          >
            Discard
          </button>
          <button type="submit" class="selma-button" disabled={!changed || disabled}>
            Save the skill
          </button>
        </div>
        <p class="selma-small selma-faint ps-note">It holds for what is written from then on.</p>
      </form>
    </details>
  )
}
