// Which pictures to show: by words of the prompt, by skill, by how their questions were answered.
import { useMemo } from 'preact/hooks'
import type { GridItem } from '../../../lib/messages/views/image-grid.ts'
import { shorten } from '../shared/format.ts'
import type { Filter } from './rows.ts'

interface Props {
  filter: Filter
  items: readonly GridItem[]
  models: readonly string[]
  /** Questions were asked. */
  asked: boolean
  onChange: (filter: Filter) => void
}

export function Filters({ filter, items, models, asked, onChange }: Props) {
  const skills = useMemo(() => [...new Set(items.map(({ skill }) => skill))].filter(Boolean).sort(), [items])
  const several = models.length > 1
  const outcomes = several
    ? models.flatMap((name, model) => [
        { label: `${name} fails a question`, outcome: 'failed' as const, model, other: 0 },
        ...models.flatMap((other, at) =>
          at === model
            ? []
            : [
                {
                  label: `${name} fails where ${other} passes`,
                  outcome: 'differs' as const,
                  model,
                  other: at,
                },
              ],
        ),
        { label: `${name} passes all`, outcome: 'passed' as const, model, other: 0 },
      ])
    : [
        { label: 'A question failed', outcome: 'failed' as const, model: 0, other: 0 },
        { label: 'All questions passed', outcome: 'passed' as const, model: 0, other: 0 },
      ]
  const chosen = outcomes.findIndex(
    ({ outcome, model, other }) =>
      outcome === filter.outcome && model === filter.model && other === filter.other,
  )
  return (
    <div class="selma-row ig-filters">
      <input
        type="search"
        aria-label="Words in the prompt"
        placeholder="Words in the prompt"
        value={filter.text}
        data-lm-suppress-shortcuts="true"
        onInput={(event) => onChange({ ...filter, text: event.currentTarget.value })}
      />
      {skills.length > 1 ? (
        <select
          aria-label="Skill"
          value={filter.skill}
          onChange={(event) => onChange({ ...filter, skill: event.currentTarget.value })}
        >
          <option value="">All skills</option>
          {skills.map((skill) => (
            <option key={skill} value={skill}>
              {shorten(skill, 60)}
            </option>
          ))}
        </select>
      ) : null}
      {asked ? (
        <select
          aria-label="Answers"
          value={String(chosen)}
          onChange={(event) => {
            const { outcome, model, other } = outcomes[Number(event.currentTarget.value)] ?? {
              outcome: 'all' as const,
              model: 0,
              other: 0,
            }
            onChange({ ...filter, outcome, model, other })
          }}
        >
          <option value="-1">All answers</option>
          {outcomes.map(({ label }, at) => (
            <option key={label} value={String(at)}>
              {shorten(label, 80)}
            </option>
          ))}
        </select>
      ) : null}
    </div>
  )
}
